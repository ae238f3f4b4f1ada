"""The states a dossier can be in: public vocabulary, one line each, with holder, clock, label and national-portal code."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Holder(StrEnum):
    """Who has the dossier in hand: only the holder changes its state."""

    DESK = "desk"
    AGENCY = "agency"
    WHO_HELD_IT = "who_held_it"


class DeadlineClock(StrEnum):
    """What the legal time limit does while a dossier is in a state."""

    NOT_STARTED = "not_started"
    RUNS = "runs"
    STOPPED = "stopped"
    ENDED = "ended"


class State(StrEnum):
    """Where a dossier is on its way; `STATES` says what each means."""

    SUBMITTED = "submitted"
    INTAKE_SUPPLEMENT = "intake_supplement"
    INTAKE_FEE = "intake_fee"
    NOT_ACCEPTED = "not_accepted"
    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    AWAITING_FEE = "awaiting_fee"
    SUSPENDED = "suspended"
    AWAITING_SUPPLEMENT = "awaiting_supplement"
    COMPLETED = "completed"
    IN_POST = "in_post"
    UNCLAIMED = "unclaimed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ANNULLED = "annulled"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Meaning:
    """What a state says to people (`label`, Vietnamese), to the deadline and to the national portal."""

    label: str
    holder: Holder
    clock: DeadlineClock
    portal_code: int | None
    terminal: bool = False


STATES: Final[dict[State, Meaning]] = {
    State.SUBMITTED: Meaning("Mới đăng ký, chờ tiếp nhận", Holder.DESK, DeadlineClock.NOT_STARTED, 1),
    State.INTAKE_SUPPLEMENT: Meaning("Chờ bổ sung trước khi tiếp nhận", Holder.DESK, DeadlineClock.NOT_STARTED, 5),
    State.INTAKE_FEE: Meaning("Chờ nộp phí, lệ phí trước khi tiếp nhận", Holder.DESK, DeadlineClock.NOT_STARTED, 6),
    State.NOT_ACCEPTED: Meaning("Không được tiếp nhận", Holder.DESK, DeadlineClock.NOT_STARTED, 3, terminal=True),
    State.RECEIVED: Meaning("Được tiếp nhận", Holder.AGENCY, DeadlineClock.RUNS, 2),
    State.IN_PROGRESS: Meaning("Đang xử lý", Holder.AGENCY, DeadlineClock.RUNS, 4),
    # Runs, unless the terms of the dossier name a law by which it stands (fee_pauses).
    State.AWAITING_FEE: Meaning("Yêu cầu thực hiện nghĩa vụ tài chính", Holder.AGENCY, DeadlineClock.RUNS, 6),
    State.SUSPENDED: Meaning("Tạm dừng theo căn cứ pháp luật", Holder.AGENCY, DeadlineClock.STOPPED, 4),
    State.AWAITING_SUPPLEMENT: Meaning("Yêu cầu bổ sung giấy tờ", Holder.DESK, DeadlineClock.STOPPED, 5),
    State.COMPLETED: Meaning("Đã xử lý xong, có kết quả", Holder.DESK, DeadlineClock.ENDED, 9),
    State.IN_POST: Meaning("Đang chuyển trả qua bưu chính", Holder.DESK, DeadlineClock.ENDED, 9),
    State.UNCLAIMED: Meaning("Chờ nhận kết quả (đã nhắc)", Holder.DESK, DeadlineClock.ENDED, 9),
    State.RETURNED: Meaning("Đã trả kết quả", Holder.DESK, DeadlineClock.ENDED, 10, terminal=True),
    State.WITHDRAWN: Meaning("Đã dừng theo yêu cầu của tổ chức, cá nhân", Holder.WHO_HELD_IT, DeadlineClock.ENDED, 7, terminal=True),
    State.STOPPED: Meaning("Dừng xử lý", Holder.WHO_HELD_IT, DeadlineClock.ENDED, 8, terminal=True),
    # The national portal need not hear of what it never heard of; what it did hear of is 8 there, with the reason.
    State.ANNULLED: Meaning("Đã hủy tiếp nhận (nhầm)", Holder.WHO_HELD_IT, DeadlineClock.ENDED, None, terminal=True),
}

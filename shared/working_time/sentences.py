"""An explanation as plain Vietnamese, sentence by sentence, so that an officer can read it out."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final

from shared.working_time.explanation import DayNote, Explanation, Reason, StopNote
from shared.working_time.instants import minute_of
from shared.working_time.limits import WHOLE_ONLY, DueClock, StopPolicy, TimeLimit, Unit
from shared.working_time.office_hours import MINUTES_PER_DAY

WEEKDAYS: Final = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
UNITS: Final = {
    Unit.WORKING_DAY: "ngày làm việc",
    Unit.WORKING_HOUR: "giờ làm việc",
    Unit.DAY: "ngày",
    Unit.MONTH: "tháng",
    Unit.HOUR: "giờ",
    Unit.SAME_DAY: "trong ngày",
}
HOW_COUNTED: Final = {
    Unit.WORKING_DAY: "ngày tiếp nhận không tính, chỉ tính ngày làm việc",
    Unit.WORKING_HOUR: "chỉ tính thời gian trong giờ làm việc",
    Unit.DAY: "ngày tiếp nhận không tính, các ngày sau đó tính cả ngày nghỉ",
    Unit.MONTH: "tính đến ngày tương ứng của tháng cuối, hoặc ngày cuối cùng của tháng đó",
    Unit.HOUR: "tính liên tục theo đồng hồ, kể cả ngoài giờ làm việc",
    Unit.SAME_DAY: "tiếp nhận đến giờ chốt thì trả trong ngày, sau giờ chốt thì trả trong ngày làm việc tiếp theo",
}
CLOCKS: Final = {
    DueClock.SAME_CLOCK: "",
    DueClock.CLOSE_OF_BUSINESS: ", tính đến hết giờ làm việc",
    DueClock.END_OF_DAY: ", tính đến hết ngày",
}


def sentences(told: Explanation) -> tuple[str, ...]:
    """What an officer says about a due date, from the acceptance to the sources."""
    return (
        f"Hồ sơ được tiếp nhận lúc {instant_text(told.accepted_at)}.",
        f"Thời hạn giải quyết: {limit_text(told.limit)}; {HOW_COUNTED[told.limit.unit]}.",
        *_beginning(told),
        *_skipped(told),
        *_makeup_days(told.days),
        *map(_stop, told.stops),
        *_rolled(told),
        *_lateness(told),
        *_result(told),
        *_reservations(told),
        f"Căn cứ: {'; '.join(map(str, told.rules))}.",
    )


def limit_text(limit: TimeLimit) -> str:
    """03 ngày làm việc; 0,25 ngày làm việc; trong ngày."""
    return UNITS[limit.unit] if limit.amount is None else f"{amount_text(limit.amount)} {UNITS[limit.unit]}"


def amount_text(amount: Decimal) -> str:
    """Whole numbers have two digits, as on every form; fractions a comma."""
    return f"{int(amount):02}" if amount == int(amount) else f"{amount.normalize():f}".replace(".", ",")


def date_text(on: date) -> str:
    return f"{on:%d/%m/%Y}"


def instant_text(instant: datetime) -> str:
    """14 giờ 30 ngày 09/03/2026 (thứ Hai); midnight is 24 giờ 00 of the day that ends."""
    minute = minute_of(instant)
    day, clock = divmod(minute, MINUTES_PER_DAY)
    if not clock:
        day, clock = day - 1, MINUTES_PER_DAY
    return f"{clock // 60:02} giờ {clock % 60:02} ngày {day_text(date.fromordinal(day))}"


def day_text(on: date) -> str:
    return f"{date_text(on)} ({WEEKDAYS[on.weekday()]})"


def _beginning(told: Explanation) -> Iterator[str]:
    if told.counting_from:
        yield f"Tiếp nhận sau giờ chốt hoặc vào ngày nghỉ nên thời hạn tính từ {instant_text(told.counting_from)}, là ngày thứ nhất."
    first = next((note for note in told.days if note.number == 1), None)
    if first and not told.counting_from:
        yield f"Ngày thứ nhất của thời hạn là {day_text(first.on)}."


def _skipped(told: Explanation) -> Iterator[str]:
    """Runs of skipped dates with one reason each. Calendar days skip none; where their end rolls is said by itself."""
    skipped = [note for note in told.days if note.reason in (Reason.HOLIDAY, Reason.WEEKEND)]
    if skipped and told.limit.unit not in WHOLE_ONLY:
        runs = "; ".join(_run_text(list(run)) for _, run in groupby(_numbered(skipped), key=lambda pair: pair[0]))
        yield f"Không tính: {runs}."


def _numbered(notes: Iterable[DayNote]) -> Iterator[tuple[int, DayNote]]:
    """Each note with the number of its run: consecutive dates skipped for the same reason under the same name."""
    run, before = 0, None
    for note in notes:
        if before and (note.on - before.on != timedelta(days=1) or _label(note) != _label(before)):
            run += 1
        yield run, note
        before = note


def _run_text(run: list[tuple[int, DayNote]]) -> str:
    first, last = run[0][1], run[-1][1]
    dates = day_text(first.on) if first is last else f"từ {day_text(first.on)} đến {day_text(last.on)}"
    return f"{dates}, {_label(first)}"


def _label(note: DayNote) -> str:
    return "nghỉ hằng tuần" if note.reason is Reason.WEEKEND else note.name or "ngày nghỉ"


def _makeup_days(days: Iterable[DayNote]) -> Iterator[str]:
    for note in days:
        if note.reason is Reason.MAKEUP_DAY:
            yield f"Ngày {day_text(note.on)} là ngày làm việc bù nên được tính ({note.name})."


def _stop(stop: StopNote) -> str:
    span = f"từ {instant_text(stop.started_at)}"
    if stop.ended_at is None:
        return f"Đồng hồ thời hạn dừng {span}, chưa có thời điểm chạy lại."
    span += f" đến {instant_text(stop.ended_at)}"
    if not stop.changed_the_date:
        return f"Việc tạm dừng {span} bắt đầu khi hồ sơ đã đến hạn nên không làm thay đổi hạn."
    if stop.policy is StopPolicy.RESTART:
        return f"Đồng hồ thời hạn dừng {span}; từ thời điểm này thời hạn được tính lại từ đầu."
    return f"Đồng hồ thời hạn tạm dừng {span}; sau đó phần thời hạn còn lại được tính tiếp."


def _rolled(told: Explanation) -> Iterator[str]:
    if told.rolls_from and told.due.due_at:
        why = next(_label(note) for note in reversed(told.days) if note.on == told.rolls_from and not note.counted)
        yield f"Ngày cuối của thời hạn là {day_text(told.rolls_from)}, {why}, nên chuyển sang ngày làm việc tiếp theo."


def _lateness(told: Explanation) -> Iterator[str]:
    if told.due.late_since:
        yield f"Hồ sơ đã quá hạn hẹn từ {instant_text(told.due.late_since)}, trước khi tính lại, nên vẫn bị tính là trễ hẹn."
    if told.due.late_by_law_since:
        yield f"Thời hạn theo luật cũng đã hết lúc {instant_text(told.due.late_by_law_since)}, trước khi tính lại."


def _result(told: Explanation) -> Iterator[str]:
    due = told.due
    if due.stopped_since:
        yield f"Thời hạn đang dừng từ {instant_text(due.stopped_since)}; chưa có ngày hẹn trả cho đến khi đồng hồ chạy lại."
    elif due.due_at and due.period_ends_at:
        yield f"Hạn trả kết quả là {instant_text(due.due_at)}{CLOCKS[told.due_clock]}."
        if due.period_ends_at != due.due_at:
            yield f"Thời hạn theo luật kết thúc lúc {instant_text(due.period_ends_at)}."


def _reservations(told: Explanation) -> Iterator[str]:
    if told.due.provisional:
        yield "Hạn này dựa vào lịch nghỉ dự kiến, chưa được công bố chính thức, nên có thể thay đổi."

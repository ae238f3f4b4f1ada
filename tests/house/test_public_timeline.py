"""The citizen's timeline: the journal in other words, and nothing of what is inside."""

from datetime import timedelta

from services.intake.domain.lifecycle import Move
from services.intake.domain.public_timeline import REASON_SAID, SAID, public_lines
from services.intake.reactions import REACTIONS
from shared.contracts.peers import Service
from tests.builders import DESK, an_application
from tests.house.conftest import House
from tests.house.test_waiting import MISSING, Waiting, waiting
from tests.stack import MONDAY_MORNING

__all__ = ["waiting"]

INSIDE = {
    # Between units, and between people and the clock.
    "correct_submission", "hand_over_papers", "take_up", "return_for_supplement", "suspend", "resume", "complete", "withdrawn", "stop",
    "delivered_by_post", "sent_back", "lost_in_post", "annul", "request_annulment",
    "child_case.opened", "child_case.ended", "child_case.overdue",
    "propose_repair", "dossier.due_soon", "dossier.due_today", "dossier.apology_due", "dossier.overdue", "dossier.suspension_over",
    "await_fee", "settle_fee", "state_fee",
    "dossier.assigned", "step.passed_back", "consultation.requested", "consultation.answered", "consultation.overdue",
    "step.completed", "papers.handed_over", "papers.taken_over", "rework.requested", "message.sent", "message.failed",
    "annulment.declined", "correction.declined", "correction.overdue", "remind",
}  # fmt: skip


def test_of_every_move_and_every_fact_it_is_decided_whether_people_read_it() -> None:
    told = {event.type.removeprefix("vn.motcua.").removesuffix(".v1") for event in REACTIONS}
    known = {str(move) for move in Move} | told

    assert known - set(SAID) - INSIDE == set()
    assert set(SAID) & INSIDE == set()
    assert set(SAID) > REASON_SAID


def test_what_is_said_twice_in_a_row_is_said_once() -> None:
    at = MONDAY_MORNING
    lines = [(at, "unclaimed", None), (at + timedelta(days=7), "unclaimed", None), (at + timedelta(days=9), "return_at_desk", "nội bộ")]

    assert [(line.text, line.why) for line in public_lines(lines)] == [
        ("Kết quả đang chờ người nhận", None),
        ("Kết quả đã được trao", None),
    ]


async def test_a_citizen_reads_what_happened_without_names_and_inner_steps(waiting: Waiting, house: House) -> None:
    received = (await waiting.desk.post("/dossiers", an_application())).json()
    await waiting.stack.settle()
    await waiting.asks(received["id"])

    answer = await house.sends(
        Service.INTAKE, "GET", f"/v1/lookup/{received['code']}", params={"secret": received["receipt"]["lookup_secret"]}
    )

    told = answer.json()["timeline"]
    assert [(line["text"], line["why"]) for line in told] == [
        ("Hồ sơ được tiếp nhận", None),
        ("Đề nghị bổ sung giấy tờ", MISSING["papers"][0]),
    ]
    assert "desk officer" not in answer.text


async def test_the_portal_reads_what_the_citizen_reads_and_officers_the_journal(waiting: Waiting, house: House) -> None:
    dossier = await waiting.received()
    portal = house.caller(Service.INTAKE, "portal", DESK)

    outside = (await portal.get(f"/dossiers/{dossier}/timeline")).json()
    inside = (await waiting.desk.get(f"/dossiers/{dossier}/timeline")).json()

    assert (outside["lines"], outside["told"]) == ([], inside["told"])
    assert [line["action"] for line in inside["lines"]][:1] == ["receive"]

"""One published process of each shape, played through the API by a robot that does only what it is offered."""

from typing import Any, Final

import pytest

from shared.contracts.events import ProcedurePublished, ProcedureRef
from shared.ids import uuid7
from tests.domain.test_workflow import CATALOGUE, Published
from tests.processing.conftest import AGENCY, Desk, Staff, staff
from tests.stack import Stack

BODIES: Final[dict[str, Any]] = {
    "issue_decision": {"number": "1/QĐ", "signed_on": "2026-03-09", "signer": "Lãnh đạo"},
    "complete": {"outcome": "granted"},
}
IN_ORDER: Final = ("take_up", "pass_on", "issue_decision", "complete")

SHAPES: Final = {
    "HN-1.012644": "one time for eight steps, stages, turns back",
    "CB-2.000286": "stages with totals, numbers that restart",
    "LS-KHCN-01": "a step of the applicant in the middle, not counted",
    "HT-1.003006": "filed by the applicant, then at once",
    "CB-1.014111": "as long as announced",
    "QT-SNV-HNHT": "steps without a time",
    "DN-1.014464": "hours and days",
    "NA-GD-1": "working hours, the result in office hours",
    "DN-1.014431": "steps that do not make up their total",
}


def of_each_shape() -> list[Published]:
    """Of several processes of an entry the last, which for LS-KHCN-01 is the long one."""
    return list({one.key: one for one in CATALOGUE if one.key in SHAPES}.values())


@pytest.mark.parametrize("one", of_each_shape(), ids=lambda one: one.key)
async def test_a_robot_plays_it_to_its_end(one: Published, desk: Desk, stack: Stack) -> None:
    version = uuid7()
    await desk.tells(one.key, ProcedurePublished(version_id=version, key=one.key, number=1, plain_day="calendar", content=one.content))
    case = await desk.receives(
        procedure=ProcedureRef(key=one.key, version_id=version, name=one.content["name"]),
        process=one.place,
        appointment_at=stack.clock.now().replace(month=9),
    )
    robot: Staff = staff(stack, "leader,case_officer", AGENCY, name="Robot")

    for _ in range(80):
        shown = await robot.sees(case)
        offered = {action["action"]: action for action in shown["possible_actions"]}
        if not (name := next((name for name in IN_ORDER if name in offered), None)):
            break
        stack.clock.move(hours=1)
        path = offered[name]["href"].removeprefix("/v1")
        answer = await robot.caller.post(path, BODIES.get(name), version=shown["version"])
        assert answer.status_code == 200, answer.text

    assert shown["state"] == "completed"
    done = {step["number"] for step in shown["done"]}
    assert done >= {step["number"] for step in shown["steps"] if step["counted"]}
    assert [visit["step"] for visit in shown["visits"]] == sorted(visit["step"] for visit in shown["visits"])
    assert all(step["verdict"] in {"on_time", "overdue"} or step["due_at"] is None for step in shown["done"])
    assert shown["process"] == one.place

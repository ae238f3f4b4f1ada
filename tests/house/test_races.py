"""Races at the desk: what two people do to the same dossier at the same moment has one winner, and the other is told what happened.

Those across the baton stand with the wishes (`test_wishes`) and the fees (`test_fees_on_the_way`).
"""

import asyncio
from typing import Any

import pytest

from shared.contracts.peers import Service
from tests.builders import a_submission
from tests.house.test_waiting import Waiting, instant, march, waiting
from tests.stack import Caller

__all__ = ["waiting"]

PAPERS = {"papers": [{"name": "Bản vẽ hoàn công", "originals": 1}]}


async def told(answer: Any) -> str:
    """In plain words, with what is possible instead."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["detail"].endswith(".")
    assert "possible_actions" in problem or answer.status_code == 412
    return problem["code"]


# -- the supplement arrives on the last evening ------------------------------------------------------------------------


async def test_what_is_sent_on_the_last_evening_is_in_time_and_the_morning_after_nothing_is_closed(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)
    await waiting.at(march(24, 23, 59))
    await waiting.brings(dossier)
    await waiting.at(march(25, 7))

    closing = await waiting.desk_does(dossier, "closures")
    accepted = await waiting.desk_does(dossier, "supplement-acceptances")

    assert (closing.status_code, await told(closing)) == (409, "action_not_allowed")
    assert (accepted.status_code, await waiting.states(dossier)) == (200, {"in_progress"})
    assert "supplement.lapsed" not in await waiting.told(dossier, Service.INTAKE)
    (stop,) = (await waiting.case(dossier))["clock_stops"]
    assert instant(stop["ended_at"]) == march(25, 7)


async def test_what_comes_too_late_but_before_the_desk_has_closed_still_goes_on(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)
    await waiting.at(march(25, 0))
    await waiting.brings(dossier)

    closing = await waiting.desk_does(dossier, "closures")
    accepted = await waiting.desk_does(dossier, "supplement-acceptances")

    assert (closing.status_code, accepted.status_code) == (409, 200)
    assert await waiting.states(dossier) == {"in_progress"}


@pytest.mark.parametrize("first", ["closures", "supplements"])
async def test_papers_come_while_the_desk_closes_and_one_of_both_holds(waiting: Waiting, first: str) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)
    await waiting.at(march(25, 8))
    version = (await waiting.shown(dossier))["version"]
    closing = waiting.desk.post(f"/dossiers/{dossier}/closures", version=version)
    bringing = waiting.desk.post(f"/dossiers/{dossier}/supplements", PAPERS)

    at_once = (closing, bringing) if first == "closures" else (bringing, closing)
    answers = await asyncio.gather(*at_once)
    closed, brought = answers if first == "closures" else reversed(answers)
    await waiting.stack.settle()

    if closed.is_success:
        assert (brought.status_code, await told(brought)) == (409, "action_not_allowed")
        assert await waiting.states(dossier) == {"stopped"}
    else:
        assert (brought.status_code, closed.status_code in (409, 412)) == (201, True)
        assert await told(closed) in ("action_not_allowed", "changed")
        assert await waiting.states(dossier) == {"awaiting_supplement"}
        assert (await waiting.desk_does(dossier, "supplement-acceptances")).status_code == 200


# -- the portal changes a submission while the desk accepts it ---------------------------------------------------------


@pytest.fixture
def portal(waiting: Waiting) -> Caller:
    return waiting.house.caller(Service.INTAKE, "portal", "H27")


def moved_to(place: str, national_code: str) -> dict[str, Any]:
    pushed = a_submission(national_code)
    return pushed | {"applicant": pushed["applicant"] | {"address": place}}


@pytest.mark.parametrize("first", ["portal", "desk"])
async def test_the_portal_changes_it_while_the_desk_accepts_it_and_nobody_decides_on_what_they_have_not_seen(
    waiting: Waiting, portal: Caller, first: str
) -> None:
    code = f"G22-{first}"
    submitted = (await portal.post("/submissions", moved_to("Tổ 1", code))).json()
    accepting = waiting.desk.post(f"/submissions/{submitted['id']}/accept", {}, version=submitted["version"])
    changing = portal.post("/submissions", moved_to("Tổ 2", code))

    answers = await asyncio.gather(*((changing, accepting) if first == "portal" else (accepting, changing)))
    changed, accepted = answers if first == "portal" else reversed(answers)
    await waiting.stack.settle()

    shown = await waiting.shown(submitted["id"])
    address = shown["people"][0]["address"]
    if accepted.is_success:
        assert (changed.status_code, await told(changed)) == (409, "action_not_allowed")
        assert (shown["state"], address) == ("received", "Tổ 1")
        asked = await portal.post(f"/dossiers/{submitted['id']}/adjustments", {"content": "Chuyển đến Tổ 2"})
        assert asked.status_code == 202
    else:
        assert (changed.status_code, accepted.status_code, await told(accepted)) == (200, 412, "changed")
        assert (shown["state"], address) == ("submitted", "Tổ 2")


# -- two officers act at once ------------------------------------------------------------------------------------------


async def test_of_two_at_the_desk_who_act_at_once_one_wins_and_the_other_is_shown_what_happened(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)
    await waiting.brings(dossier)
    shown = await waiting.shown(dossier)
    accepting = waiting.desk.post(f"/dossiers/{dossier}/supplement-acceptances", version=shown["version"])
    returning = waiting.desk.post(f"/dossiers/{dossier}/supplement-returns", {"reason": "Thiếu chữ ký"}, version=shown["version"])

    accepted, returned = await asyncio.gather(accepting, returning)
    await waiting.stack.settle()

    loser = returned if accepted.is_success else accepted
    assert {accepted.status_code, returned.status_code} == {200, 412}
    assert loser.json()["code"] == "changed"
    assert await waiting.states(dossier) == ({"in_progress"} if accepted.is_success else {"awaiting_supplement"})

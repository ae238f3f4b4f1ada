"""Who has a case: given by hand or by rule, claimed for a while, given back; and who else may act on it. An office may do without."""

import asyncio
from uuid import UUID

import pytest

from services.processing.commands import assigning
from shared.contracts.peers import Service
from tests.processing.conftest import AGENCY, DECISION, DESK, ELSEWHERE, OFFICES, PROVINCE, Desk, Staff, at, staff, told
from tests.processing.people import LAN, MINH, NGA, People, subject
from tests.stack import Stack


@pytest.fixture
async def people(desk: Desk, stack: Stack) -> People:
    """Three officers, in an office that assigns by hand."""
    people = People(stack)
    await people.registers(LAN, MINH, NGA)
    await people.assigns_by()
    return people


async def actions(officer: Staff, case: UUID) -> set[str]:
    return {action["action"] for action in (await officer.sees(case))["possible_actions"]}


async def test_an_office_that_says_nothing_works_as_if_nobody_ever_assigned(desk: Desk, stack: Stack) -> None:
    people = People(stack)
    await people.registers(LAN)
    case = await desk.receives()

    given, claimed = await people.gives(case, LAN), await people.of(LAN).tries(case, "claim")

    assert (given.status_code, claimed.status_code) == (409, 409)
    assert "does not assign" in given.json()["detail"]
    assert not {"assign", "claim", "release"} & await actions(people.head, case)
    await people.of("Người không đăng ký").does(case, "take-up")


async def test_a_case_is_given_to_a_colleague_who_then_acts_on_it_alone(people: People, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()

    await people.done(await people.gives(case, LAN))

    refused = await people.of(MINH).tries(case, "take-up")
    assert (refused.status_code, refused.json()["code"]) == (409, "action_not_allowed")
    assert "assigned to Lan" in refused.json()["detail"]
    assert refused.json()["possible_actions"] == []
    await people.of(LAN).does(case, "take-up")
    assert await people.has(case) == LAN
    assert ("assign", "Hoa", "… → Lan") in await people.journal(case)
    assert await told(stack, case) == [("dossier.assigned", 1), ("dossier.taken_up", 2)]


@pytest.mark.parametrize("role", ["leader", "supervisor"])
async def test_the_heads_of_the_unit_act_on_every_case(people: People, desk: Desk, role: str) -> None:
    case = await desk.receives()
    await people.gives(case, LAN)

    await people.of("Trưởng", role).does(case, "take-up")


async def test_papers_are_taken_over_by_whoever_is_there(people: People, desk: Desk) -> None:
    from shared.contracts.events import PapersHandedOver

    case = await desk.receives()
    await people.gives(case, LAN)
    await desk.tells(case, PapersHandedOver(from_office=DESK, to_office=AGENCY, handed_over_by="Cán bộ"))

    assert await actions(people.of(MINH), case) == {"take_over_papers"}
    await people.of(MINH).does(case, "take-over-papers")


async def test_who_takes_a_case_from_somebody_says_why(people: People, desk: Desk) -> None:
    case = await desk.receives()
    await people.gives(case, LAN)

    silent = await people.gives(case, MINH)
    await people.done(await people.gives(case, MINH, "Lan đi học"))

    assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert (await people.journal(case))[-1] == ("assign", "Hoa", "Lan → Minh: Lan đi học")
    assert (await people.of(LAN).tries(case, "take-up")).status_code == 409


async def test_a_case_goes_only_to_who_is_there_and_concerned(people: People, desk: Desk) -> None:
    case = await desk.receives()
    await people.registers("Xa", office=ELSEWHERE)
    await people.registers("Cũ", valid_to="2026-03-08")
    await people.registers("Mới", valid_from="2026-03-10")
    await people.registers("Quầy", role="desk_officer")
    wanted = [subject("Ai"), subject("Xa", office=ELSEWHERE), subject("Cũ"), subject("Mới"), subject("Quầy", "desk_officer")]

    answers = [await people.head.tries(case, "assign", {"officer": one}) for one in wanted]

    assert [answer.status_code for answer in answers] == [422] * 5
    details = [answer.json()["detail"] for answer in answers]
    assert ["is registered" in details[0], "nothing to do with" in details[1], "does not work here" in details[2]] == [True] * 3
    assert await people.has(case) is None


async def test_a_decision_on_an_older_version_gives_nothing_to_anybody(people: People, desk: Desk) -> None:
    case = await desk.receives()
    await people.of(LAN).does(case, "take-up")

    stale = await people.head.tries(case, "assign", {"officer": subject(LAN)}, version=1)

    assert stale.status_code == 412
    assert await people.has(case) is None


# ------------------------------------------------------------------------------------------------ claims


async def test_where_a_case_is_claimed_first_nothing_is_done_before(people: People, desk: Desk) -> None:
    await people.assigns_by(claim_first=True)
    case = await desk.receives()
    lan = people.of(LAN)

    early = await lan.tries(case, "take-up")
    before = await actions(lan, case)
    await lan.does(case, "claim")
    await lan.does(case, "take-up")

    assert (early.status_code, "claim it first" in early.json()["detail"]) == (409, True)
    assert before == {"claim"}
    assert [one["action"] for one in early.json()["possible_actions"]] == ["claim"]


@pytest.mark.parametrize(("writer", "holder"), [(LAN, LAN), (MINH, None)])
async def test_a_note_of_who_claimed_it_is_work_and_the_claim_lasts(
    people: People, desk: Desk, stack: Stack, writer: str, holder: str | None
) -> None:
    case = await desk.receives()
    await people.of(LAN).does(case, "claim")
    version = (await people.of(LAN).sees(case))["version"]

    await people.done(await people.of(writer).caller.post(f"/cases/{case}/notes", {"text": "Đã gọi điện cho người nộp"}))
    stack.clock.set(at(11, 8))
    await stack.settle()

    assert await people.has(case) == holder
    assert (await people.head.sees(case))["version"] == version + (holder is None)


async def test_a_claim_lapses_after_the_office_s_working_hours_and_others_may_take_it(people: People, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()
    await people.of(LAN).does(case, "claim")
    ends_at = (await people.head.sees(case))["assigned"]["claim_ends_at"]

    stack.clock.set(at(9, 16, 59))
    await stack.settle()
    kept = await people.has(case)
    stack.clock.set(at(10, 8))
    await stack.settle()

    assert (ends_at, kept, await people.has(case)) == ("2026-03-10T08:00:00+07:00", LAN, None)
    assert (await people.journal(case))[-1] == ("claim_lapses", "clock", "Lan → …")
    await people.of(MINH).does(case, "claim")


async def test_work_done_makes_a_claim_last(people: People, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()
    await people.of(LAN).does(case, "claim")
    await people.of(LAN).does(case, "take-up")

    stack.clock.set(at(11, 8))
    await stack.settle()

    assert await people.has(case) == LAN
    assert (await people.head.sees(case))["assigned"]["claim_ends_at"] is None


async def test_what_others_do_to_a_case_is_no_work_of_who_claimed_it(people: People, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()
    await people.of(LAN).does(case, "claim")
    await people.head.does(case, "take-up")

    stack.clock.set(at(11, 8))
    await stack.settle()

    assert await people.has(case) is None


async def test_of_two_who_claim_at_once_one_has_it(people: People, desk: Desk) -> None:
    case = await desk.receives()

    answers = await asyncio.gather(*(people.of(name).tries(case, "claim", version=1) for name in (LAN, MINH, NGA)))

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    again = await people.of(NGA if await people.has(case) != NGA else LAN).tries(case, "claim")
    assert again.status_code == 409
    assert "has this case already" in again.json()["detail"]


async def test_who_is_not_registered_claims_nothing(people: People, desk: Desk) -> None:
    case = await desk.receives()

    answer = await people.of("Người lạ").tries(case, "claim")

    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_service")


async def test_who_gives_a_case_back_says_why_and_no_rule_gives_it_to_them_again(people: People, desk: Desk, stack: Stack) -> None:
    await people.assigns_by({"method": "round_robin"})
    case = await desk.receives()
    await stack.settle()
    holder = await people.has(case)
    assert holder

    await people.of(holder).does(case, "release", {"reason": "Người nộp là em ruột"})
    await stack.settle()

    assert await people.has(case) is None
    assert (await people.journal(case))[-1] == ("release", holder, f"{holder} → …: Người nộp là em ruột")


# ------------------------------------------------------------------------------------------------ steps


async def test_the_next_actor_s_step_is_nobody_s_yet(people: People, desk: Desk) -> None:
    case = await desk.receives()
    await people.gives(case, LAN)
    lan = people.of(LAN)
    await lan.does(case, "take-up")

    await lan.does(case, "pass-on")

    assert await people.has(case) is None
    await people.of(MINH).does(case, "claim")


async def test_after_a_supplement_a_case_is_back_with_who_had_it(people: People, desk: Desk) -> None:
    from shared.contracts.events import SupplementAccepted

    case = await desk.receives()
    await people.gives(case, LAN)
    await people.of(LAN).does(case, "return-for-supplement", {"papers": ["Bản vẽ"], "reason": "Thiếu"})
    waiting = await people.has(case)

    await desk.tells(case, SupplementAccepted(sent_at=at(9, 9), accepted_at=at(9, 9)), seen={"processing": 2})

    assert (waiting, await people.has(case)) == (LAN, LAN)


async def test_nobody_has_what_is_done(people: People, desk: Desk) -> None:
    case = await desk.receives(process=None)
    await people.gives(case, LAN)
    await people.of(LAN).does(case, "take-up")
    await people.head.does(case, "issue-decision", DECISION)

    await people.of(LAN).does(case, "complete", {"outcome": "granted"})

    assert await people.has(case) is None
    assert await people.holdings() == {}


# ------------------------------------------------------------------------------------------------ by rule


async def test_in_turn_everyone_has_as_many_however_many_copies_assign(people: People, desk: Desk, stack: Stack) -> None:
    await people.assigns_by({"method": "round_robin"})
    runtime = stack.runtime(Service.PROCESSING)

    for number in (14, 4, 3):
        for _ in range(number):
            await desk.receives(process=None)
        await asyncio.gather(*(assigning.assign_by_rule(runtime) for _ in range(3)))

    assert await people.holdings() == {LAN: 7, MINH: 7, NGA: 7}


async def test_who_has_least_is_given_the_next(people: People, desk: Desk, stack: Stack) -> None:
    await people.assigns_by()
    for _ in range(4):
        await people.done(await people.gives(await desk.receives(process=None), LAN))
    await people.assigns_by({"method": "least_loaded"})

    for _ in range(5):
        await desk.receives(process=None)
    await stack.settle()

    assert await people.holdings() == {LAN: 4, MINH: 3, NGA: 2}


async def test_the_first_rule_that_fits_decides_and_what_none_fits_is_left_to_the_unit(people: People, desk: Desk, stack: Stack) -> None:
    await people.assigns_by(
        {"method": "leave", "actor": "Bộ phận Một cửa"},
        {"method": "round_robin", "procedure": "X-1", "officers": [subject(NGA)]},
        {"method": "round_robin"},
    )
    case = await desk.receives()
    await stack.settle()
    first = await people.has(case)
    await people.of(MINH).does(case, "take-up")
    await people.of(MINH).does(case, "pass-on")
    await stack.settle()

    assert (first, await people.has(case)) == (None, NGA)


async def test_a_rule_for_a_field_is_that_of_the_procedure_as_received(people: People, desk: Desk, stack: Stack) -> None:
    await people.assigns_by({"method": "round_robin", "field": "Đất đai"})

    case = await desk.receives(process=None)
    await stack.settle()

    assert await people.has(case) is None


async def test_what_was_waiting_is_looked_at_when_an_office_says_how_it_assigns(people: People, desk: Desk, stack: Stack) -> None:
    await people.assigns_by({"method": "leave"})
    case = await desk.receives()
    await stack.settle()
    before = await people.has(case)

    await people.assigns_by({"method": "round_robin"})
    await stack.settle()

    assert (before, await people.has(case)) == (None, LAN)


async def test_rules_of_one_office_leave_the_others_alone(people: People, desk: Desk, stack: Stack) -> None:
    await people.assigns_by({"method": "round_robin"})
    theirs = await desk.receives(offices=OFFICES.model_copy(update={"competent": ELSEWHERE}))

    await stack.settle()

    shown = await staff(stack, "leader", PROVINCE).sees(theirs)
    assert shown["assigned"] is None


async def test_a_rule_names_officers_who_exist(people: People) -> None:
    answer = await people.administrator.put(f"/offices/{AGENCY}/assigning", {"rules": [{"method": "round_robin", "officers": ["ma"]}]})

    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (422, "No officer ma is registered.")

"""Calendars: an office's own days lie over the nation's, every version is told, and of administrators it takes two to change one."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.intake.catalogue import raise_revision
from services.intake.commands import reference
from services.intake.commands.calendars import load_calendar
from services.intake.domain.calendars import CalendarRowsWrong
from services.intake.domain.offices import read_offices
from shared.errors import NotFound
from shared.working_time import Calendar
from tests.builders import AGENCY, DESK, OFFICIAL_CALENDAR, PROVINCE, an_application, an_entry
from tests.intake.conftest import DATA, Desk
from tests.stack import Caller

HEAD = "date,kind,name,source,status\n"
NEIGHBOUR, ELSEWHERE = "H27.020", "H14.020"
FESTIVAL = "2026-03-11,off,Lễ hội,QĐ 12/QĐ-UBND,announced\n"
FAIR = "2026-03-12,off,Hội chợ,QĐ 13/QĐ-UBND,provisional\n"
BEFORE_TET = "2026-02-13,off,Nghỉ thêm,CV 1,announced\n"
THREE_DAYS_LATER, FOUR_DAYS_LATER, FIVE_DAYS_LATER = "2026-03-12T08:00:00+07:00", "2026-03-13T08:00:00+07:00", "2026-03-16T08:00:00+07:00"


def a_day(on: str = "2026-03-11", **changed: Any) -> dict[str, Any]:
    return {"date": on, "kind": "off", "name": "Lễ hội", "source": "QĐ 12/QĐ-UBND", "status": "announced"} | changed


@pytest.fixture(autouse=True)
async def only_the_national_calendar(desk: Desk) -> AsyncIterator[None]:
    """The calendars are every test's: what these load goes again."""
    yield
    async with desk.runtime.transaction() as tx:
        connection = await tx.connection()
        await connection.exec_driver_sql("delete from intake.calendar where key <> 'national'")
        await connection.exec_driver_sql("delete from intake.calendar_version where key <> 'national'")
        await load_calendar(tx, OFFICIAL_CALENDAR.read_text("utf-8"))
        await reference.load_offices(tx, read_offices((DATA / "offices.csv").read_text("utf-8")))
        await raise_revision(tx)
    await desk.looks_at_the_catalogue()
    desk.runtime.facts["offices"]._asked_at = 0.0


async def loads(desk: Desk, rows: str, key: str = "national") -> tuple[str, ...]:
    """As the operator's command does."""
    async with desk.runtime.transaction() as tx:
        changed = await load_calendar(tx, rows, key=key)
    await desk.looks_at_the_catalogue()
    return changed


async def shows(desk: Desk, key: str, **query: Any) -> dict[str, Any]:
    answer = await desk.officer.get(f"/calendars/{key}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(desk: Desk) -> list[tuple[str, int, str]]:
    rows = await desk.rows("select data from intake.event where type like '%calendar.published.v1' order by number")
    return [(row["data"]["key"], row["data"]["number"], row["data"]["version_id"]) for row in rows]


async def decides_in_three_days(desk: Desk, *offices: str) -> list[str]:
    """A procedure of each office."""
    keys = [f"X-CALENDAR-{office}" for office in offices]
    for key, office in zip(keys, offices, strict=True):
        await desk.publishes(an_entry(key), offices=(office,))
    return keys


# ------------------------------------------------------------------------------------------------ whose days are counted


async def test_an_office_with_a_holiday_of_its_own_promises_another_day_than_its_neighbour(desk: Desk) -> None:
    own, neighbours = await decides_in_three_days(desk, AGENCY, NEIGHBOUR)
    await loads(desk, HEAD + FESTIVAL, AGENCY)

    here, there = await desk.receives(own), await desk.receives(neighbours)

    assert (here["appointment_at"], there["appointment_at"]) == (FOUR_DAYS_LATER, THREE_DAYS_LATER)


async def test_a_quote_counts_by_the_office_that_decides(desk: Desk) -> None:
    own, neighbours = await decides_in_three_days(desk, AGENCY, NEIGHBOUR)
    await loads(desk, HEAD + FESTIVAL, AGENCY)

    quotes = [(await desk.officer.post("/quotes", {"procedure": key})).json()["appointment_at"] for key in (own, neighbours)]

    assert quotes == [FOUR_DAYS_LATER, THREE_DAYS_LATER]


async def test_an_office_without_a_calendar_works_by_that_of_its_province(desk: Desk) -> None:
    own, elsewhere = await decides_in_three_days(desk, AGENCY, ELSEWHERE)
    await loads(desk, HEAD + FESTIVAL, PROVINCE)

    here = await desk.receives(own)
    there = await desk.receives(elsewhere, by=desk.caller("desk_officer", "H14.001"))

    assert (here["appointment_at"], there["appointment_at"]) == (FOUR_DAYS_LATER, THREE_DAYS_LATER)


async def test_an_office_s_own_days_come_on_top_of_its_province_s(desk: Desk) -> None:
    (own,) = await decides_in_three_days(desk, AGENCY)
    await loads(desk, HEAD + FAIR, AGENCY)
    await loads(desk, HEAD + FESTIVAL, PROVINCE)

    received = await desk.receives(own)

    assert received["appointment_at"] == FIVE_DAYS_LATER
    assert received["receipt"]["appointment_provisional"] is True


async def test_the_dossier_and_what_is_told_of_it_name_the_version_that_was_counted_with(desk: Desk) -> None:
    own, neighbours = await decides_in_three_days(desk, AGENCY, NEIGHBOUR)
    await loads(desk, HEAD + FESTIVAL, AGENCY)

    dossiers = [(await desk.receives(key))["id"] for key in (own, neighbours)]

    versions = [(await shows(desk, key))["version_id"] for key in (AGENCY, "national")]
    rows = {str(row["id"]): str(row["calendar_version"]) for row in await desk.rows("select id, calendar_version from intake.dossier")}
    events = await desk.rows("select subject, data from intake.event where type like '%dossier.received.v1'")
    assert [rows[one] for one in dossiers] == versions
    assert {row["subject"]: row["data"]["calendar_version"] for row in events} == dict(zip(dossiers, versions, strict=True))


async def test_a_submission_is_accepted_by_the_calendar_of_the_office_that_decides(desk: Desk) -> None:
    (own,) = await decides_in_three_days(desk, AGENCY)
    await loads(desk, HEAD + FESTIVAL, AGENCY)
    submission = (await desk.officer.post("/submissions", an_application(own))).json()["id"]

    accepted = await desk.does(submission, "accept", under="submissions")

    assert accepted["appointment_at"] == FOUR_DAYS_LATER


async def test_a_make_up_day_of_the_office_is_worked_in_its_own_sessions(desk: Desk) -> None:
    (own,) = await decides_in_three_days(desk, AGENCY)
    rows = "2026-03-10,off,Nghỉ bù,CV 2,announced,\n2026-03-14,makeup,Làm bù,CV 2,announced,08:00-10:00\n"
    await loads(desk, HEAD.replace("status", "status,sessions") + FESTIVAL.replace("announced", "announced,") + rows, AGENCY)
    desk.clock.move(hours=7)

    received = await desk.receives(own)

    assert received["accepted_at"] == "2026-03-09T15:00:00+07:00"
    assert received["appointment_at"] == "2026-03-14T10:00:00+07:00"


# ------------------------------------------------------------------------------------------------ versions


async def test_what_is_published_is_the_whole_calendar_and_a_row_of_the_office_wins(desk: Desk) -> None:
    other_word = "2026-04-30,off,Ngày của tỉnh,QĐ 1,announced\n"
    await loads(desk, HEAD + other_word + FESTIVAL, AGENCY)

    (row,) = await desk.rows("select data from intake.event where subject = :s", s=f"calendar:{AGENCY}")
    published, national = Calendar.parse(row["data"]["rows"]), Calendar.parse(OFFICIAL_CALENDAR.read_text("utf-8"))
    own = {day.on.isoformat(): day.name for day in published.days if national.day(day.on) != day}
    assert own == {"2026-03-11": "Lễ hội", "2026-04-30": "Ngày của tỉnh"}
    assert len(published.days) == len(national.days) + 1
    assert published.known_years == national.known_years


async def test_loading_the_same_days_again_changes_nothing_however_they_are_written(desk: Desk) -> None:
    first = await loads(desk, HEAD + FESTIVAL + FAIR, AGENCY)
    before = await told(desk)

    again = await loads(desk, "\ufeff" + (HEAD + FAIR + FESTIVAL).replace("\n", "\r\n"), AGENCY)
    national = await loads(desk, OFFICIAL_CALENDAR.read_text("utf-8"))

    assert (first, again, national) == ((AGENCY,), (), ())
    assert await told(desk) == before


async def test_a_new_national_version_makes_one_of_each_that_lies_over_it_from_the_top_down(desk: Desk) -> None:
    await loads(desk, HEAD + FESTIVAL, AGENCY)
    await loads(desk, HEAD + FAIR, PROVINCE)
    await loads(desk, HEAD + FAIR, ELSEWHERE)
    before = len(await told(desk))

    changed = await loads(desk, OFFICIAL_CALENDAR.read_text("utf-8") + BEFORE_TET)

    assert changed == ("national", PROVINCE, ELSEWHERE, AGENCY)
    assert tuple(key for key, _, _ in (await told(desk))[before:]) == changed
    origins = {day["date"]: day["origin"] for day in (await shows(desk, AGENCY, year=2026))["days"]}
    assert (origins["2026-02-13"], origins["2026-03-11"], origins["2026-03-12"]) == ("national", AGENCY, PROVINCE)


async def test_a_province_s_first_calendar_slips_in_under_those_of_its_offices(desk: Desk) -> None:
    await loads(desk, HEAD + FAIR, AGENCY)

    changed = await loads(desk, HEAD + FESTIVAL, PROVINCE)

    assert changed == (PROVINCE, AGENCY)
    assert {day["origin"] for day in (await shows(desk, AGENCY, year=2026))["days"]} == {"national", PROVINCE, AGENCY}


async def test_an_office_that_moves_to_another_province_works_by_that_one_s_days(desk: Desk) -> None:
    await loads(desk, HEAD + FESTIVAL, PROVINCE)
    await loads(desk, HEAD + FAIR, AGENCY)

    async with desk.runtime.transaction() as tx:
        columns = "code,name,parent,level,valid_from,valid_to,predecessors,sessions\n"
        await reference.load_offices(tx, read_offices(f"{columns}{AGENCY},Sở đã chuyển,H14,cấp tỉnh,,,,\n"))

    shown = await shows(desk, AGENCY, year=2026)
    assert (shown["number"], {day["origin"] for day in shown["days"]}) == (2, {"national", AGENCY})


async def test_two_who_load_at_once_do_so_one_after_the_other(desk: Desk) -> None:
    async with desk.runtime.transaction() as tx:
        await load_calendar(tx, OFFICIAL_CALENDAR.read_text("utf-8") + BEFORE_TET)
        other = asyncio.create_task(loads(desk, HEAD + FESTIVAL, AGENCY))
        await asyncio.sleep(0.2)
        assert not other.done()

    await other
    assert {"2026-02-13", "2026-03-11"} <= {day["date"] for day in (await shows(desk, AGENCY))["days"]}


async def test_an_earlier_version_can_still_be_read(desk: Desk) -> None:
    await loads(desk, HEAD + FESTIVAL, AGENCY)
    await loads(desk, HEAD + FAIR, AGENCY)

    days = [{day["date"] for day in (await shows(desk, AGENCY, number=number))["days"]} for number in (1, 2)]

    assert (days[0] - days[1], days[1] - days[0]) == ({"2026-03-11"}, {"2026-03-12"})
    assert (await desk.officer.get(f"/calendars/{AGENCY}", params={"number": 3})).status_code == 404


async def test_days_of_a_year_the_nation_no_longer_knows_wait(desk: Desk) -> None:
    official = OFFICIAL_CALENDAR.read_text("utf-8")
    await loads(desk, HEAD + "2027-03-11,off,Lễ hội,QĐ 12,announced\n", AGENCY)

    await loads(desk, "".join(line for line in official.splitlines(keepends=True) if not line.startswith("2027")))
    without = await shows(desk, AGENCY, year=2027)
    await loads(desk, official)
    again = await shows(desk, AGENCY, year=2027)

    assert without["days"] == []
    assert "2027-03-11" in {day["date"] for day in again["days"]}


@pytest.mark.parametrize(
    ("rows", "pointer"),
    [
        ("2040-03-11,off,Lễ hội,QĐ 12,announced\n", "/0/date"),
        (FESTIVAL + "2026-03-13,off,Lễ hội,,announced\n", "/1/source"),
        (FESTIVAL + FESTIVAL, "/1/date"),
    ],
)
async def test_days_that_cannot_stand_are_refused_with_row_and_field(desk: Desk, rows: str, pointer: str) -> None:
    with pytest.raises(CalendarRowsWrong) as refused:
        await loads(desk, HEAD + rows, AGENCY)

    assert [flaw["pointer"] for flaw in refused.value.facts["errors"]] == [pointer]  # type: ignore[attr-defined]


async def test_only_what_is_an_office_has_a_calendar(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await loads(desk, HEAD + FESTIVAL, "H99.999")

    assert (await desk.officer.get("/calendars/H99.999")).status_code == 404


async def test_calendars_are_listed_page_by_page_and_shown_to_every_role(desk: Desk) -> None:
    await loads(desk, HEAD + FESTIVAL + FAIR, AGENCY)

    first = (await desk.portal.get("/calendars", params={"limit": 1})).json()
    second = (await desk.portal.get("/calendars", params={"limit": 1, "after": first["next"]})).json()
    inherited = await shows(desk, DESK)

    (own,), (national,) = first["calendars"], second["calendars"]
    assert (own["key"], own["number"], own["based_on"], own["own_days"], own["provisional_days"]) == (AGENCY, 1, "national", 2, 1)
    assert (national["key"], national["based_on"], second["next"]) == ("national", None, None)
    assert (inherited["key"], inherited["calendar"], inherited["version_id"]) == (DESK, "national", national["version_id"])


# ------------------------------------------------------------------------------------------------ four eyes


@pytest.fixture
def one(desk: Desk) -> Caller:
    return desk.caller("administrator", PROVINCE, name="Trần Thị Một")


@pytest.fixture
def other(desk: Desk) -> Caller:
    return desk.caller("administrator", PROVINCE, name="Nguyễn Văn Hai")


async def proposes(one: Caller, days: Sequence[dict[str, Any]], key: str = AGENCY) -> dict[str, Any]:
    answer = await one.put(f"/calendars/{key}", days)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def approves(other: Caller, proposal: dict[str, Any]) -> httpx.Response:
    return await other.post(f"/calendars/{proposal['key']}/proposals/{proposal['id']}/approvals")


async def test_what_one_proposes_and_another_approves_holds_from_then_on(desk: Desk, one: Caller, other: Caller) -> None:
    (own,) = await decides_in_three_days(desk, AGENCY)

    proposal = await proposes(one, [a_day()])
    before = await desk.receives(own)
    approved = await approves(other, proposal)
    await desk.looks_at_the_catalogue()
    after = await desk.receives(own)

    assert (approved.status_code, approved.json()["state"]) == (200, "applied")
    assert (before["appointment_at"], after["appointment_at"]) == (THREE_DAYS_LATER, FOUR_DAYS_LATER)
    assert [(key, version) for key, _, version in await told(desk)] == [(AGENCY, approved.json()["version_id"])]


async def test_a_proposal_says_what_it_would_change(desk: Desk, one: Caller, other: Caller) -> None:
    await loads(desk, HEAD + FESTIVAL, AGENCY)

    proposal = await proposes(one, [a_day("2026-03-12"), a_day("2026-04-30", name="Ngày của tỉnh")])

    changes = {how: [(day["date"], day["name"]) for day in days] for how, days in proposal["changes"].items()}
    assert changes == {
        "added": [("2026-03-12", "Lễ hội")],
        "removed": [("2026-03-11", "Lễ hội")],
        "changed": [("2026-04-30", "Ngày của tỉnh")],
    }
    (listed,) = (await other.get(f"/calendars/{AGENCY}/proposals")).json()["proposals"]
    assert listed["changes"] == proposal["changes"]
    assert (listed["proposed_by"], listed["state"], listed["moved"]) == ("Trần Thị Một", "open", False)


async def test_nobody_approves_what_they_proposed_themselves(desk: Desk, one: Caller) -> None:
    proposal = await proposes(one, [a_day()])

    answer = await approves(one, proposal)

    assert (answer.status_code, answer.json()["code"]) == (403, "four_eyes")
    assert await told(desk) == []


async def test_what_was_proposed_for_another_version_is_not_applied(desk: Desk, one: Caller, other: Caller) -> None:
    first, second = await proposes(one, [a_day()]), await proposes(one, [a_day("2026-03-12")])
    await approves(other, first)

    answer = await approves(other, second)

    assert (answer.status_code, answer.json()["code"]) == (409, "calendar_moved")
    listed = (await other.get(f"/calendars/{AGENCY}/proposals")).json()["proposals"]
    assert [(row["state"], row["moved"]) for row in listed] == [("open", True), ("applied", False)]


async def test_a_new_national_version_moves_what_a_proposal_was_made_for(desk: Desk, one: Caller, other: Caller) -> None:
    proposal = await proposes(one, [a_day()])
    await loads(desk, OFFICIAL_CALENDAR.read_text("utf-8") + BEFORE_TET)

    assert (await approves(other, proposal)).json()["code"] == "calendar_moved"


async def test_who_proposed_may_take_it_back_and_nobody_else(desk: Desk, one: Caller, other: Caller) -> None:
    proposal = await proposes(one, [a_day()])
    path = f"/calendars/{AGENCY}/proposals/{proposal['id']}/withdrawals"

    by_other, by_self, again = await other.post(path), await one.post(path), await one.post(path)
    approved = await approves(other, proposal)

    assert (by_other.status_code, by_other.json()["code"]) == (403, "proposal_not_theirs")
    assert (by_self.status_code, by_self.json()["state"]) == (200, "withdrawn")
    assert [answer.json()["code"] for answer in (again, approved)] == ["proposal_decided"] * 2


async def test_the_same_request_twice_proposes_and_approves_once(desk: Desk, one: Caller, other: Caller) -> None:
    proposals = [(await one.put(f"/calendars/{AGENCY}", [a_day()], key="p")).json() for _ in range(2)]
    path = f"/calendars/{AGENCY}/proposals/{proposals[0]['id']}/approvals"
    approvals = [await other.post(path, key="a") for _ in range(2)]

    assert proposals[0] == proposals[1]
    assert [answer.status_code for answer in approvals] == [200, 200]
    assert approvals[0].json() == approvals[1].json()
    assert await desk.count("calendar_proposal") == 1
    assert len(await told(desk)) == 1


async def test_own_days_can_be_taken_off_again(desk: Desk, one: Caller, other: Caller) -> None:
    await loads(desk, HEAD + FESTIVAL, AGENCY)

    await approves(other, await proposes(one, []))

    assert {day["origin"] for day in (await shows(desk, AGENCY))["days"]} == {"national"}


async def test_what_changes_nothing_is_no_proposal(desk: Desk, one: Caller) -> None:
    await loads(desk, HEAD + FESTIVAL, AGENCY)

    for key, days in ((AGENCY, [a_day()]), (NEIGHBOUR, [])):
        answer = await one.put(f"/calendars/{key}", days)
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_propose")


@pytest.mark.parametrize(
    ("days", "pointer"),
    [
        ([a_day(), a_day("2026-03-12", kind="work")], "/1/kind"),
        ([a_day(status="perhaps")], "/0/status"),
        ([a_day("2026-02-30")], "/0/date"),
        ([a_day(name=" ")], "/0/name"),
        ([a_day(source="QĐ 1\nQĐ 2")], "/0/source"),
        ([a_day(sessions="7-11")], "/0/sessions"),
        ([a_day(sessions="07:00-11:00")], "/0/sessions"),
        ([a_day(), a_day("2040-01-01")], "/1/date"),
        ([a_day(), a_day()], "/1/date"),
        ([a_day() | {"origin": AGENCY}], "/0/origin"),
    ],
)
async def test_wrong_days_are_refused_with_row_and_field(desk: Desk, one: Caller, days: list[dict[str, Any]], pointer: str) -> None:
    answer = await one.put(f"/calendars/{AGENCY}", days)

    assert answer.status_code == 422, answer.text
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == [pointer]
    assert pointer in answer.json()["detail"]
    assert await desk.count("calendar_proposal") == 0


async def test_administrators_change_the_calendars_of_their_offices_and_the_operator_the_nation_s(desk: Desk, one: Caller) -> None:
    of_one_office = desk.caller("administrator", AGENCY)

    answers = {
        "below": await one.put(f"/calendars/{AGENCY}", [a_day()]),
        "own": await of_one_office.put(f"/calendars/{AGENCY}", [a_day()]),
        "above": await of_one_office.put(f"/calendars/{PROVINCE}", [a_day()]),
        "elsewhere": await one.put(f"/calendars/{ELSEWHERE}", [a_day()]),
        "national": await one.put("/calendars/national", [a_day()]),
        "nowhere": await one.put("/calendars/H99.999", [a_day()]),
    }

    assert {what: answer.status_code for what, answer in answers.items()} == {
        "below": 202,
        "own": 202,
        "above": 403,
        "elsewhere": 403,
        "national": 403,
        "nowhere": 404,
    }


async def test_a_proposal_is_found_under_its_own_calendar_only(desk: Desk, one: Caller, other: Caller) -> None:
    proposal = await proposes(one, [a_day()])

    elsewhere = await other.post(f"/calendars/{NEIGHBOUR}/proposals/{proposal['id']}/approvals")
    unknown = await other.post(f"/calendars/{AGENCY}/proposals/{UUID(int=7)}/approvals")

    assert (elsewhere.status_code, unknown.status_code) == (404, 404)

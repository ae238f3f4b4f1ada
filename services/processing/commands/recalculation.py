"""A new calendar and the cases that are open: what would move, and moving it on command. A promise once made is kept."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from services.processing import tables
from services.processing.domain.case import Case, recounted, with_earlier_limit
from services.processing.domain.intervals import Interval
from services.processing.domain.journal import JournalLine
from services.processing.references import references_of
from services.processing.tables import case
from shared.clock import VIETNAM
from shared.contracts.events import NATIONAL_CALENDAR
from shared.contracts.previews import CalendarPreview, MovedCase, PreviewAsked
from shared.contracts.states import STATES, DeadlineClock
from shared.errors import NotFound
from shared.office_tree import OfficeTree
from shared.officers import Officer
from shared.runtime import Transaction
from shared.working_time import Calendar, CalendarUnknown, OfficeHours

OPEN: Final = [state for state, meaning in STATES.items() if meaning.clock in {DeadlineClock.RUNS, DeadlineClock.STOPPED}]
AT_ONCE: Final = 1000


@dataclass(frozen=True)
class Recount:
    """A case as it would stand by another calendar."""

    before: Case
    after: Case
    calendar: Calendar
    key: str

    @property
    def moves(self) -> bool:
        return self.after.due_at != self.before.due_at

    def told(self) -> MovedCase:
        assert self.before.due_at
        return MovedCase(
            id=self.before.id,
            code=self.before.code,
            office=self.before.offices.competent,
            calendar=self.key,
            due_from=self.before.due_at.astimezone(VIETNAM),
            due_to=self.after.due_at.astimezone(VIETNAM) if self.after.due_at else None,
            appointment_at=self.before.appointment_at.astimezone(VIETNAM),
            decide=_to_decide(self.before.appointment_at, self.after.due_at, self.calendar),
        )


async def preview(tx: Transaction, asked: PreviewAsked) -> CalendarPreview:
    """A dry run: nothing is written. Raises CalendarWrong for what is no calendar."""
    drafts = {draft.key: Calendar.parse(draft.rows) for draft in asked.drafts}
    looked_at, moved = 0, list[MovedCase]()
    async for recount in _recounts(tx, drafts, asked.offices):
        looked_at += 1
        if recount.moves:
            moved.append(recount.told())
    return CalendarPreview(looked_at=looked_at, moved=tuple(moved))


async def apply(tx: Transaction, key: str, *, by: Officer) -> CalendarPreview:
    """Open cases of the officer's offices are counted by the newest version of a calendar: their internal limit moves only earlier,
    their promise never; what the desk must decide is listed. Raises NotFound.
    """
    await tx.once()
    version = tables.calendar_version
    newest = select(version.c.id).where(version.c.key == key).order_by(version.c.number.desc()).limit(1)
    if (version_id := (await tx.run(newest)).scalar()) is None:
        raise NotFound(f"No calendar {key} has been published here.")
    calendar = await references_of(tx).calendar(tx, version_id)
    assert calendar
    looked_at, counted, moved = 0, list[UUID](), list[MovedCase]()
    async for recount in _recounts(tx, {key: calendar}, by.scope):
        looked_at += 1
        told = recount.told() if recount.moves else None
        if told and (told.decide or (told.due_to and told.due_to < told.due_from)):
            moved.append(told)
        if told and told.due_to and told.due_to < told.due_from:
            before = await tables.load_case(tx, str(recount.before.id))
            after = with_earlier_limit(before, told.due_to, recount.after.period_ends_at, version_id)
            note = f"{_clock(told.due_from)} → {_clock(told.due_to)}"
            line = JournalLine(tx.now, "apply_calendar", by.name, after.state, after.state, after.offices.competent, note)
            await tables.save_case(tx, before, after, line)
        elif not told:
            counted.append(recount.before.id)
    if counted:
        await tx.run(update(case).where(case.c.id.in_(counted)).values(calendar_version=version_id))
    return CalendarPreview(looked_at=looked_at, moved=tuple(moved))


def _to_decide(promised: datetime, due_at: datetime | None, calendar: Calendar) -> str | None:
    day = promised.astimezone(VIETNAM).date()
    try:
        if not calendar.is_working_day(day):
            return f"Ngày hẹn trả {day:%d/%m/%Y} là ngày nghỉ: báo người dân ngày đến nhận, hoặc mở quầy hôm đó."
    except CalendarUnknown:
        return f"Lịch chưa có năm {day:%Y}."
    if due_at and due_at > promised:
        return "Thời hạn tính theo lịch mới dài hơn ngày đã hẹn: vẫn giữ hẹn, hoặc xin lỗi và hẹn lại."
    return None


def _clock(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"


# ------------------------------------------------------------------------------------------------ the cases


async def _recounts(tx: Transaction, calendars: Mapping[str, Calendar], offices: frozenset[str] | None) -> AsyncIterator[Recount]:
    """Every open case whose office works by one of these calendars and whose clock runs, counted by it; a thousand at a time."""
    keys = set(calendars) | set((await tx.run(select(tables.calendar_version.c.key).distinct())).scalars())
    tree: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    last: UUID | None = None
    while True:
        query = select(case).where(case.c.state.in_(OPEN), case.c.due_at.is_not(None)).order_by(case.c.id).limit(AT_ONCE)
        rows = (await tx.run(query.where(case.c.id > last) if last else query)).all()
        stops = await _stops(tx, [row.id for row in rows])
        steps = await tables.load_steps(tx, [row.id for row in rows if len(row.time_terms.get("limits", ())) > 1])
        for row in rows:
            last = row.id
            key = next((code for code in tree.upwards(row.competent) if code in keys), NATIONAL_CALENDAR)
            if key not in calendars or (offices is not None and row.competent not in offices):
                continue
            found = replace(tables.case_of(row, steps.get(row.id, ())), intervals=tuple(stops.get(row.id, ())))
            known = tree.get(row.competent)
            hours = OfficeHours.parse(known.sessions or "") if known else OfficeHours()
            yield Recount(found, _recounted(found, calendars[key], hours), calendars[key], key)
        if len(rows) < AT_ONCE:
            return


def _recounted(found: Case, calendar: Calendar, hours: OfficeHours) -> Case:
    try:
        return recounted(found, calendar, hours) if found.time_terms.limits else found
    except CalendarUnknown:
        return replace(found, due_at=None, period_ends_at=None)


async def _stops(tx: Transaction, ids: list[UUID]) -> dict[UUID, list[Interval]]:
    found: dict[UUID, list[Interval]] = defaultdict(list)
    stop = tables.clock_stop
    for row in await tx.run(select(stop).where(stop.c.case_id.in_(ids)).order_by(stop.c.case_id, stop.c.number)):
        found[row.case_id].append(tables.interval_of(row))
    return found

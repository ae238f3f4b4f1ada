"""What is written down inside the agency, and the times at which people are asked to come."""

from dataclasses import replace
from datetime import datetime

from services.processing import tables
from services.processing.commands.at_hand import at_hand, line_of
from services.processing.commands.hearing import counting_of
from services.processing.domain.attendance import Attendance, must_be_possible
from services.processing.domain.case import Case
from services.processing.domain.note import Note, NoteKind
from shared.clock import VIETNAM
from shared.contracts.events import AttendanceRequested
from shared.contracts.permissions import Action
from shared.officers import Officer
from shared.runtime import Transaction


async def request_attendance(tx: Transaction, name: str, officer: Officer, version: int, *, at: datetime, place: str, purpose: str) -> Case:
    """People are told by SMS and email where and when. Source: law.ATTENDANCE."""
    before = await at_hand(tx, name, officer, version, Action.REQUEST_ATTENDANCE)
    new = Attendance(tx.now, officer.name, at, place, purpose)
    must_be_possible(new, await counting_of(tx, before))
    after = replace(before, attendances=(*before.attendances, new))
    told = AttendanceRequested(at=at, place=place, purpose=purpose, officer=officer.name)
    note = f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}, {place}"
    return await tables.save_case(tx, before, after, line_of(tx, Action.REQUEST_ATTENDANCE, officer, before, after, note), told)


async def add_note(tx: Transaction, name: str, officer: Officer, *, kind: NoteKind, text: str, files: tuple[str, ...]) -> Note:
    """For the agency's own eyes: the journal, which others see too, says only that there is one. It is work, and makes a claim last."""
    case = await tables.load_case(tx, name)
    officer.must_act_for({case.offices.competent}, case.seen_by, f"case {name}")
    await tx.once()
    new = Note(tx.now, officer.name, kind, text, case.current_step, files)
    await tables.add_note(tx, case.id, new, line_of(tx, Action.ADD_NOTE, officer, case, case, kind))
    await tables.keep_claim(tx, case.id, officer.ids)
    return new

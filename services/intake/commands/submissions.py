"""A submission waits for the desk, which accepts it, asks for more, or refuses: one UUID for life, and no code before acceptance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select, text

from services.intake import money, tables
from services.intake.catalogue import catalogue_of
from services.intake.commands import reception
from services.intake.commands.alarms import ANSWER_DUE, FEE_UNPAID, HAND_OVER_DUE, SUBMISSION_LAPSED, answer_due_at, submission_lapse
from services.intake.commands.opening import dossier_to_change, dossier_to_tell_of
from services.intake.commands.post import keep_item_that_came
from services.intake.commands.reception import Received, agree, new_secret, offices_of_today, procedure_ref, receipt_facts, receipt_of
from services.intake.domain.charges import Charges, awaited_of, put_back, quoted_anew, told, with_fees
from services.intake.domain.choices import Named
from services.intake.domain.dossier import Dossier
from services.intake.domain.dossier_code import DossierCode
from services.intake.domain.fees import owed
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, beginning, next_state
from services.intake.domain.reception import Brought, PaperReceived, one_competent
from shared import timers
from shared.clock import VIETNAM
from shared.contracts.events import (
    DossierReceived,
    Event,
    RefusalGround,
    SubmissionFeeRequested,
    SubmissionReceived,
    SubmissionRedirected,
    SubmissionRefused,
    SubmissionSupplemented,
    SubmissionSupplementRequested,
    SubmissionWithdrawn,
    SupplementReceived,
)
from shared.contracts.people import Offices
from shared.contracts.states import State
from shared.errors import Conflict, InvalidInput
from shared.ids import uuid7
from shared.officers import Officer
from shared.runtime import Transaction

AFTER_CORRECTION: Final = "Hồ sơ đã được sửa nên khoản phải nộp thay đổi"
"""Why people are asked for another sum than before."""


@dataclass(frozen=True)
class Submitted:
    """The answer to a push: the submission, and whether it is new."""

    dossier: Dossier
    new: bool


async def submit(
    tx: Transaction,
    brought: Brought,
    *,
    by: Officer,
    national_code: str | None = None,
    submitted_at: datetime | None = None,
    postal_item: tuple[str, str] | None = None,
) -> Submitted:
    """Pushed by the portal, or left incomplete at the counter. The national code is pushed again until the desk accepted: an update."""
    by.must_see([brought.offices.receiving], "office")
    await tx.once()
    if national_code and (before := await _pushed_before(tx, national_code)):
        if tx.key:  # A, then B, then A again is a correction back to A, not a repeat
            await tx.runtime.keys.forget_before(await tx.connection(), tx.key, f"{national_code} ")
        return Submitted(await _correct(tx, before, brought, by), new=False)
    entry = await catalogue_of(tx.runtime).entry(tx, brought.procedure)
    competent = one_competent(brought.procedure, entry.competent, brought.offices.competent or None)
    offices = brought.offices.model_copy(update={"competent": competent})
    await offices_of_today(tx, offices)
    submission = Dossier(
        id=uuid7(),
        version=1,
        told=1,
        state=beginning(Move.SUBMIT),
        procedure=procedure_ref(entry),
        offices=offices,
        channel=brought.channel,
        people=brought.people,
        result_wanted=brought.result_wanted,
        lookup_secret=new_secret(),
        created_at=tx.now,
        national_code=national_code,
        case=brought.named.case,
        level=brought.named.level,
        submitted_at=submitted_at or tx.now,
        answer_due_at=await answer_due_at(tx, offices.receiving, brought.procedure),
    )
    event = SubmissionReceived(
        national_code=national_code,
        procedure=submission.procedure,
        offices=submission.offices,
        channel=submission.channel,
        submitted_at=submission.submitted_at or tx.now,
        people=submission.people,
    )
    line = JournalLine(Move.SUBMIT, by.name, None, submission.state, submission.offices.receiving)
    submission = await tables.insert_dossier(tx, submission, line, event)
    await timers.keep(tx, submission.id, {ANSWER_DUE: submission.answer_due_at})
    await keep_papers(tx, submission, brought.papers, replaced=False)
    if postal_item:
        await keep_item_that_came(tx, submission.id, *postal_item)
    return Submitted(submission, new=True)


async def accept(tx: Transaction, name: str, added: Brought, *, by: Officer, version: int) -> Received:
    """The submission is complete: it becomes a dossier, and its clock starts now, not when it was submitted.

    `added` is what the officer says besides: case, level, fees, an appointment by hand; what was submitted is not asked again.
    """
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.ACCEPT)
    papers = added.papers or await _papers_of(tx, before)
    charged = await money.load(tx, before.id)
    brought = replace(
        added,
        procedure=before.procedure.key,
        named=replace(added.named, channel=before.channel, case=added.named.case or before.case, level=added.named.level or before.level),
        offices=before.offices,
        people=before.people,
        result_wanted=before.result_wanted,
        papers=papers,
        charged=charged,
    )
    terms = await agree(tx, brought, by=by)
    code = await _allot_code(tx, before.offices.competent)
    after = replace(reception.accepted(replace(before, state=state, answer_due_at=None), tx.now, terms, by), code=code)
    receipt = receipt_of(after, terms) | {"code": code}
    event = DossierReceived(**receipt_facts(after), process=terms.checked.process)
    after = await tables.save_dossier(
        tx, before, after, JournalLine(Move.ACCEPT, by.name, before.state, state, after.offices.receiving), event
    )
    await tx.run(tables.dossier.update().where(tables.dossier.c.id == after.id).values(receipt=receipt))
    await timers.keep(tx, after.id, {ANSWER_DUE: None, HAND_OVER_DUE: terms.hand_over_due_at})
    fresh = terms.checked.fees[len(charged) :]
    await money.keep(tx, after.id, fresh)
    await money.write(tx, [money.paid_in(after, charge, by=by.name, now=tx.now) for charge in fresh if charge.paid])
    await keep_papers(tx, after, papers, replaced=True, names=[name for name, _ in terms.checked.papers])
    return Received(after.id, code, tx.now, terms.checked.appointment.at, receipt, after.version)


async def request_supplement(tx: Transaction, name: str, *, papers: tuple[str, ...], reason: str, by: Officer, version: int) -> Dossier:
    """Once, for all items at once; the supplement form follows from it."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.REQUEST_SUPPLEMENT)
    lapse = await submission_lapse(tx, before.offices.receiving, before.procedure.key)
    ends_at = lapse and lapse.ends_at
    after = replace(before, state=state, supplement_asked=papers, reason=reason, answer_due_at=None, supplement_ends_at=ends_at)
    line = JournalLine(Move.REQUEST_SUPPLEMENT, by.name, before.state, state, before.offices.receiving, "; ".join(papers))
    told = SubmissionSupplementRequested(papers=papers, reason=reason, ends_at=ends_at)
    saved = await tables.save_dossier(tx, before, after, line, told)
    await timers.keep(tx, saved.id, {ANSWER_DUE: None, SUBMISSION_LAPSED: lapse and lapse.proposed_at})
    return saved


async def supplement(tx: Transaction, name: str, papers: tuple[PaperReceived, ...], *, by: Officer, complete: bool = True) -> Dossier:
    """What was asked for has come, by desk, portal or post: it waits for the desk to look whether it is all."""
    before = await dossier_to_tell_of(tx, name, by=by)
    state = next_state(before, Move.SUPPLEMENT)
    names = tuple(str(paper.paper) for paper in papers)
    line = JournalLine(Move.SUPPLEMENT, by.name, before.state, state, before.offices.receiving, "; ".join(names))
    if before.code:
        after = replace(before, state=state, supplement_sent_at=tx.now if complete else before.supplement_sent_at)
        after = await tables.save_dossier(tx, before, after, line, SupplementReceived(papers=names, sent_at=tx.now))
    elif not complete:
        after = await tables.save_dossier(tx, before, before, replace(line, to_state=before.state))
    else:
        after = await _answerable_again(tx, before, replace(before, state=state), line, names)
    await keep_papers(tx, after, papers, replaced=False)
    return after


async def refuse(tx: Transaction, name: str, *, reason: str, by: Officer, version: int) -> Dossier:
    """The desk does not accept it, and says why; the refusal form follows from it."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.REFUSE)
    line = JournalLine(Move.REFUSE, by.name, before.state, state, before.offices.receiving, reason)
    return await _ended(tx, before, replace(before, state=state, reason=reason), line, SubmissionRefused(reason=reason))


async def lapse(tx: Transaction, name: str, *, reason: str, by: Officer, version: int) -> Dossier:
    """Nothing complete came in the time the office gives: the clock proposes the end, an officer decides it."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.LAPSE)
    line = JournalLine(Move.LAPSE, by.name, before.state, state, before.offices.receiving, reason)
    told = SubmissionRefused(reason=reason, ground=RefusalGround.LAPSED)
    return await _ended(tx, before, replace(before, state=state, reason=reason), line, told)


async def refer_elsewhere(tx: Transaction, name: str, *, competent: str, reason: str, by: Officer, version: int) -> Dossier:
    """None of the offices here is competent: it ends, and the applicant is told who is."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.REFER_ELSEWHERE)
    line = JournalLine(Move.REFER_ELSEWHERE, by.name, before.state, state, before.offices.receiving, f"{competent}: {reason}")
    told = SubmissionRefused(reason=reason, ground=RefusalGround.NOT_COMPETENT, competent=competent)
    return await _ended(tx, before, replace(before, state=state, reason=reason), line, told)


async def redirect(
    tx: Transaction, name: str, *, receiving: str | None, competent: str | None, reason: str, by: Officer, version: int
) -> Dossier:
    """It waits at the right office from now on, with the answer due when it was due before.

    Offices that stood where the receiving one did follow it. Raises NotFound, CompetentOfficeNeeded, InvalidInput.
    """
    known = (await tables.load_dossier(tx, name)).offices
    if not by.sees((known.receiving, known.returning)):
        await tx.once()  # who gave it away may only be asking for the first answer again
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.REDIRECT)
    entry = await catalogue_of(tx.runtime).entry(tx, before.procedure.key)
    here, to = before.offices, receiving or before.offices.receiving
    offices = Offices(
        receiving=to,
        competent=one_competent(before.procedure.key, entry.competent, competent or here.competent),
        supervising=to if here.supervising == here.receiving else here.supervising,
        returning=to if here.returning == here.receiving else here.returning,
    )
    await offices_of_today(tx, offices)
    if offices == here:
        raise InvalidInput("It is there already: name another receiving or competent office.")
    line = JournalLine(Move.REDIRECT, by.name, before.state, state, here.receiving, f"{to}, {offices.competent}: {reason}")
    event = SubmissionRedirected(from_office=here.receiving, offices=offices, reason=reason)
    return await tables.save_dossier(tx, before, replace(before, state=state, offices=offices), line, event)


async def withdraw(tx: Transaction, before: Dossier, *, reason: str | None, by: Officer) -> Dossier:
    """Before acceptance the applicant may always take it back."""
    state = next_state(before, Move.WITHDRAW)
    line = JournalLine(Move.WITHDRAW, by.name, before.state, state, before.offices.receiving, reason)
    return await _ended(tx, before, replace(before, state=state, reason=reason), line, SubmissionWithdrawn(reason=reason))


async def _ended(tx: Transaction, before: Dossier, after: Dossier, line: JournalLine, told: Event) -> Dossier:
    """Nothing is waited for any more."""
    after = replace(after, answer_due_at=None, supplement_ends_at=None, closing_proposed_at=None)
    saved = await tables.save_dossier(tx, before, after, line, told)
    await timers.keep(tx, saved.id, {ANSWER_DUE: None, SUBMISSION_LAPSED: None, FEE_UNPAID: None})
    return saved


async def _pushed_before(tx: Transaction, national_code: str) -> Dossier | None:
    # Two first pushes of one code at once: the second waits here for the first, and then finds it.
    await tx.run(text("select pg_advisory_xact_lock(hashtextextended(:code, 0))"), {"code": national_code})
    row = (await tx.run(select(tables.dossier).where(tables.dossier.c.national_code == national_code))).one_or_none()
    return tables.dossier_of(row) if row else None


async def _correct(tx: Transaction, before: Dossier, brought: Brought, by: Officer) -> Dossier:
    by.must_see(before.offices.all(), "submission")
    tx.about = before
    if brought.procedure != before.procedure.key:
        raise Conflict(f"{before.national_code} was pushed for {before.procedure.key}; another procedure needs a national code of its own.")
    if before.state is State.INTAKE_SUPPLEMENT:
        return await supplement_by_push(tx, before, brought, by)
    state = next_state(before, Move.CORRECT_SUBMISSION)
    charges = await money.load(tx, before.id)
    changed = await _quoted_anew(tx, before, brought.named, charges)
    after = replace(before, people=brought.people, result_wanted=brought.result_wanted, case=brought.named.case, level=brought.named.level)
    after = with_fees(after, put_back(charges, *changed))
    if after.fee_awaited == 0:
        after = replace(after, state=state)
    if after.state is not before.state:  # what was asked for has fallen away: it waits for the desk again
        after = replace(after, answer_due_at=await answer_due_at(tx, before.offices.receiving, before.procedure.key))
    line = JournalLine(Move.CORRECT_SUBMISSION, by.name, before.state, after.state, before.offices.receiving)
    event = SubmissionReceived(
        national_code=before.national_code,
        procedure=before.procedure,
        offices=before.offices,
        channel=before.channel,
        submitted_at=before.submitted_at or tx.now,
        people=after.people,
        fee_awaited=after.fee_awaited or None,
    )
    asked_again = awaited_of(put_back(charges, *changed)) if changed else ()
    asked = (SubmissionFeeRequested(fees=told(asked_again), requested_at=tx.now, reason=AFTER_CORRECTION),) if asked_again else ()
    saved = await tables.save_dossier(tx, before, after, line, event, *asked)
    await money.keep(tx, saved.id, changed)
    if after.state is not before.state:
        await timers.keep(tx, saved.id, {FEE_UNPAID: None, ANSWER_DUE: after.answer_due_at})
    await keep_papers(tx, saved, brought.papers, replaced=True)
    return saved


async def _quoted_anew(tx: Transaction, before: Dossier, named: Named, charges: Charges) -> Charges:
    """The lines that another case, for instance, changes or adds, once fees were asked for."""
    if before.state is not State.INTAKE_FEE:
        return ()
    entry = await catalogue_of(tx.runtime).entry(tx, before.procedure.key)
    fees, day = entry.procedure.fees, tx.now.astimezone(VIETNAM).date()
    was = owed(fees, channel=before.channel, case=before.case, on=day)
    is_now = owed(fees, channel=before.channel, case=named.case, applicant=named.applicant, facts=named.fee, on=day)
    return quoted_anew(charges, before=was, now=is_now)


async def supplement_by_push(tx: Transaction, before: Dossier, brought: Brought, by: Officer) -> Dossier:
    """The portal answers a supplement request by pushing the whole submission again."""
    state = next_state(before, Move.SUPPLEMENT)
    names = tuple(str(paper.paper) for paper in brought.papers)
    line = JournalLine(Move.SUPPLEMENT, by.name, before.state, state, before.offices.receiving, "; ".join(names))
    after = replace(before, state=state, people=brought.people, result_wanted=brought.result_wanted)
    after = await _answerable_again(tx, before, after, line, names)
    await keep_papers(tx, after, brought.papers, replaced=True)
    return after


async def _answerable_again(tx: Transaction, before: Dossier, after: Dossier, line: JournalLine, papers: tuple[str, ...]) -> Dossier:
    """Nothing is waited for but the desk's answer."""
    due_at = await answer_due_at(tx, before.offices.receiving, before.procedure.key)
    after = replace(after, answer_due_at=due_at, supplement_ends_at=None, closing_proposed_at=None)
    saved = await tables.save_dossier(tx, before, after, line, SubmissionSupplemented(papers=papers))
    await timers.keep(tx, saved.id, {ANSWER_DUE: due_at, SUBMISSION_LAPSED: None})
    return saved


# The same counter as in the statement of reception: one more for this prefix and day.
_NEXT_SERIAL = """
insert into intake.counter as counter (prefix, day, last) values (:prefix, :day, 1)
on conflict (prefix, day) do update set last = counter.last + 1 returning last
"""


async def _allot_code(tx: Transaction, prefix: str) -> str:
    day = tx.now.astimezone(VIETNAM).date()
    serial = (await tx.run(text(_NEXT_SERIAL), {"prefix": prefix, "day": day})).scalar_one()
    return str(DossierCode.make(prefix, day, serial))


async def keep_papers(
    tx: Transaction, dossier: Dossier, papers: Sequence[PaperReceived], *, replaced: bool, names: Sequence[str] | None = None
) -> None:
    paper = tables.paper
    if replaced:
        await tx.run(delete(paper).where(paper.c.dossier_id == dossier.id))
    highest = 0 if replaced else len((await tx.run(select(paper.c.number).where(paper.c.dossier_id == dossier.id))).all())
    if papers:
        rows = [
            {
                "dossier_id": dossier.id,
                "number": highest + place,
                "name": names[place - 1] if names else str(one.paper),
                "originals": one.originals,
                "copies": one.copies,
                "file": one.file,
                "received_at": tx.now,
            }
            for place, one in enumerate(papers, 1)
        ]
        await tx.run(insert(paper), rows)


async def _papers_of(tx: Transaction, dossier: Dossier) -> tuple[PaperReceived, ...]:
    paper = tables.paper
    rows = await tx.run(select(paper).where(paper.c.dossier_id == dossier.id).order_by(paper.c.number))
    return tuple(PaperReceived(int(row.name) if row.name.isdecimal() else row.name, row.originals, row.copies, row.file) for row in rows)

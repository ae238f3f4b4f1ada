"""What the desk does about facts told by the agency and the voice: its own copy of the dossier follows, and the journal grows."""

from dataclasses import replace

from services.intake import money, tables
from services.intake.commands import handing_over
from services.intake.commands.alarms import FEE_UNPAID, LAPSED
from services.intake.commands.fees import charged_by_agency, in_words
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from shared import timers
from shared.clock import VIETNAM
from shared.contracts.events import (
    AttendanceRequested,
    ChildCaseEnded,
    ChildCaseOpened,
    ChildCaseOverdue,
    ConsultationEvent,
    CorrectionOverdue,
    DeadlineAlarm,
    DecisionIssued,
    DossierAssigned,
    DossierCompleted,
    DossierResumed,
    DossierSuspended,
    DossierTakenUp,
    FeeRequested,
    FeeSettled,
    MessageEvent,
    MessageFailed,
    PapersHandedOver,
    PapersTakenOver,
    Reappointment,
    StepCompleted,
    StepPassedBack,
    SupplementRequested,
)
from shared.contracts.states import State
from shared.runtime import Transaction
from shared.wire import Envelope


async def agency_took_up(tx: Transaction, event: DossierTakenUp, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    await follow(tx, before, replace(before, state=next_state(before, Move.TAKE_UP)), event.officer, None, envelope)


async def agency_asked_for_more(tx: Transaction, event: SupplementRequested, envelope: Envelope) -> Dossier:
    """The desk has the baton until all is there; on the first working morning after the last day it may close the dossier."""
    before = await tables.load_dossier(tx, envelope.subject)
    after = replace(
        before,
        state=next_state(before, Move.RETURN_FOR_SUPPLEMENT),
        papers_awaited=event.papers,
        supplement_ends_at=event.ends_at,
        supplement_sent_at=None,
        closing_proposed_at=None,
    )
    saved = await follow(tx, before, after, envelope.source, "; ".join(event.papers), envelope)
    await timers.keep(tx, before.id, {LAPSED: event.lapses_at})
    return saved


async def agency_asked_for_a_fee(tx: Transaction, event: FeeRequested, envelope: Envelope) -> None:
    """People pay at the desk or online; after a period of grace they are reminded once."""
    before = await tables.load_dossier(tx, envelope.subject)
    after, fresh = await charged_by_agency(tx, before, event)
    await follow(tx, before, replace(after, state=next_state(before, Move.AWAIT_FEE)), envelope.source, in_words(fresh), envelope)
    await money.keep(tx, before.id, fresh)
    await timers.keep(tx, before.id, {FEE_UNPAID: event.remind_at})


async def agency_goes_on(tx: Transaction, event: FeeSettled, envelope: Envelope) -> None:
    """What it asked for is paid; the promise has moved if the clock stood."""
    before = await tables.load_dossier(tx, envelope.subject)
    after = replace(before, state=next_state(before, Move.SETTLE_FEE), appointment_at=event.appointment_at)
    await follow(tx, before, after, envelope.source, None, envelope)


async def agency_suspended(tx: Transaction, event: DossierSuspended, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    await follow(tx, before, replace(before, state=next_state(before, Move.SUSPEND)), envelope.source, event.ground, envelope)


async def agency_resumed(tx: Transaction, event: DossierResumed, envelope: Envelope) -> None:
    """The promise has moved with the clock."""
    before = await tables.load_dossier(tx, envelope.subject)
    state = next_state(before, Move.RESUME) if before.state is State.SUSPENDED else before.state
    after = replace(before, state=state, appointment_at=event.appointment_at)
    await follow(tx, before, after, envelope.source, None, envelope)


async def agency_promised_again(tx: Transaction, event: Reappointment, envelope: Envelope) -> None:
    """Another date, whether in time or with an apology; the receipt keeps the first."""
    before = await tables.load_dossier(tx, envelope.subject)
    await follow(tx, before, replace(before, appointment_at=event.appointment_at), event.signer, event.reason, envelope)


async def clock_spoke(tx: Transaction, event: DeadlineAlarm | CorrectionOverdue | ChildCaseOverdue, envelope: Envelope) -> None:
    await note(tx, envelope.source, event.due_at.astimezone(VIETNAM).isoformat(), envelope)


async def share_was_given(tx: Transaction, event: ChildCaseOpened, envelope: Envelope) -> None:
    """The desk can say which agencies work on it."""
    await note(tx, envelope.source, f"{event.number}. {event.office}: {event.work}", envelope)


async def share_ended(tx: Transaction, event: ChildCaseEnded, envelope: Envelope) -> None:
    await note(tx, envelope.source, f"{event.number}. {event.office} ({event.end})", envelope)


async def decision_was_issued(tx: Transaction, event: DecisionIssued, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    await follow(tx, before, replace(before, decision=event.decision), event.decision.signer, event.decision.number, envelope)


async def agency_completed(tx: Transaction, event: DossierCompleted, envelope: Envelope) -> None:
    """The baton is the desk's again."""
    before = await tables.load_dossier(tx, envelope.subject)
    after = replace(
        before,
        state=next_state(before, Move.COMPLETE),
        completed_at=event.completed_at,
        result=event.result,
        decision=event.decision or before.decision,
    )
    await follow(tx, before, after, envelope.source, event.result.outcome, envelope)


async def step_was_completed(tx: Transaction, event: StepCompleted, envelope: Envelope) -> None:
    await note(tx, event.officer, event.actor, envelope)


async def step_was_passed_back(tx: Transaction, event: StepPassedBack, envelope: Envelope) -> None:
    await note(tx, event.officer, event.to_actor, envelope)


async def opinion_was_asked(tx: Transaction, event: ConsultationEvent, envelope: Envelope) -> None:
    """Asked, answered or not answered in time: the head of the desk sees it here."""
    await note(tx, envelope.source, event.office, envelope)


async def people_were_asked_to_come(tx: Transaction, event: AttendanceRequested, envelope: Envelope) -> None:
    await note(tx, event.officer, f"{event.at.astimezone(VIETNAM):%H:%M %d/%m/%Y}, {event.place}", envelope)


async def case_was_assigned(tx: Transaction, event: DossierAssigned, envelope: Envelope) -> None:
    """The desk can say whom to ask."""
    await note(tx, event.by, f"{event.officer or event.office} ({event.how})", envelope)


async def papers_were_handed_over(tx: Transaction, event: PapersHandedOver, envelope: Envelope) -> None:
    await handing_over.left(tx, tables.dossier_id_of(envelope.subject), event)
    await note(tx, event.handed_over_by, event.to_office, envelope)


async def papers_were_taken_over(tx: Transaction, event: PapersTakenOver, envelope: Envelope) -> None:
    await handing_over.arrived(tx, tables.dossier_id_of(envelope.subject), event.office, event.taken_over_by)
    await note(tx, event.taken_over_by, event.office, envelope)


async def message_went_out(tx: Transaction, event: MessageEvent, envelope: Envelope) -> None:
    said = f"{event.channel}: {event.template}" + (f" ({event.reason})" if isinstance(event, MessageFailed) else "")
    await note(tx, envelope.source, said, envelope)


async def follow(tx: Transaction, before: Dossier, after: Dossier, by: str, said: str | None, envelope: Envelope) -> Dossier:
    line = JournalLine(_action(envelope), by, before.state, after.state, None, said, envelope.source, envelope.id)
    return await tables.save_dossier(tx, before, after, line)


async def note(tx: Transaction, by: str, said: str | None, envelope: Envelope) -> None:
    """A fact that changes nothing of the dossier itself: a line, and no new version."""
    line = JournalLine(_action(envelope), by, None, None, None, said, envelope.source, envelope.id)
    await tables.add_line(tx, tables.dossier_id_of(envelope.subject), line)


def _action(envelope: Envelope) -> str:
    """`vn.motcua.dossier.taken_up.v1` -> `dossier.taken_up`."""
    return envelope.type.removeprefix("vn.motcua.").removesuffix(".v1")

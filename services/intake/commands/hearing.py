"""What the desk does about facts told by the agency and the voice: its own copy of the dossier follows, and the journal grows."""

from dataclasses import replace

from services.intake import tables
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from shared.contracts.events import (
    DecisionIssued,
    DossierCompleted,
    DossierTakenUp,
    MessageEvent,
    MessageFailed,
    PapersHandedOver,
    PapersTakenOver,
    StepCompleted,
)
from shared.runtime import Transaction
from shared.wire import Envelope


async def agency_took_up(tx: Transaction, event: DossierTakenUp, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    await _follow(tx, before, replace(before, state=next_state(before, Move.TAKE_UP)), event.officer, None, envelope)


async def decision_was_issued(tx: Transaction, event: DecisionIssued, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    await _follow(tx, before, replace(before, decision=event.decision), event.decision.signer, event.decision.number, envelope)


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
    await _follow(tx, before, after, envelope.source, event.result.outcome, envelope)


async def step_was_completed(tx: Transaction, event: StepCompleted, envelope: Envelope) -> None:
    await _note(tx, event.officer, event.actor, envelope)


async def papers_were_handed_over(tx: Transaction, event: PapersHandedOver, envelope: Envelope) -> None:
    await _note(tx, event.handed_over_by, event.to_office, envelope)


async def papers_were_taken_over(tx: Transaction, event: PapersTakenOver, envelope: Envelope) -> None:
    await _note(tx, event.taken_over_by, event.office, envelope)


async def message_went_out(tx: Transaction, event: MessageEvent, envelope: Envelope) -> None:
    note = f"{event.channel}: {event.template}" + (f" ({event.reason})" if isinstance(event, MessageFailed) else "")
    await _note(tx, envelope.source, note, envelope)


async def _follow(tx: Transaction, before: Dossier, after: Dossier, by: str, note: str | None, envelope: Envelope) -> None:
    line = JournalLine(_action(envelope), by, before.state, after.state, None, note, envelope.source, envelope.id)
    await tables.save_dossier(tx, before, after, line)


async def _note(tx: Transaction, by: str, note: str | None, envelope: Envelope) -> None:
    """A fact that changes nothing of the dossier itself: a line, and no new version."""
    line = JournalLine(_action(envelope), by, None, None, None, note, envelope.source, envelope.id)
    await tables.add_line(tx, tables.dossier_id_of(envelope.subject), line)


def _action(envelope: Envelope) -> str:
    """`vn.motcua.dossier.taken_up.v1` -> `dossier.taken_up`."""
    return envelope.type.removeprefix("vn.motcua.").removesuffix(".v1")

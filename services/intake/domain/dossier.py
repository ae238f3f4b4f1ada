"""A dossier as the desk sees it: one frozen value for its whole life, from submission to returned result."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.events import CorrectionKind, ProcedureRef, Result, SignedDecision
from shared.contracts.people import Channel, Offices, Person, ReturnWay, ReturnWish
from shared.contracts.states import State
from shared.contracts.time import PLAIN_TERMS, TimeTerms


class Correction(BaseModel):
    """The result is made once more: the last time that was asked for, and how far it is."""

    model_config = ConfigDict(frozen=True)

    number: int
    kind: CorrectionKind
    asked_at: AwareDatetime
    done_at: AwareDatetime | None = None
    declined_at: AwareDatetime | None = None
    returned_at: AwareDatetime | None = None


@dataclass(frozen=True)
class Dossier:
    """Before it has a code it is a submission: the same thing, the same id. `version` counts changes, `told` our events about it."""

    id: UUID
    version: int
    told: int
    state: State
    procedure: ProcedureRef
    offices: Offices
    channel: Channel
    people: tuple[Person, ...]
    result_wanted: ReturnWish
    lookup_secret: str
    created_at: datetime
    code: str | None = None
    national_code: str | None = None
    case: str | None = None
    level: str | None = None
    process: int | None = None
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    appointment_at: datetime | None = None
    first_appointment_at: datetime | None = None
    """What the receipt says; never overwritten."""
    appointment_reason: str | None = None
    time_terms: TimeTerms = PLAIN_TERMS
    limit_text: str | None = None
    calendar_version: UUID | None = None
    received_by: str | None = None
    on_the_spot: bool = False
    supplement_asked: tuple[str, ...] = ()
    papers_awaited: tuple[str, ...] = ()
    """What the agency asked for after acceptance; kept with its dates when it has come, as a repair may lead back here."""
    supplement_ends_at: datetime | None = None
    """24:00 of the last day for it."""
    supplement_sent_at: datetime | None = None
    closing_proposed_at: datetime | None = None
    """Since when the desk may close it, as nothing complete has come."""
    answer_due_at: datetime | None = None
    """Until when the desk should have answered a submission."""
    fee_owed: int = 0
    """Of all its lines, in đồng."""
    fee_net: int = 0
    """Paid and not given back."""
    fee_unstated: int = 0
    """Lines whose sum the desk has yet to state."""
    fee_awaited: int = 0
    """What it waits for, before acceptance or because the agency asked for it."""
    fee_asked_at: datetime | None = None
    withdrawal_asked_at: datetime | None = None
    """The applicant wants it back; the agency, which has it in hand, has not answered yet."""
    adjustment_asked: str | None = None
    """What the applicant wants changed; nobody has answered yet."""
    reminded_at: datetime | None = None
    """When the desk last asked the agency how it stands."""
    annulment_asked_at: datetime | None = None
    """Since when the agency's answer is waited for."""
    annulment_declined_at: datetime | None = None
    looked_at: datetime | None = None
    """When it was read: some moves are possible for a day only. Not written down."""
    reason: str | None = None
    decision: SignedDecision | None = None
    result: Result | None = None
    completed_at: datetime | None = None
    result_at_desk_at: datetime | None = None
    delivered_online_at: datetime | None = None
    returned_at: datetime | None = None
    returned_by: ReturnWay | None = None
    correction: Correction | None = None

    @property
    def is_being_corrected(self) -> bool:
        """What lies here is not what is to be handed out."""
        return self.correction is not None and not (self.correction.done_at or self.correction.declined_at)

    @property
    def corrected_is_owed(self) -> bool:
        """The result was made once more and has not reached people yet."""
        return self.correction is not None and self.correction.done_at is not None and self.correction.returned_at is None

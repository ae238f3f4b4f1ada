"""What reception decides before anything is written: which limit and process hold, what is missing, when the result is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.intake.domain.appointment import Appointment, appointment
from services.intake.domain.catalogue import ProcedureVersion
from services.intake.domain.charges import Charges, ChargeState, Stated, frozen, to_state_first
from services.intake.domain.choices import Named, NoComputableLimit, PlainDay, choose_limit, choose_process, required_papers
from services.intake.domain.completeness import MissingPaper, PaperBrought, missing_papers
from services.intake.domain.fees import FeesOwed, owed
from shared.clock import VIETNAM
from shared.contracts.people import Channel, Offices, Person, ReturnWish
from shared.contracts.time import PLAIN_TERMS, TimeTerms
from shared.errors import InvalidInput, NotPermitted, NotUnderstood
from shared.working_time import Calendar, OfficeHours


class NoCompetentOffice(NotUnderstood):
    """No office is bound to this procedure as the one that decides; an administrator must bind one first."""


class CompetentOfficeNeeded(NotUnderstood):
    """Several offices decide this procedure: name one as competent_office."""


class ProcedureNotOpen(NotUnderstood):
    """This version of the procedure is not in force on the day of reception."""


class PapersMissing(NotUnderstood):
    """Required papers are missing. Receive the dossier when it is complete, or record the visit as a submission."""


class FeesNotPaid(NotUnderstood):
    """On the spot nothing is handed over before its fees are paid."""


@dataclass(frozen=True)
class PaperReceived:
    """A paper as it was taken in. `paper` is its number in the published list or its name; `file` a reference to its scan."""

    paper: int | str
    originals: int = 0
    copies: int = 0
    file: str | None = None


@dataclass(frozen=True)
class Brought:
    """What lies on the desk: who asks for what, with which papers and fees, and how the result is wanted."""

    procedure: str
    named: Named
    offices: Offices
    people: tuple[Person, ...]
    result_wanted: ReturnWish
    papers: tuple[PaperReceived, ...] = ()
    applicable_papers: tuple[int | str, ...] = ()
    override: str | None = None
    """Why the dossier is received although papers seem to be missing: paper and data conflict, the paper counts."""
    fees: tuple[Stated, ...] = ()
    charged: Charges = ()
    """What it was charged before acceptance."""
    appointment_at: datetime | None = None
    appointment_reason: str | None = None

    @property
    def channel(self) -> Channel:
        return self.named.channel


@dataclass(frozen=True)
class Checked:
    """Reception may go ahead on these terms."""

    appointment: Appointment
    process: int | None
    fees: Charges
    fees_to_state: list[dict[str, object]]
    papers: tuple[tuple[str, PaperReceived], ...]
    """Each with its published name, or the officer's own."""


AT_ONCE: Final = "Giải quyết ngay tại Bộ phận Một cửa"


def check(
    brought: Brought,
    version: ProcedureVersion,
    *,
    plain_day: PlainDay,
    policies: TimeTerms = PLAIN_TERMS,
    accepted_at: datetime,
    calendar: Calendar,
    hours: OfficeHours,
    at_once: bool = False,
) -> Checked:
    """Raises PapersMissing by name, ChoiceNeeded with the choices, AppointmentNeeded where no limit can be computed.

    Who is served `at_once` needs no appointment: where none can be computed, it is now.
    """
    limits = choose_limit(version, brought.named, plain_day=plain_day)
    process = choose_process(version, brought.named)
    if (missing := missing_of(brought, version)) and not brought.override:
        raise PapersMissing(
            "Still missing: " + "; ".join(in_words(paper) for paper in missing),
            missing=[
                {"number": paper.number, "name": paper.name, "originals": paper.originals, "copies": paper.copies} for paper in missing
            ],
            instead={
                "method": "POST",
                "href": "/v1/submissions",
                "why": "records the visit as a submission; a supplement form or a refusal follows",
            },
        )
    by_hand, reason = brought.appointment_at, brought.appointment_reason
    if at_once and by_hand is None and isinstance(limits, NoComputableLimit):
        by_hand, reason = accepted_at, AT_ONCE
    quoted = fees_of(brought, version, accepted_at)
    fees = frozen(quoted, brought.fees, before=brought.charged)
    return Checked(
        appointment=appointment(accepted_at, limits, calendar=calendar, hours=hours, policies=policies, by_hand=by_hand, reason=reason),
        process=version.processes.index(process) if process else None,
        fees=fees,
        fees_to_state=to_state_first(fees, quoted),
        papers=tuple((_name_of(paper, version), paper) for paper in brought.papers),
    )


def missing_of(brought: Brought, version: ProcedureVersion) -> tuple[MissingPaper, ...]:
    given = [PaperBrought(paper.paper, paper.originals, paper.copies, electronic=paper.file is not None) for paper in brought.papers]
    return missing_papers(required_papers(version, brought.named), given, applicable=brought.applicable_papers)


def fees_of(brought: Brought, version: ProcedureVersion, at: datetime) -> FeesOwed:
    named = brought.named
    return owed(
        version.fees, channel=brought.channel, case=named.case, applicant=named.applicant, facts=named.fee, on=at.astimezone(VIETNAM).date()
    )


def must_be_payable_on_the_spot(checked: Checked) -> None:
    """Raises FeesNotPaid."""
    if unpaid := [fee.name for fee in checked.fees if fee.state in (ChargeState.OWED, ChargeState.TO_STATE)]:
        raise FeesNotPaid("Not paid yet: " + ", ".join(unpaid) + ".", to_state=checked.fees_to_state)


def may_resolve_on_the_spot(version: ProcedureVersion, named: Named, *, mandate: bool) -> None:
    """Immediate and same-day procedures may be resolved at the desk; others only by an officer with a mandate. Raises NotPermitted."""
    limits = choose_limit(version, named)
    kinds = {limit.kind for limit in (limits.published if isinstance(limits, NoComputableLimit) else [one.published for one in limits])}
    if not mandate and not (kinds and kinds <= {"immediate", "same_day"}):
        raise NotPermitted("Only immediate and same-day procedures are resolved on the spot, unless you hold a decision mandate.")


def one_competent(key: str, competent: Sequence[str], wanted: str | None) -> str:
    """The office that decides. Raises NoCompetentOffice or CompetentOfficeNeeded."""
    if not competent:
        raise NoCompetentOffice(f"No office decides {key} yet: PUT /v1/offices/{{code}}/procedures/{key} binds one.")
    if wanted is None and len(competent) > 1:
        raise CompetentOfficeNeeded("Name the office that decides.", field="competent_office", choices=list(competent))
    if wanted is not None and wanted not in competent:
        raise CompetentOfficeNeeded(f"{wanted} does not decide {key}.", field="competent_office", choices=list(competent))
    return wanted or competent[0]


def must_list_papers(brought: Brought, version: ProcedureVersion) -> None:
    """Where no list is published, the officer lists what was received. Raises InvalidInput."""
    if not version.papers and not brought.papers:
        raise InvalidInput("No list of papers is published for this procedure: list in `papers` what was received, each with its name.")


def in_words(paper: MissingPaper) -> str:
    wanted = [f"{paper.originals} bản chính" if paper.originals else "", f"{paper.copies} bản sao" if paper.copies else ""]
    counts = ", ".join(word for word in wanted if word)
    return f"{paper.name} ({counts})" if counts else paper.name


def _name_of(paper: PaperReceived, version: ProcedureVersion) -> str:
    if isinstance(paper.paper, str):
        return paper.paper
    if not 1 <= paper.paper <= len(version.papers):
        raise InvalidInput(f"The published list has no paper number {paper.paper}; it has {len(version.papers)}.")
    return version.papers[paper.paper - 1].name

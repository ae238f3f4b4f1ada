"""The words that texts are filled with: what each fact and its dossier are called in Vietnamese."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from string import Formatter
from typing import Final

from services.notifications.domain.subject import Subject
from shared.clock import VIETNAM
from shared.contracts.events import (
    AttendanceRequested,
    DossierRepaired,
    DossierSuspended,
    Event,
    FeeSum,
    FeeUnpaid,
    Outcome,
    Reappointment,
    SubmissionSupplementRequested,
    SupplementRequested,
)
from shared.contracts.people import ReturnWay
from shared.contracts.states import STATES

DESK: Final = "Bộ phận Một cửa"

OUTCOMES: Final[dict[Outcome, str]] = {
    Outcome.GRANTED: "đã được giải quyết",
    Outcome.PARTLY: "đã được giải quyết một phần",
    Outcome.REFUSED: "không được giải quyết theo đề nghị (bị từ chối)",
}

FORMS: Final[dict[ReturnWay, str]] = {
    ReturnWay.DESK: "bản giấy trao tại nơi trả kết quả",
    ReturnWay.ONLINE: "bản điện tử",
    ReturnWay.POST: "bản giấy gửi qua bưu chính",
}

SHORT_PAPERS: Final = 90
SHORT_DESK: Final = 60
SHORT_PLACE: Final = 110

Words = Mapping[str, str | None]


def words_for(event: Event, subject: Subject, offices: Mapping[str, str]) -> Words:
    """Everything a text may name. What is not known is None, and the line that names it is left out."""
    desk = offices.get(subject.offices.returning if subject.code else subject.offices.receiving, DESK)
    papers: Sequence[str] = getattr(event, "papers", ())
    return {
        "dossier": _name(subject),
        "code": subject.code,
        "procedure": subject.procedure,
        "desk": desk,
        "short_desk": shorten(desk, SHORT_DESK),
        "accepted": subject.accepted_at and instant_in_words(subject.accepted_at),
        "appointment": subject.appointment_at and instant_in_words(subject.appointment_at),
        "way": return_in_words(subject.return_way, desk),
        "short_way": return_in_words(subject.return_way, shorten(desk, SHORT_DESK)),
        "secret": subject.lookup_secret,
        "paper_list": "\n".join(f"{number}. {paper}" for number, paper in enumerate(papers, 1)) or None,
        "paper_count": str(len(papers)) if papers else None,
        "short_papers": shorten("; ".join(papers), SHORT_PAPERS) if papers else None,
        **_of_the_event(event),
    }


def _of_the_event(event: Event) -> dict[str, str | None]:
    result, way = getattr(event, "result", None), getattr(event, "way", None)
    return {
        "reason": getattr(event, "reason", None) or None,
        "ground": getattr(event, "ground", None),
        "paused_by": getattr(event, "paused_by", None),
        "receipt_number": getattr(event, "receipt_number", None),
        **_money(event),
        "until": f"{event.until:%d/%m/%Y}" if isinstance(event, DossierSuspended) else None,
        "last_day": _last_day(event),
        "earlier_appointment": instant_in_words(event.earlier_appointment_at) if isinstance(event, Reappointment) else None,
        "outcome": OUTCOMES[result.outcome] if result else None,
        "reasons": (result.reasons or None) if result else None,
        "document_number": result.document_number if result else None,
        "form": FORMS[way] if way else None,
        "tracking_number": getattr(event, "tracking_number", None),
        "place": getattr(event, "place", None),
        "short_place": shorten(event.place, SHORT_PLACE) if isinstance(event, AttendanceRequested) else None,
        "meeting": instant_in_words(event.at) if isinstance(event, AttendanceRequested) else None,
        "purpose": getattr(event, "purpose", None),
        "state_label": STATES[event.to_state].label if isinstance(event, DossierRepaired) else None,
        "instead": getattr(event, "instead", None),
        **_elsewhere(getattr(event, "competent", None)),
    }


def _money(event: Event) -> dict[str, str | None]:
    fees: Sequence[FeeSum] = getattr(event, "fees", ())
    total = event.still_awaited if isinstance(event, FeeUnpaid) else sum(fee.amount for fee in fees)
    amount = getattr(event, "amount", None)
    return {
        "fee_list": "\n".join(f"{number}. {fee.name}: {dong(fee.amount)}" for number, fee in enumerate(fees, 1)) or None,
        "fee_total": dong(total) if fees or total else None,
        "paid_total": dong(amount) if amount is not None else None,
    }


def dong(amount: int) -> str:
    """1.500.000 đồng"""
    return f"{amount:,} đồng".replace(",", ".")


def _last_day(event: Event) -> str | None:
    """Of a period that ends at 24:00, the day it ends with."""
    if not isinstance(event, SupplementRequested | SubmissionSupplementRequested) or event.ends_at is None:
        return None
    return f"{event.ends_at.astimezone(VIETNAM) - timedelta(minutes=1):%d/%m/%Y}"


def _elsewhere(competent: str | None) -> dict[str, str | None]:
    """Who is competent where none of ours is."""
    return {"competent": competent, "short_competent": competent and shorten(competent, SHORT_DESK)}


def _name(subject: Subject) -> str:
    """By its code; before it has one, by the portal's; else by the day it was submitted."""
    if code := subject.code or subject.national_code:
        return code
    return f"nộp ngày {subject.submitted_at.astimezone(VIETNAM):%d/%m/%Y}" if subject.submitted_at else "của Ông/Bà"


def instant_in_words(instant: datetime) -> str:
    """09 giờ 30 ngày 12/03/2026"""
    return f"{instant.astimezone(VIETNAM):%H giờ %M ngày %d/%m/%Y}"


def return_in_words(way: ReturnWay, desk: str) -> str:
    return {ReturnWay.DESK: f"tại {desk}", ReturnWay.ONLINE: "trực tuyến", ReturnWay.POST: "qua bưu chính"}[way]


def shorten(text: str, length: int) -> str:
    """At most `length` letters, cut between words."""
    if len(text) <= length:
        return text
    return text[: length - 3].rsplit(" ", 1)[0].rstrip(" ;,.") + "..."


def filled(lines: str, words: Words) -> str:
    """The text with its words. A line that names what is not known is left out; a name that nobody knows is a KeyError."""
    kept = [line.format_map(words) for line in lines.strip().splitlines() if all(words[name] for name in _named(line))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _named(line: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(line) if name]

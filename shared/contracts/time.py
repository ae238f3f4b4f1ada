"""The terms of time a dossier is received on: fixed at acceptance, so that every later count starts from the same promise."""

from datetime import time, timedelta
from decimal import Decimal
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from shared.working_time import DueClock, StopPolicy, TimeLimit, Unit

ANSWER_HOURS: Final = 8
SUPPLEMENT_DAYS: Final = 15
"""Calendar days a citizen has to complete a dossier, the day of the notice not counted. Source: law.SUPPLEMENT_WITHIN."""
FEE_REMINDER_DAYS: Final = 15


class CountedLimit(BaseModel):
    """A limit as it is counted; several follow one another, each from its own start event."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    amount: Decimal | None = None
    unit: Unit
    cutoff: time | None = None
    """Of `same_day`: until when a dossier is still done today."""
    stage: str | None = None
    text: str = ""

    def value(self) -> TimeLimit:
        return TimeLimit(self.amount, self.unit, self.cutoff)


class TimeTerms(BaseModel):
    """How the time of a dossier is counted. No limits: the appointment was set by hand, with its reason."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    limits: tuple[CountedLimit, ...] = ()
    due_clock: DueClock = DueClock.SAME_CLOCK
    cutoff: time | None = None
    supplement: StopPolicy = StopPolicy.RESTART
    """What a supplement does to the clock. Source: law.RESTART_AFTER_SUPPLEMENT, law.PAUSE_BY_PROCEDURE."""
    supplement_days: int = Field(default=SUPPLEMENT_DAYS, ge=1, le=365)
    submission_days: int | None = Field(default=None, ge=1, le=365)
    """The same before acceptance; None: as many days as after it."""
    fee_pauses: str | None = Field(default=None, max_length=1000)
    """The law of the sector by which the clock stands while a fee asked for during processing is owed; None: it runs on."""
    fee_reminder_days: int | None = Field(default=None, ge=1, le=365)
    """After so many days people are reminded, once, of a fee that is still owed; None: 15. Source: law.FEE_REMINDER."""
    due_soon_share: Decimal = Field(default=Decimal("0.25"), gt=0, lt=1)
    """When so much of the time is left, the case is due soon."""
    due_soon_hours: int | None = Field(default=None, ge=1, le=2000)
    """Or when so many working hours are left."""
    deemed_consent: str | None = Field(default=None, min_length=1, max_length=1000)
    """The sentence of the procedure's own text by which the silence of a consulted office is consent. Source: law.DEEMED_CONSENT."""
    answer_hours: int = Field(default=ANSWER_HOURS, ge=1, le=2000)
    """Working hours within which a submission is answered. Source: law.ANSWER_WITHIN_8_HOURS."""

    @property
    def fee_reminder_after(self) -> timedelta:
        return timedelta(days=self.fee_reminder_days or FEE_REMINDER_DAYS)


PLAIN_TERMS: Final = TimeTerms()
"""What holds where nobody said otherwise."""

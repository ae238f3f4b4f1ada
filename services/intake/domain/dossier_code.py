"""The code printed on the receipt: make it, read it. Who gives out the serial numbers is not its business."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.errors import NotUnderstood

LEAST_DIGITS: Final = 4
NEW_PREFIX: Final = r"[A-Y]\d{2}(?:\.[A-Z0-9]{1,4}){0,4}"  # MX1X2.Y1Y2Y3.Z1Z2
OLD_PREFIX: Final = r"\d{3}\.\d{2}\.\d{2}\.[A-Y]\d{2}"  # V1V2V3.Z1Z2.Y1Y2.MX1X2, until TT 03/2025
CODE: Final = re.compile(rf"(?P<prefix>{NEW_PREFIX}|{OLD_PREFIX})-(?P<day>\d{{6}})-(?P<digits>\d{{{LEAST_DIGITS},}})", re.ASCII)
PREFIX: Final = re.compile(rf"{NEW_PREFIX}|{OLD_PREFIX}", re.ASCII)


class DossierCodeWrong(NotUnderstood):
    """This is no dossier code."""


@dataclass(frozen=True, slots=True)
class DossierCode:
    """Agency, day of receipt and running number of that day. `owner`: two digits of a nationally centralised system's owner.

    Serial numbers may have gaps. Source: domain 1.12 ([118] art 28; TT 03/2025 art 13.3).
    """

    prefix: str
    received_on: date
    serial: int
    owner: str | None = None
    digits: int = LEAST_DIGITS
    """With how many digits the serial is printed at least; other systems pad to more than four."""

    def __post_init__(self) -> None:
        if not PREFIX.fullmatch(self.prefix):
            raise DossierCodeWrong(f"A dossier code begins with the identification code of an agency, like H14.012, not {self.prefix!r}.")
        if self.owner is not None and (not re.fullmatch(r"[0-9]{2}", self.owner) or self.is_old_form):
            raise DossierCodeWrong(f"The owner of a centralised system is two digits of the new form, not {self.owner!r}.")
        if self.serial < 0 or not 2000 <= self.received_on.year <= 2099:
            raise DossierCodeWrong(f"A dossier code cannot say the number {self.serial} of {self.received_on}.")

    @classmethod
    def make(cls, prefix: str, received_on: date, serial: int, *, owner: str | None = None) -> "DossierCode":
        """The code of the `serial`-th dossier of an agency on a day (in Viet Nam); serials begin at 1."""
        if serial < 1:
            raise DossierCodeWrong(f"The dossiers of a day are numbered from 1, not {serial}.")
        return cls(prefix, received_on, serial, owner)

    @classmethod
    def read(cls, text: str, *, centralised: bool = False) -> "DossierCode":
        """Read a code of either form. Raises DossierCodeWrong.

        Only who knows that a system is `centralised` can tell its two owner digits from a long serial number; they are
        printed alike.
        """
        found = CODE.fullmatch(text.strip())
        if not found:
            raise DossierCodeWrong(f"{text.strip()[:60]!r} is not a dossier code like H14.012-260309-0001.")
        owner, digits = ("", found["digits"]) if not centralised else (found["digits"][:2], found["digits"][2:])
        if len(digits) < LEAST_DIGITS:
            raise DossierCodeWrong(f"{text.strip()[:60]!r} has too few digits for a centralised system.")
        padded = len(digits) if digits.startswith("0") else LEAST_DIGITS
        return cls(found["prefix"], _day(found["day"]), int(digits), owner or None, padded)

    @property
    def agency(self) -> str:
        """The identification code of the competent agency."""
        return self.prefix

    @property
    def is_old_form(self) -> bool:
        """Written under TT 01/2018: the locality stands at the end."""
        return self.prefix[0].isdigit()

    def __str__(self) -> str:
        return f"{self.prefix}-{self.received_on:%y%m%d}-{self.owner or ''}{self.serial:0{self.digits}d}"


def _day(yymmdd: str) -> date:
    try:
        return date(2000 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:]))
    except ValueError as error:
        raise DossierCodeWrong(f"{yymmdd} in a dossier code is no date (YYMMDD).") from error

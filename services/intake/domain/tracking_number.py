"""The number on a postal item: UPU S10, thirteen characters with a check digit."""

import re
from typing import Final

from shared.errors import NotUnderstood

S10: Final = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)


class TrackingNumberWrong(NotUnderstood):
    """This is no tracking number of a postal item."""


def check_digit(serial: str) -> int:
    """The ninth digit of eight. 11 minus the weighted sum modulo 11, where 10 becomes 0 and 11 becomes 5."""
    if not re.fullmatch(r"[0-9]{8}", serial):
        raise TrackingNumberWrong(f"The serial number has eight digits, not {serial!r}.")
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def is_s10(number: str) -> bool:
    """Whether it is a whole S10 number with the right check digit. Carriers use others as well: this is no refusal."""
    return bool(S10.fullmatch(number)) and check_digit(number[2:10]) == int(number[10])


def make_s10(service: str, serial: int, country: str = "VN") -> str:
    """Service indicator (two letters), serial number, check digit, ISO country."""
    digits = f"{serial:08d}"
    number = f"{service}{digits}{check_digit(digits)}{country}"
    if not S10.fullmatch(number):
        raise TrackingNumberWrong(f"{number!r} is not two letters, nine digits and a country.")
    return number

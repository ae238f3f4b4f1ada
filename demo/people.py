"""Invented people: names that nobody bears, numbers nobody was given, mailboxes that cannot exist."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final

FAMILY: Final = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Nông", "Lò", "Hồ", "Dương")
MIDDLE: Final = ("Thị", "Văn", "Đức", "Minh", "Ngọc", "Thanh")
GIVEN: Final = ("Ví Dụ", "Mẫu", "Thử Nghiệm", "Minh Họa", "Tưởng Tượng", "Không Thật", "Diễn Tập", "Giả Định", "Hư Cấu", "Thí Điểm")
PLACES: Final = ("Tổ 1, phường Ví Dụ", "Thôn Thử, xã Minh Họa", "Số 7, đường Tưởng Tượng, phường Mẫu", "Bản Diễn Tập, xã Giả Định")
PREFIXES: Final = ("090", "091", "093", "096", "097", "098")
COMPANIES: Final = ("Công ty TNHH Ví Dụ", "Công ty cổ phần Minh Họa", "Hợp tác xã Tưởng Tượng", "Doanh nghiệp tư nhân Thử Nghiệm")


@dataclass(frozen=True)
class Invented:
    """A person as the desk writes them down."""

    name: str
    kind: str
    identity_number: str
    phone: str
    email: str | None
    address: str

    def body(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


def person(chance: Random, number: int) -> Invented:
    """Number `number` of the play: nobody has the phone of somebody else."""
    company = chance.random() < 0.15
    name = f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}"
    return Invented(
        name=f"{chance.choice(COMPANIES)} số {number}" if company else name,
        kind="enterprise" if company else "citizen",
        # No province has the code 000.
        identity_number=f"000{chance.randrange(4)}{number:08}",
        phone=_phone(chance, number),
        email=f"nguoi-{number}@example.org" if chance.random() < 0.35 else None,
        address=chance.choice(PLACES),
    )


def _phone(chance: Random, number: int) -> str:
    """Never ending in 000: those are the numbers that the simulated gateway says do not exist."""
    return f"{chance.choice(PREFIXES)}{number:04}{chance.randrange(1, 1000):03}"


OFFICERS: Final[dict[str, str]] = {
    "desk_officer": "Đinh Thị Tiếp Nhận",
    "case_officer": "Lương Văn Thụ Lý",
    "leader": "Trịnh Thị Lãnh Đạo",
    "supervisor": "Mai Văn Giám Sát",
    "administrator": "Tô Thị Quản Trị",
    "portal": "Cổng dịch vụ công",
}

"""An invented province, as large as one likes, from a seed: offices, procedures, people and their dossiers, filled in with COPY.

Nobody in it exists: identity numbers begin with a province code that none has, names are drawn from the common ones as often as they
are borne. The dossiers of two years; communes were merged in the middle of it, so that old offices have only old dossiers.
"""

import io
import json
from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from itertools import accumulate, islice
from random import Random
from typing import Final, Generic, TypeVar
from uuid import UUID

import asyncpg

from services.intake.domain.findable import terms_of
from shared.clock import VIETNAM
from shared.contracts.people import Person

ROOT: Final = "H98"
DESK: Final = f"{ROOT}.001"
DEPARTMENTS: Final = tuple(f"{ROOT}.{number:03}" for number in range(10, 28))
COMMUNES: Final = tuple(f"{ROOT}.31.{number:03}" for number in range(1, 131))
MERGED: Final = tuple(f"{ROOT}.30.{number:03}" for number in range(1, 301))
MERGED_ON: Final = date(2025, 7, 1)
BEGINS: Final = datetime(2024, 3, 11, 7, 0, tzinfo=VIETNAM)
ENDS: Final = datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM)
PROCEDURES: Final = 300

Thing = TypeVar("Thing")


class Drawn(Generic[Thing]):
    """Things drawn as often as they are said to occur."""

    def __init__(self, shares: Sequence[tuple[Thing, float]]) -> None:
        self.things = [thing for thing, _ in shares]
        self.until = list(accumulate(share for _, share in shares))

    def by(self, chance: Random) -> Thing:
        return self.things[bisect(self.until, chance.random() * self.until[-1])]


def _ranked(things: Sequence[Thing], steepness: float = 0.8) -> Drawn[Thing]:
    """The first the most frequent, the others less and less (Zipf)."""
    return Drawn([(thing, 1 / (rank**steepness)) for rank, thing in enumerate(things, 1)])


def _listed(text: str, parted_by: str = " ") -> tuple[str, ...]:
    return tuple(text.split(parted_by))


FAMILY: Final = Drawn(
    [
        *(("Nguyễn", 32.0), ("Trần", 11), ("Lê", 9), ("Phạm", 7), ("Hoàng", 4), ("Huỳnh", 2), ("Phan", 4.5), ("Vũ", 2.5), ("Võ", 2)),
        *(("Đặng", 2.1), ("Bùi", 2), ("Đỗ", 1.4), ("Hồ", 1.3), ("Ngô", 1.3), ("Dương", 1), ("Lý", 0.6), ("Nông", 0.8), ("Lò", 0.6)),
        *(("Lương", 0.8), ("Đinh", 0.9), ("Mai", 0.7), ("Trịnh", 0.8), ("Đoàn", 0.8), ("Hà", 0.8), ("Cao", 0.7), ("Lâm", 0.6), ("Tạ", 0.5)),
        *(("Phùng", 0.5), ("Thái", 0.4), ("Quách", 0.3), ("Ma", 0.3), ("Sùng", 0.2), ("Giàng", 0.2), ("Vàng", 0.2), ("Thào", 0.2)),
        *(("Triệu", 0.4), ("Chu", 0.4), ("Tô", 0.4), ("Đào", 0.5), ("Kiều", 0.2), ("Nghiêm", 0.2), ("Khuất", 0.1), ("Ung", 0.05)),
    ]
)
MIDDLES: Final = {
    "men": _ranked(
        _listed("Văn Đức Minh Hữu Quang Đình Xuân Ngọc Thanh Công Bá Duy Gia Hoàng Anh Trọng Tuấn Việt Quốc Thế Khắc Tiến"), 1.2
    ),
    "women": _ranked(_listed("Thị Ngọc Thu Thanh Minh Kim Phương Hồng Thùy Mai Bích Quỳnh Hải Diệu Khánh Bảo Như Tuyết Ánh Cẩm"), 1.6),
}
GIVEN: Final = {
    "men": _ranked(
        _listed(
            "Hùng Tuấn Dũng Cường Hải Minh Nam Sơn Long Thắng Đức Bình Anh Hoàng Trung Tùng Hiếu Huy Thành Quang Toàn Khánh Tiến Phong "
            "Kiên Việt Quân Linh Tú Duy Đạt Lâm Vinh Tài Phúc Hưng Khoa An Trường Thịnh Hòa Lộc Nghĩa Bảo Tân Mạnh Thái Dương Vũ Giang "
            "Tâm Hậu Chiến Thọ Phú Công Hào Kha Nhân Luân Khôi Thuận Bách Chương Đăng Trí Vượng Sáng Lực Tín Cảnh Diện Hạnh Ngọc Quý Sinh"
        )
    ),
    "women": _ranked(
        _listed(
            "Hương Hoa Lan Hằng Huyền Trang Linh Hà Thảo Nga Mai Thủy Anh Phương Yến Ngọc Dung Thanh Hiền Nhung Hạnh Loan Tuyết Vân "
            "Hồng Liên Thu Quỳnh Oanh Chi Lý Tâm Thúy Hòa Xuân Nguyệt Bích Cúc Đào Giang Diễm Ánh Tươi Sen Nhàn Thơm Duyên Hậu Mỹ Vi My Ly "
            "Trinh Trâm Thư Uyên Hoài Châu Ngân Như Bình Miền Lành Thoa Sương Xoan Khuyên Nhài Mơ Tím Dịu Then Pà Mỷ Dua Sua"
        )
    ),
}
FIRMS: Final = ("Công ty TNHH", "Công ty cổ phần", "Hợp tác xã", "Doanh nghiệp tư nhân", "Hộ kinh doanh")
TRADES: Final = _listed("Xây dựng|Thương mại|Vận tải|Nông nghiệp|Du lịch|Dược phẩm|Cơ khí|Giống cây trồng|Thực phẩm|Khoáng sản", "|")
BRANDS: Final = _listed(
    "An Phát|Đại Thành|Hoàng Gia|Minh Quân|Sông Xanh|Núi Bạc|Bình Minh|Thiên Phú|Hưng Thịnh|Đông Á|Tân Tiến|Phú Quý", "|"
)
ACTS: Final = ("Cấp", "Cấp lại", "Gia hạn", "Điều chỉnh", "Đăng ký", "Xác nhận", "Thu hồi", "Công nhận", "Cho phép", "Phê duyệt")
MATTERS: Final = _listed(
    "khai sinh|kết hôn|khai tử|giấy phép xây dựng|giấy chứng nhận quyền sử dụng đất|hộ kinh doanh|giấy phép lái xe|chứng chỉ nghề dược|"
    "giấy phép lao động|tạm trú|trợ cấp xã hội|giấy phép khai thác nước|biến động đất đai|thế chấp quyền sử dụng đất|an toàn thực phẩm|"
    "quảng cáo|bản sao trích lục hộ tịch|chứng thực chữ ký|giấy phép môi trường|hoạt động trường mầm non|hội|giống cây|thuốc thú y|"
    "đo đạc bản đồ|tần số vô tuyến|xuất bản|di tích|thể thao|lữ hành|karaoke",
    "|",
)
STATES_WHEN_OLD: Final = Drawn([("returned", 93.0), ("withdrawn", 2), ("stopped", 1.5), ("not_accepted", 2), ("completed", 1.5)])
STATES_WHEN_NEW: Final = Drawn(
    [
        *(("in_progress", 42.0), ("received", 12), ("returned", 24), ("completed", 9), ("awaiting_supplement", 4), ("submitted", 3)),
        *(("in_post", 1.5), ("intake_supplement", 0.7), ("suspended", 0.3), ("withdrawn", 0.5)),
    ]
)
CHANNELS: Final = Drawn([("desk", 55.0), ("online", 42), ("post", 3)])


@dataclass(frozen=True)
class Procedure:
    key: str
    version: UUID
    name: str
    code: str
    days: int

    @cached_property
    def takes(self) -> timedelta:
        return timedelta(days=self.days * 1.4)


def offices() -> Iterator[tuple[str, str, str | None, str, date | None, date | None, list[str]]]:
    """Code, name, parent, level, validity, predecessors."""
    yield ROOT, "Ủy ban nhân dân tỉnh Ví Dụ", None, "cấp tỉnh", None, None, []
    yield DESK, "Trung tâm Phục vụ hành chính công tỉnh Ví Dụ", ROOT, "cấp tỉnh", None, None, []
    for number, code in enumerate(DEPARTMENTS, 1):
        yield code, f"Sở thứ {number}", ROOT, "cấp tỉnh", None, None, []
    for number, code in enumerate(COMMUNES):
        old = [merged for place, merged in enumerate(MERGED) if place % len(COMMUNES) == number]
        yield code, f"Xã Mới {number + 1}", ROOT, "cấp xã", MERGED_ON, None, old
    for number, code in enumerate(MERGED, 1):
        yield code, f"Xã Cũ {number}", None, "cấp xã", None, MERGED_ON - timedelta(days=1), []


def procedures() -> tuple[Procedure, ...]:
    named = [f"{act} {matter}" for matter in MATTERS for act in ACTS]
    return tuple(
        Procedure(
            f"VD-1.{number:06}", UUID(int=number + 1), named[number % len(named)], f"1.{number:06}", (1, 3, 5, 10, 15, 20, 30)[number % 7]
        )
        for number in range(PROCEDURES)
    )


class Province:
    """The dossiers of the province, the oldest first; the same seed and number make the same dossiers."""

    def __init__(self, dossiers: int, seed: int = 1) -> None:
        self.dossiers = dossiers
        self.chance = Random(seed)
        self.procedures = _ranked(procedures(), 1.0)
        self.communes = _ranked(COMMUNES, 0.4)
        self.merged = _ranked(MERGED, 0.4)
        self.words: set[str] = set()
        self._serials: dict[tuple[str, str], int] = {}

    def lines(self) -> Iterator[tuple[str, str]]:
        """Of each dossier its line of COPY for `dossier`, and the one for `dossier_search`."""
        chance, length = self.chance, (ENDS - BEGINS) / self.dossiers
        for number in range(self.dossiers):
            came_in = BEGINS + length * (number + chance.random())
            yield self._dossier(number, came_in)

    def _dossier(self, number: int, came_in: datetime) -> tuple[str, str]:
        chance, procedure, channel = self.chance, self.procedures.by(self.chance), CHANNELS.by(self.chance)
        recent = (ENDS - came_in).days < RECENT_DAYS
        if chance.random() < SHARE_OF_THE_DESK:
            receiving, competent = DESK, chance.choice(DEPARTMENTS)
        else:
            receiving = competent = (self.communes if came_in.date() >= MERGED_ON else self.merged).by(chance)
        state = (STATES_WHEN_NEW if recent else STATES_WHEN_OLD).by(chance)
        accepted = state not in ("submitted", "intake_supplement", "not_accepted")
        day = came_in.date().isoformat()[2:].replace("-", "")
        code = f"{competent}-{day}-{self._serial(competent, day):04}" if accepted else None
        national = f"G98-{day}-{number:07}" if channel == "online" else None
        name = UUID(int=int(came_in.timestamp() * 1000) << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62))
        people = self.people(number)
        at, due = came_in.isoformat(), (came_in + procedure.takes).isoformat()
        terms = terms_of([Person(**person) for person in people], {receiving, competent, ROOT}, procedure.key)
        self.words.update(term for term in terms if term.isalpha() and term.isascii())
        offices = (receiving, competent, ROOT, receiving)
        row = (
            *(name, state, code or NULL, national or NULL, procedure.key, procedure.version, procedure.name, procedure.code, channel),
            *(*offices, json.dumps(people, ensure_ascii=False), *((at, due, due) if accepted else (NULL, NULL, NULL)), TIME_TERMS),
            *(f"{procedure.days} ngày làm việc", "Đinh Thị Tiếp Nhận", "desk", "ABCDEFGHIJ", _receipt(code, procedure, offices), at),
        )
        found_by = (
            name,
            at,
            at if accepted else NULL,
            channel,
            *offices,
            "{" + ",".join(f'"{term}"' for term in terms) + "}",
            code.partition("-")[2] if code else NULL,
        )
        return _copied(row), _copied(found_by)

    def people(self, number: int) -> list[dict[str, str]]:
        chance = self.chance
        if chance.random() < SHARE_OF_FIRMS:
            firm = {
                "part": "applicant",
                "kind": "enterprise",
                "name": f"{chance.choice(FIRMS)} {chance.choice(TRADES)} {chance.choice(BRANDS)} {number % 97}",
                "identity_number": f"98{number % 400_000:08}",
                "phone": self._phone(),
            }
            return [firm, self.citizen("representative")]
        applicant = self.citizen("applicant")
        return [applicant, self.citizen("representative")] if chance.random() < SHARE_OF_REPRESENTED else [applicant]

    def citizen(self, part: str) -> dict[str, str]:
        chance = self.chance
        return {
            "part": part,
            "kind": "citizen",
            "name": self.name(),
            "identity_number": f"000{chance.randrange(10_000_000):09}",
            "phone": self._phone(),
            "address": f"Tổ {chance.randrange(1, 30)}, {chance.choice(('xã', 'phường'))} Ví Dụ, tỉnh Ví Dụ",
        }

    def name(self) -> str:
        chance = self.chance
        sex = "men" if chance.random() < 0.5 else "women"
        second = f" {MIDDLES[sex].by(chance)}" if chance.random() < 0.12 else ""
        return f"{FAMILY.by(chance)} {MIDDLES[sex].by(chance)}{second} {GIVEN[sex].by(chance)}"

    def _phone(self) -> str:
        return f"+849{self.chance.randrange(30_000_000):08}"

    def _serial(self, office: str, day: str) -> int:
        self._serials[office, day] = self._serials.get((office, day), 0) + 1
        return self._serials[office, day]


NULL: Final = "\\N"
RECENT_DAYS: Final = 25
SHARE_OF_THE_DESK, SHARE_OF_FIRMS, SHARE_OF_REPRESENTED = 0.35, 0.12, 0.1
TIME_TERMS: Final = json.dumps({"limits": [], "due_clock": "same_clock", "supplement": "restart", "supplement_days": 15})
DOSSIER: Final = (
    *("id", "state", "code", "national_code", "procedure_key", "procedure_version", "procedure_name", "procedure_code", "channel"),
    *("receiving", "competent", "supervising", "returning", "people", "accepted_at", "appointment_at", "first_appointment_at"),
    *("time_terms", "limit_text", "received_by", "result_way", "lookup_secret", "receipt", "created_at"),
)
FOUND_BY: Final = ("id", "created_at", "accepted_at", "channel", "receiving", "competent", "supervising", "returning", "terms", "tail")


def _receipt(code: str | None, procedure: Procedure, offices: tuple[str, ...]) -> str:
    return NULL if code is None else _receipt_but_for_its_code(procedure, offices).replace("CODE", code, 1)


@cache
def _receipt_but_for_its_code(procedure: Procedure, offices: tuple[str, ...]) -> str:
    papers = [
        {"name": "Đơn đề nghị theo mẫu ban hành kèm theo thông tư", "originals": 1, "copies": 0},
        {"name": "Bản sao giấy tờ chứng minh", "originals": 0, "copies": 1},
    ]
    told = {"code": "CODE", "procedure": procedure.name, "procedure_code": procedure.code, "papers": papers, "fees": [], "fee_total": 0}
    told |= {"limit": f"{procedure.days} ngày làm việc", "receiving_office": offices[0], "competent_office": offices[1]}
    told |= {"returning_office": offices[3], "received_by": "Đinh Thị Tiếp Nhận", "lookup_secret": "ABCDEFGHIJ", "result_way": "desk"}
    return json.dumps(told, ensure_ascii=False)


def _copied(values: Iterable[object]) -> str:
    return "\t".join(map(str, values)) + "\n"


async def fill(connection: "asyncpg.Connection[asyncpg.Record]", province: Province) -> None:
    """Everything into schema `intake`; indexes are made when the rows are there."""
    await connection.execute("set maintenance_work_mem = '1GB'")
    await connection.copy_records_to_table("office", schema_name="intake", columns=OFFICE, records=offices())
    await _fill_catalogue(connection)
    indexes = [row["indexdef"] for row in await connection.fetch(INDEXES)]
    for row in await connection.fetch(INDEXES):
        await connection.execute(f"drop index intake.{row['indexname']}")
    lines = province.lines()
    while some := list(islice(lines, 20_000)):
        for table, columns, which in (("dossier", DOSSIER, 0), ("dossier_search", FOUND_BY, 1)):
            told = io.BytesIO("".join(line[which] for line in some).encode())
            await connection.copy_to_table(table, schema_name="intake", columns=columns, source=told)
    words = [(word,) for word in sorted(province.words)]
    await connection.copy_records_to_table("name_word", schema_name="intake", columns=["word"], records=words)
    for index in indexes:
        await connection.execute(index)
    await connection.execute("vacuum (analyze) intake.dossier_search, intake.dossier, intake.name_word, intake.office")


async def _fill_catalogue(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Only what is looked up by name; nothing can be received by it."""
    every = procedures()
    now = [(one.key, one.version, "calendar") for one in every]
    await connection.copy_records_to_table("procedure", schema_name="intake", columns=["key", "version_id", "plain_day"], records=now)
    contents = (json.dumps({"name": one.name, "code": one.code}, ensure_ascii=False) for one in every)
    versions = [(one.version, one.key, 1, content, "", "calendar", "[]", BEGINS) for one, content in zip(every, contents, strict=True)]
    columns = ["id", "key", "number", "content", "content_hash", "plain_day", "warnings", "loaded_at"]
    await connection.copy_records_to_table("procedure_version", schema_name="intake", columns=columns, records=versions)


OFFICE: Final = ("code", "name", "parent", "level", "valid_from", "valid_to", "predecessors")
INDEXES: Final = """
    select indexname, indexdef from pg_indexes
    where schemaname = 'intake' and tablename in ('dossier', 'dossier_search') and indexdef like 'CREATE INDEX%'
"""

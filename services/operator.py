"""The deeds behind the operator's words: each opens what it needs, does it, and leaves."""

import contextlib
import json
import sys
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, ClassVar, Final

import httpx
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake.catalogue import Catalogue
from services.intake.commands import reference
from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.choices import PlainDay
from services.intake.domain.offices import read_offices
from shared import exchange, migrations, roles, serving
from shared.clock import VIETNAM, FileClock, SystemClock
from shared.contracts.peers import Service
from shared.database import HotLine, open_engine
from shared.due_cases import answer_case
from shared.runtime import Runtime, Transaction
from shared.settings import ServiceSettings
from shared.tokens import Tokens, development_token
from shared.wire import Signer
from shared.working_time import Calendar

OFFICIAL_CALENDAR: Final = Path(__file__).parent.parent / "shared" / "official_calendar.csv"


class NotInProduction(Exception):
    """Production knows no development keys and no moved clock; set MOTCUA_MODE=development to try things out."""


class Intake(ServiceSettings):
    """What a command needs to know: homes, URLs, databases; no gateways and no keys."""

    service: ClassVar[Service] = Service.INTAKE


class Processing(ServiceSettings):
    """Likewise."""

    service: ClassVar[Service] = Service.PROCESSING


class Notifications(ServiceSettings):
    """Likewise."""

    service: ClassVar[Service] = Service.NOTIFICATIONS


ALL: Final[tuple[type[ServiceSettings], ...]] = (Intake, Processing, Notifications)


# ------------------------------------------------------------------------------------------------ reference data


async def load_catalogue(files: tuple[Path, ...], plain_day: PlainDay | None, valid_from: date | None) -> reference.Loaded:
    """All files or none. Raises CatalogueRefused."""
    entries = [entry for text in _bytes_of(files) for entry in read_catalogue(text)]
    async with _at_the_desk() as tx:
        return await reference.load_catalogue(tx, entries, plain_day=plain_day, valid_from=valid_from)


def _bytes_of(files: tuple[Path, ...]) -> list[bytes]:
    return [file.read_bytes() for file in files]


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig")


async def load_offices(file: Path) -> int:
    offices = read_offices(_text_of(file))
    async with _at_the_desk() as tx:
        return await reference.load_offices(tx, offices)


async def load_calendar(file: Path) -> bool:
    async with _at_the_desk() as tx:
        return await reference.load_calendar(tx, _text_of(file))


async def resend(kind: str) -> int:
    """Publish the present version of every entry again, as new events."""
    async with _at_the_desk() as tx:
        return await reference.resend(tx, kind)


@contextlib.asynccontextmanager
async def _at_the_desk() -> AsyncGenerator[Transaction]:
    """A transaction of intake. A command serves nobody: it believes no token, and what it tells is carried by the running relays."""
    settings = Intake()
    async with serving.databases([settings]) as (url,):
        runtime = Runtime(
            Service.INTAKE,
            settings,
            open_engine(url, 2),
            HotLine(url, 2),
            FileClock(settings.home) if settings.in_development else SystemClock(),
            Signer(SecretStr("")),
            Tokens.of_nobody(),
            reactions={},
            chores=(),
            facts={"catalogue": Catalogue()},
        )
        try:
            async with runtime.transaction() as tx:
                yield tx
        finally:
            await runtime.stop()


# ------------------------------------------------------------------------------------------------ the database


async def migrate() -> list[str]:
    """Schemas, roles and extension by the owner's URL (or in the embedded server), then every history to its head."""
    settings: list[ServiceSettings] = [kind() for kind in ALL]
    if owner := settings[0].database_url:
        await roles.prepare(owner.get_secret_value(), _passwords(settings))
    async with serving.databases(settings) as urls:
        for own, url in zip(settings, urls, strict=True):
            await migrations.upgrade(own.service, url)
    return [f"{own.service}: {migrations.head_of(own.service)}" for own in settings]


def _passwords(settings: list[ServiceSettings]) -> dict[str, str]:
    """Each service's password: of its own URL where one is given, otherwise kept in the home."""
    from sqlalchemy import make_url

    found = roles.service_passwords(settings[0].home)
    for own in settings:
        if url := own.database_url_of(own.service):
            found[own.service] = make_url(url).password or found[own.service]
    return found


# ------------------------------------------------------------------------------------------------ events


async def parked() -> list[exchange.Parked]:
    return [one async for service, engine in _schemas() for one in await _ask(engine, service)]


async def _ask(engine: AsyncEngine, service: Service) -> list[exchange.Parked]:
    async with engine.connect() as connection:
        return await exchange.parked(connection, service)


async def replay(subject: str | None) -> int:
    replayed = 0
    async for service, engine in _schemas():
        async with engine.begin() as connection:
            replayed += await exchange.replay(connection, service, subject)
    return replayed


async def join(subscriber: Service) -> int:
    joined = 0
    async for service, engine in _schemas():
        if service is not subscriber:
            async with engine.begin() as connection:
                joined += await exchange.join(connection, service, subscriber)
    return joined


async def _schemas() -> AsyncGenerator[tuple[Service, AsyncEngine]]:
    settings: list[ServiceSettings] = [kind() for kind in ALL]
    async with serving.databases(settings) as urls:
        for own, url in zip(settings, urls, strict=True):
            engine = open_engine(url, 2)
            try:
                yield own.service, engine
            finally:
                await engine.dispose()


# ------------------------------------------------------------------------------------------------ development


def token(role: str, offices: tuple[str, ...], name: str | None, mandate: bool, hours: float) -> str:
    settings = _development()
    return development_token(settings.home, role=role, offices=offices, name=name, mandate=mandate, hours=hours)


def clock_shown() -> datetime:
    settings = Intake()
    return (FileClock(settings.home) if settings.in_development else SystemClock()).now()


def set_clock(instant: datetime, *, runs: bool) -> datetime:
    clock = FileClock(_development().home)
    clock.set(instant if instant.tzinfo else instant.replace(tzinfo=VIETNAM), runs=runs)
    return clock.now()


def move_clock(span: timedelta, *, patience_seconds: float = 60) -> datetime:
    """Forward by `span`, from due timer to due timer; at each, wait until chores and relays of the running services rest."""
    settings = _development()
    clock = FileClock(settings.home)
    before = clock.setting()
    target = clock.now() + span
    while (stop := _next_timer(settings, target)) is not None:
        clock.set(max(stop, clock.now()), runs=False)
        wait_for_rest(settings, patience_seconds)
    clock.set(target, runs=before.runs if before else True)
    wait_for_rest(settings, patience_seconds)
    return clock.now()


def wait_for_rest(settings: ServiceSettings, patience_seconds: float) -> None:
    """Until no running service has anything to deliver or to do. Services that do not run have nothing to wait for."""
    until = time.monotonic() + patience_seconds
    while any(not health.get("at_rest", True) for health in _healths(settings)):
        if time.monotonic() > until:
            raise TimeoutError("The services do not come to rest; see their /health/ready.")
        time.sleep(0.05)


def _next_timer(settings: ServiceSettings, target: datetime) -> datetime | None:
    due = [datetime.fromisoformat(health["next_timer_at"]) for health in _healths(settings) if health.get("next_timer_at")]
    return min((instant for instant in due if instant <= target), default=None)


def _healths(settings: ServiceSettings) -> Iterator[dict[str, str]]:
    for service in Service:
        with contextlib.suppress(httpx.HTTPError, ValueError):
            yield httpx.get(f"{settings.url_of(service)}/health/ready", timeout=5).json()


def _development() -> Intake:
    settings = Intake()
    if not settings.in_development:
        raise NotInProduction("This is for development only; set MOTCUA_MODE=development to try things out.")
    return settings


# ------------------------------------------------------------------------------------------------ due dates


def answer_due_cases(lines: Iterable[bytes], out: BinaryIO, calendar_file: Path, *, explained: bool) -> bool:
    """One JSON line out per line in, in order; whether all were good. A bad line answers for itself, and the stream goes on."""
    calendar = Calendar.parse(calendar_file.read_text(encoding="utf-8-sig"))
    all_good = True
    for line in lines:
        answer = answer_case(_case(line), calendar, explained=explained)
        all_good = all_good and "error" not in answer
        # What UTF-8 has no bytes for, half a surrogate pair, is written as JSON escapes it.
        out.write(json.dumps(answer, ensure_ascii=False).encode(errors="backslashreplace") + b"\n")
        out.flush()  # whoever asks line by line waits for each answer
    return all_good


def _case(line: bytes) -> object:
    """What the line says; None if it is empty, no JSON, no UTF-8, or nested without end."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def complain(text: str) -> None:
    print(text, file=sys.stderr)

"""The deeds behind the operator's words: each opens what it needs, does it, and leaves."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from services.intake import calendars
from services.intake.catalogue import Catalogue
from services.intake.commands import calendar_previews, reference
from services.intake.commands.calendars import load_calendar as load_calendar_of
from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.choices import PlainDay
from services.intake.domain.offices import read_offices
from services.processing import tables as agency_tables
from services.processing.commands import counting_work, staffing
from services.processing.domain.staff import read_staff
from shared import clock_moves, exchange, migrations, roles, serving
from shared.clock import VIETNAM, FileClock, SystemClock
from shared.contracts.events import NATIONAL_CALENDAR
from shared.contracts.peers import Service
from shared.contracts.previews import CalendarPreview
from shared.database import HotLine, open_engine
from shared.offices import OfficeCache
from shared.runtime import Runtime, Transaction
from shared.service import signer_for
from shared.settings import ServiceSettings
from shared.tokens import Tokens, development_token
from shared.working_time import read_days


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


async def load_officers(file: Path) -> int:
    """How many are new or changed. Raises StaffRefused."""
    officers = read_staff(_text_of(file))
    async with _at_the_agency() as tx:
        return await staffing.register(tx, officers, by="operator")


async def rebuild_statistics() -> int:
    """Count the open work afresh; how many places there are."""
    async with _at_the_agency() as tx:
        return await counting_work.rebuild(tx)


async def load_calendar(file: Path, key: str) -> tuple[str, ...]:
    """The calendars that got a new version."""
    async with _at_the_desk() as tx:
        return await load_calendar_of(tx, _text_of(file), key=key)


async def preview_calendar(file: Path, key: str) -> CalendarPreview:
    """Which open cases would move by these days. Raises Unavailable while the agency's service does not run."""
    async with _at_the_desk() as tx:
        return await calendar_previews.preview(tx, key, read_days(_text_of(file)), by=None)


async def calendar_lines() -> list[str]:
    """A line for each calendar in force, the national one first, then from the top down."""
    async with _at_the_desk() as tx:
        known = await calendars.read(tx)
    held = [known.in_force[key] for key in (NATIONAL_CALENDAR, *known.from_the_top()) if key in known.in_force]
    return [_calendar_line(version, known.base_of(version.key)) for version in held]


def _calendar_line(version: calendars.Version, base: calendars.Version | None) -> str:
    over = f" over {base.key}" if base else ""
    loaded_at = version.loaded_at.astimezone(VIETNAM).isoformat(timespec="seconds")
    return f"{version.key}  version {version.number} of {loaded_at}  {len(version.own)} own days{over}"


async def calendar_days(key: str, year: int | None) -> list[str]:
    """A line for each day of what an office works by, with whose row it is."""
    async with _at_the_desk() as tx:
        version = (await calendars.read(tx)).of_office(key)
        days = await calendars.days_of(tx, version, year=year)
    return [f"{one.day.on}  {one.day.kind:6}  {one.day.status:11}  {one.origin}  {one.day.name} ({one.day.source})" for one in days]


async def resend(kind: str) -> int:
    """Publish the present version of every entry again, as new events."""
    async with _at_the_desk() as tx:
        return await reference.resend(tx, kind)


@contextlib.asynccontextmanager
async def _at_the_desk() -> AsyncGenerator[Transaction]:
    """A transaction of intake; what it tells is carried by the running relays."""
    async with _serving_nobody(Intake(), {"catalogue": Catalogue()}) as tx:
        yield tx


@contextlib.asynccontextmanager
async def _at_the_agency() -> AsyncGenerator[Transaction]:
    """A transaction of processing."""
    async with _serving_nobody(Processing(), {"offices": OfficeCache(agency_tables.office)}) as tx:
        yield tx


@contextlib.asynccontextmanager
async def _serving_nobody(settings: ServiceSettings, facts: dict[str, Any]) -> AsyncGenerator[Transaction]:
    """A command serves nobody: it believes no token, and starts no relay and no chore."""
    async with serving.databases([settings]) as (url,):
        runtime = Runtime(
            settings.service,
            settings,
            open_engine(url, 2),
            HotLine(url, 2),
            FileClock(settings.home) if settings.in_development else SystemClock(),
            signer_for(settings),
            Tokens.of_nobody(),
            reactions={},
            chores=(),
            facts=facts,
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


async def move_clock(span: timedelta) -> datetime:
    """Forward by `span`, from due timer to due timer; at each, wait until chores and relays of the running services rest."""
    settings = _development()
    clock = FileClock(settings.home)
    async with httpx.AsyncClient(timeout=5) as client:
        await clock_moves.move(clock, clock.now() + span, _Healths(settings, client).read)
    return clock.now()


@dataclass
class _Healths:
    """Of the services that answer; of those that do not it is said once that nobody waits for them."""

    settings: ServiceSettings
    client: httpx.AsyncClient
    silent: set[Service] = field(default_factory=set)

    async def read(self) -> list[clock_moves.Health]:
        found = await asyncio.gather(*(self._ask(service) for service in Service))
        return [health for health in found if health is not None]

    async def _ask(self, service: Service) -> clock_moves.Health | None:
        url = self.settings.url_of(service)
        try:
            return (await self.client.get(f"{url}/health/ready")).json()
        except (httpx.HTTPError, ValueError) as error:
            if service not in self.silent:
                complain(f"warning: {service} does not answer at {url} ({type(error).__name__}); its timers are not waited for")
            self.silent.add(service)
            return None


def _development() -> Intake:
    settings = Intake()
    if not settings.in_development:
        raise NotInProduction("This is for development only; set MOTCUA_MODE=development to try things out.")
    return settings


def complain(text: str) -> None:
    print(text, file=sys.stderr)

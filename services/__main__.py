"""python -m services (installed as `motcua`): the operator's command. With no words: all three services in one process."""

import asyncio
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError

app = App(name="motcua", help="Một Cửa: the operator's command. Errors go to stderr; exit codes are 0 done, 1 failed, 2 not understood.")
office = App(name="office", help="Offices.")
officer = App(name="officer", help="Officers of the agencies, to whom cases are given.")
stats = App(name="stats", help="What is counted as things happen.")
catalogue = App(name="catalogue", help="The catalogue of procedures.")
calendar = App(name="calendar", help="Calendars: the nation's, and offices' own days laid over it.")
clock = App(name="clock", help="Domain time, in development only.")
events = App(name="events", help="The exchange of events between the services.")
for group in (office, officer, stats, catalogue, calendar, clock, events):
    app.command(group)


@app.default
def up() -> None:
    """Start all three services in one process, with the embedded database unless DATABASE_URL names a server."""
    from services import embedded

    embedded.main()


app.command(up, name="up")


@app.command
def migrate() -> None:
    """Make schemas, roles and extension, and bring every schema to its newest migration."""
    from services import operator

    print("\n".join(asyncio.run(operator.migrate())))


@office.command(name="load")
def load_offices(file: Path) -> None:
    """Load offices from a CSV: code,name,parent,level,valid_from,valid_to,predecessors,sessions."""
    from services import operator

    print(f"{asyncio.run(operator.load_offices(file))} offices new or changed")


@officer.command(name="load")
def load_officers(file: Path) -> None:
    """Register officers from a CSV: subject,name,office,roles (separated by `;`),valid_from,valid_to. Loading twice changes nothing."""
    from services import operator

    print(f"{asyncio.run(operator.load_officers(file))} officers new or changed")


@stats.command(name="rebuild")
def rebuild_statistics() -> None:
    """Count the open work of all officers afresh, while the services run; moves wait for a moment."""
    from services import operator

    print(f"{asyncio.run(operator.rebuild_statistics())} places counted")


@catalogue.command(name="load")
def load_catalogue(
    *files: Path,
    plain_day: Literal["calendar", "working"] | None = None,
    valid_from: date | None = None,
) -> None:
    """Load published procedures (docs/catalogue.md says how a file looks). Loading twice changes nothing.

    Parameters
    ----------
    plain_day
        How a plain "ngày" is read: as a calendar day or as a working day. Not said: as before, calendar days for a new entry.
    valid_from
        First day of validity, instead of what the source prints.
    """
    from services import operator
    from services.intake.domain.choices import PlainDay

    if not files:
        raise SystemExit(_said("Name at least one file.", NOT_UNDERSTOOD))
    loaded = asyncio.run(operator.load_catalogue(files, PlainDay(plain_day) if plain_day else None, valid_from))
    for warning in loaded.warnings:
        operator.complain(f"warning: {warning.entry} {warning.field}: {warning.text}")
    print(f"{loaded.new} new, {loaded.changed} changed, {loaded.unchanged} unchanged, {len(loaded.warnings)} warnings")


@calendar.command(name="load")
def load_calendar(file: Path, *, office: Annotated[str, Parameter(name="--for")] = "national") -> None:
    """Load a calendar from a CSV: date,kind,name,source,status (sessions may follow). Loading twice changes nothing.

    Parameters
    ----------
    office
        Code of the office whose own days these are; they are laid over the calendar of the office above it. Otherwise the national one.
    """
    from services import operator

    changed = asyncio.run(operator.load_calendar(file, office))
    for key in changed[1:]:
        print(f"{key}: a new version over it")
    print("a new version" if changed else "unchanged")


@calendar.command(name="preview")
def preview_calendar(file: Path, *, office: Annotated[str, Parameter(name="--for")] = "national") -> None:
    """Show which open dossiers a calendar would move, from when to when; nothing is changed. The services must run.

    Parameters
    ----------
    file
        A CSV as for `calendar load`.
    office
        Code of the office whose own days these are. Otherwise the national calendar.
    """
    from services import operator

    found = asyncio.run(operator.preview_calendar(file, office))
    for one in found.moved:
        due_to = f"{one.due_to:%Y-%m-%d %H:%M}" if one.due_to else "?"
        print(f"{one.code}  {one.due_from:%Y-%m-%d %H:%M} -> {due_to}  appointment {one.appointment_at:%Y-%m-%d %H:%M}  {one.decide or ''}")
    print(f"{found.looked_at} open cases looked at, {len(found.moved)} would move; promised appointments are kept.")


@calendar.command(name="list")
def list_calendars() -> None:
    """Show the calendars in force: their own days, and what they are laid over."""
    from services import operator

    for line in asyncio.run(operator.calendar_lines()):
        print(line)


@calendar.command(name="show")
def show_calendar(*, office: Annotated[str, Parameter(name="--for")] = "national", year: int | None = None) -> None:
    """Show the days of the calendar an office works by, each with the key of the calendar it comes from.

    Parameters
    ----------
    office
        Code of the office. Otherwise the national calendar.
    """
    from services import operator

    for line in asyncio.run(operator.calendar_days(office, year)):
        print(line)


@app.command
def token(
    *,
    role: Annotated[str, Parameter(name="--as")],
    office: tuple[str, ...],
    name: str | None = None,
    mandate: bool = False,
    hours: float = 24,
) -> None:
    """Print a token of the development issuer. Production does not believe it.

    Parameters
    ----------
    role
        desk_officer, case_officer, leader, supervisor, administrator or portal.
    office
        Code of an office; may be given several times.
    mandate
        May decide on the spot.
    """
    from services import operator

    print(operator.token(role, office, name, mandate, hours))


@clock.command(name="show")
def show_clock() -> None:
    """Print domain time."""
    from services import operator

    print(operator.clock_shown().isoformat())


@clock.command(name="set")
def set_clock(instant: datetime, *, stand: bool = False) -> None:
    """Set domain time (never back); it runs on from there, or stands."""
    from services import operator

    print(operator.set_clock(instant, runs=not stand).isoformat())


@clock.command(name="move")
def move_clock(*, days: float = 0, hours: float = 0, minutes: float = 0) -> None:
    """Move domain time forward, from due timer to due timer, waiting at each until the running services rest."""
    from services import operator

    print(asyncio.run(operator.move_clock(timedelta(days=days, hours=hours, minutes=minutes))).isoformat())


@app.command
def due(*, calendar: Path | None = None, explain: bool = False) -> None:
    """Read due-date cases as JSON lines on stdin, write answers as JSON lines on stdout. Starts no database.

    Parameters
    ----------
    calendar
        CSV date,kind,name,source,status; default: the official calendar that comes along.
    explain
        Also say which days were counted and skipped, and why.
    """
    from services.due_lines import answer_due_cases

    if not answer_due_cases(sys.stdin.buffer, sys.stdout.buffer, calendar, explained=explain):
        raise SystemExit(1)


@events.command
def parked() -> None:
    """Show subjects whose events a subscriber refused again and again."""
    from services import operator

    for one in asyncio.run(operator.parked()):
        print(f"{one.source} -> {one.subscriber}  {one.subject}  {one.waiting} waiting since {one.parked_at.isoformat()}: {one.reason}")


@events.command
def replay(*, subject: str | None = None) -> None:
    """Let parked events be tried again: those of one subject, or all."""
    from services import operator

    print(f"{asyncio.run(operator.replay(subject))} subjects will be tried again")


@events.command
def resend(*, kind: Annotated[Literal["procedure.published", "office.published", "calendar.published"], Parameter(name="--type")]) -> None:
    """Publish the present version of all reference data of a type again, as new events."""
    from services import operator

    print(f"{asyncio.run(operator.resend(kind))} events published")


@events.command
def join(subscriber: Literal["intake", "processing", "notifications"]) -> None:
    """Deliver the whole log to a subscriber that is new, or was restored from a backup."""
    from services import operator
    from shared.contracts.peers import Service

    print(f"{asyncio.run(operator.join(Service(subscriber)))} deliveries written")


NOT_DONE, NOT_UNDERSTOOD, INTERRUPTED = 1, 2, 130


def main() -> None:
    try:
        app(sys.argv[1:], exit_on_error=False, print_error=False)
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    except Exception as error:
        raise SystemExit(_said(*_told(error))) from None


def _said(text: str, code: int) -> int:
    print(f"error: {text}", file=sys.stderr)
    return code


def _told(error: Exception) -> tuple[str, int]:
    """Its words and its exit code. What tells errors apart is imported when there is one, not before each command."""
    from pydantic import ValidationError

    from services.operator import NotInProduction
    from shared.errors import DomainError
    from shared.tokens import KeysMissing

    if isinstance(error, ValidationError):
        return "; ".join(
            f"{'.'.join(str(part) for part in flaw['loc']) or 'settings'}: {flaw['msg']}" for flaw in error.errors()
        ), NOT_UNDERSTOOD
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"There is no file {error.filename}.", NOT_UNDERSTOOD
    wrongly_asked = (CycloptsError, DomainError, KeysMissing, NotInProduction, FileNotFoundError, IsADirectoryError, UnicodeDecodeError)
    return str(error), NOT_UNDERSTOOD if isinstance(error, wrongly_asked) else NOT_DONE


if __name__ == "__main__":
    main()

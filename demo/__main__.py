"""python -m demo: the whole system at work, from an empty home to a table of numbers read back. See demo/__init__.py."""

import argparse
import asyncio
import json
import os
import shlex
import signal
import sys
import time
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from demo import script, table
from demo.accounts import Accounts, Books, drawn_up, read_books
from demo.actors import Book, Company
from demo.calls import Caller, Line
from demo.play import Play
from demo.stack import HomeTaken, Stack, StackFailed, emptied, held, home_from, usual_ports
from demo.stage import Stage, instants
from shared import clock_moves
from shared.clock import FileClock
from shared.contracts.peers import Service
from shared.contracts.states import State
from shared.wire import Signer

PLAYING: Final = "playing"
SUMMARY: Final = "summary.json"
LOADED: Final = (
    ("office", script.DATA / "offices.csv"),
    ("calendar", script.OFFICIAL_CALENDAR),
    ("catalogue", script.DATA / "procedures.yaml"),
)
FEWEST: Final = 200

say = print


# ------------------------------------------------------------------------------------------------ setting up


async def set_up(stack: Stack, line: Line, clock: FileClock) -> None:
    """Database, gateways, services, offices, catalogue, calendar, competence: as an operator and an administrator would."""
    begun = time.monotonic()
    await asyncio.gather(stack.start_database(), stack.start_gateways())
    clock.set(script.OPENING, runs=False)
    await stack.operator("migrate")
    say(f"  {_since(begun)}  database and gateways run, schemas migrated")
    starting = asyncio.create_task(stack.start_services())
    for said in await asyncio.gather(*(load(stack, *words) for words in LOADED)):
        say(f"  {_since(begun)}  {said}")
    await starting
    line.urls = {service: stack.url_of(service) for service in Service}
    bound = await bind_competence(line)
    await at_rest(line)
    say(f"  {_since(begun)}  three services run; {bound} procedures bound to their offices; all reference data has arrived")


async def load(stack: Stack, what: str, file: Path) -> str:
    return f"motcua {what} load {file.name}: {await stack.operator(what, 'load', str(file))}"


async def bind_competence(line: Line) -> int:
    administrator = Caller("administrator", script.root_offices())

    async def bind(one: script.Competence) -> None:
        (await line.put(administrator, Service.INTAKE, f"/offices/{one.office}/procedures/{one.procedure}")).wanted(200)

    known = script.competences()
    await asyncio.gather(*(bind(one) for one in known))
    return len(known)


async def look(line: Line) -> list[clock_moves.Health]:
    """How the services are; a message that waits to be sent is under way, too."""
    healths = await asyncio.gather(*(line.health(service) for service in Service))
    return [health | {"at_rest": health.get("at_rest") and not health.get("messages", {}).get("queued")} for health in healths]


async def at_rest(line: Line) -> None:
    """Until nothing is on its way, and no message waits to be sent."""
    await clock_moves.rest(partial(look, line))


# ------------------------------------------------------------------------------------------------ playing


async def play(stack: Stack, line: Line, clock: FileClock) -> Book:
    book = Book()
    weeks = Weeks(book)

    async def rest() -> None:
        stack.must_be_well()
        await at_rest(line)

    async def move(instant: datetime) -> None:
        stack.must_be_well()
        await clock_moves.move(clock, instant, partial(look, line))

    worked = script.calendar()
    stage = Stage(clock, instants(worked, script.OPENING.date(), script.CURTAIN), rest, move, weeks.at)
    line.stage = stage
    # Intake made it when it started: the simulated carrier signs with what intake believes.
    secret = SecretStr((stack.home / "simulator-secret").read_text())
    company = Company(line, book, Signer(secret))
    troupe = Play(stage, company, stack, weeks.say)
    stories = [troupe.story(story) for story in script.write(script.competences(), worked)]
    await stage.play(troupe.agency_fails(), troupe.voice_fails(), *stories)
    weeks.close()
    line.stage = None
    await at_rest(line)
    return book


class Weeks:
    """Says how far the play is: a line a week, and a live one where somebody watches."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._monday: date | None = None
        self._last: datetime | None = None
        self._begun = time.monotonic()
        self._live = sys.stdout.isatty()

    def at(self, instant: datetime) -> None:
        monday = instant.date() - timedelta(days=instant.weekday())
        if self._monday is not None and monday != self._monday:
            self.close()
        self._monday, self._last = monday, instant
        if self._live:
            print(f"\r\033[K  {instant:%a %d %b %H:%M}  {self._counted()}", end="", flush=True)

    def close(self) -> None:
        if self._monday and self._last:
            self.say(f"  {self._monday:%d %b} to {self._last:%d %b}  {self._counted()}  ({_since(self._begun)})")

    def say(self, text: str) -> None:
        print(f"\r\033[K{text}" if self._live else text, flush=True)

    def _counted(self) -> str:
        count = self._book.count
        back = count(State.RETURNED)
        done = back + count(State.COMPLETED, State.IN_POST)
        away = count(State.NOT_ACCEPTED, State.WITHDRAWN)
        return f"{len(self._book.entries)} came · {done} decided · {back} returned · {away} not accepted or withdrawn"


# ------------------------------------------------------------------------------------------------ the end


async def close_accounts(stack: Stack, line: Line, book: Book) -> tuple[Accounts, Books]:
    inspector = Caller("supervisor", script.root_offices())
    books = await read_books(line, stack.home, stack.postgres.owner_url, inspector, stack.gateways["sms_url"], stack.letters)
    accounts = drawn_up(books, book)
    if accounts.dossiers < FEWEST:
        accounts.wrong.append(f"Only {accounts.dossiers} dossiers were played; it should be {FEWEST} at least.")
    return accounts, books


async def show_one(line: Line, books: Books, book: Book) -> str:
    """One that came online and went back by post, with the most to tell."""
    inspector = Caller("supervisor", script.root_offices())
    told = {sms["reference"]: sms["text"] for sms in books.sms_delivered}
    counted = {id: sum(message["dossier_id"] == id for message in books.messages) for id in book.entries}
    ended = [row for row in books.dossiers if row["state"] == State.RETURNED]
    candidates = [row for row in ended if (row["channel"], row["returned_by"]) == ("online", "post")] or ended
    chosen = max(candidates, key=lambda row: (counted[row["id"]], row["code"]))
    lines = (await line.get(inspector, Service.INTAKE, f"/dossiers/{chosen['id']}/timeline")).wanted(200)["lines"]
    about = (await line.get(inspector, Service.NOTIFICATIONS, "/messages", dossier=chosen["id"], limit=200)).wanted(200)["messages"]
    return table.way_of_one(chosen, lines, list(reversed(about)), told)


async def perform(stack: Stack, line: Line, begun: float) -> bool:
    """Set up, play, read back, show. Whether everything adds up."""
    clock = FileClock(stack.home)
    (stack.home / PLAYING).touch()
    say("Setting up")
    await set_up(stack, line, clock)
    say("Playing")
    book = await play(stack, line, clock)
    accounts, books = await close_accounts(stack, line, book)
    seconds = time.monotonic() - begun
    summary = stack.home / SUMMARY
    summary.write_text(json.dumps(accounts.summary(seconds), indent=2) + "\n")
    say(
        f"  asked back {book.asked_back} times, {book.supplements} supplements asked for, {book.suspended} suspended, "
        f"{book.paid_online} fees paid online, {book.apologies} apologies, {line.calls} calls, {line.repeated} repeated"
    )
    say("\nOne dossier from POST to SMS\n" + await show_one(line, books, book))
    say("\nRead back from the services\n" + table.numbers(accounts, seconds))
    if accounts.add_up:
        (stack.home / PLAYING).unlink()
        say("Every dossier is accounted for in all three services.")
    for problem in accounts.wrong[:40]:
        say(f"WRONG: {problem}")
    return accounts.add_up


def farewell(home: Path) -> str:
    left = {
        home / SUMMARY: "the numbers",
        home / "delivered.jsonl": "every SMS and email as delivered",
        home / "logs": "what the services and the operator's command said",
    }
    lines = [f"  {path}  {what}" for path, what in left.items() if path.exists()]
    return "\n".join(["", *lines, "To look further: `make run` plays once, and stays with the API and its documentation at hand."])


async def demo(home: Path) -> int:
    begun = time.monotonic()
    say(f"Một Cửa plays in {home}")
    async with Stack(home) as stack:
        well = False
        try:
            well = await perform(stack, _line(stack), begun)
        except Exception as error:
            complain(error)
        if not well:
            show_logs(stack)
    say(farewell(home))
    return 0 if well else 1


async def stay(home: Path) -> int:
    begun = time.monotonic()
    if (home / PLAYING).exists():
        say("The last play was not finished; it begins anew.")
        emptied(home, "postgres", "clock", "logs", "delivered.jsonl", SUMMARY, PLAYING)
    async with Stack(home, usual_ports) as stack:
        try:
            line = _line(stack)
            if (home / "postgres").exists():
                say(f"Một Cửa goes on in {home}")
                await asyncio.gather(stack.start_database(), stack.start_gateways())
                await stack.start_services()
            elif not await perform(stack, line, begun):
                show_logs(stack)
                return 1
            clock = FileClock(home)
            if (setting := clock.setting()) and not setting.runs:
                clock.set(clock.now(), runs=True)
            say(welcome(stack))
            await until_one_dies(stack)
        except Exception as error:
            complain(error)
        show_logs(stack)
        return 1


def welcome(stack: Stack) -> str:
    docs = "\n".join(f"  {service:<14} {stack.url_of(service)}/docs" for service in Service)
    home = f"MOTCUA_MODE=development MOTCUA_HOME={shlex.quote(str(stack.home))}"
    motcua = shlex.quote(str(Path(sys.executable).parent / "motcua"))
    return f"""
The API, with every call explained:
{docs}
An officer's token, and a call with it:
  TOKEN=$({home} {motcua} token --as supervisor --office H14)
  curl -s -H "Authorization: Bearer $TOKEN" '{stack.url_of(Service.INTAKE)}/v1/dossiers?limit=3'
Domain time is {FileClock(stack.home).now():%d/%m/%Y %H:%M} and runs on; Ctrl-C stops everything."""


async def until_one_dies(stack: Stack) -> None:
    while True:
        await asyncio.sleep(1)
        stack.must_be_well()


def _line(stack: Stack) -> Line:
    return Line(stack.home, {service: stack.url_of(service) for service in Service})


def complain(error: BaseException) -> None:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    print(f"\nWRONG: {type(error).__name__}: {error}", file=sys.stderr)


def show_logs(stack: Stack) -> None:
    try:
        stack.must_be_well()
    except StackFailed as failed:
        complain(failed)
    for name in (*Service, "gateways"):
        if tail := stack.tail(name):
            print(f"\n--- the end of {stack.logs / name}.log\n{tail}", file=sys.stderr)


def _since(begun: float) -> str:
    return f"{time.monotonic() - begun:4.1f} s"


async def _ended_by_signals(work: Coroutine[Any, Any, int]) -> int:
    """Ctrl-C and SIGTERM end the work, which then stops all that it started."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def end() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            # Whoever presses Ctrl-C twice would leave behind what is being stopped just now.
            loop.add_signal_handler(number, lambda: None)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    try:
        return await task
    except asyncio.CancelledError:
        return 130


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    words.add_argument("--stay", action="store_true", help="keep the stack running; play first if the home is empty")
    staying = words.parse_args().stay
    home = home_from(os.environ) if staying else home_from(os.environ, "demo")
    os.environ["MOTCUA_MODE"] = "development"
    try:
        with held(home):
            if staying:
                code = asyncio.run(_ended_by_signals(stay(home)))
                return 0 if code == 130 else code
            emptied(home)
            return asyncio.run(_ended_by_signals(demo(home)))
    except HomeTaken as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

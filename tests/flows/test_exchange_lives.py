"""Whole lives of dossiers through the three services: whatever is told on the way is understood by both peers, over a bad line too."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from services.intake.app import create_app as create_intake
from services.intake.catalogue import Catalogue
from services.intake.reactions import REACTIONS as INTAKE_REACTIONS
from services.notifications.app import create_app as create_notifications
from services.notifications.channels.channel import Outgoing, Refused, Sent
from services.notifications.reactions import REACTIONS as NOTIFICATIONS_REACTIONS
from services.processing.app import create_app as create_processing
from services.processing.reactions import REACTIONS as PROCESSING_REACTIONS
from shared import messaging
from shared.contracts.events import EVENTS
from shared.contracts.peers import Service
from tests.flows.exchange import SETTINGS, Line
from tests.stack import Stack, rows
from tests.torture import players
from tests.torture.audit import audit
from tests.torture.ledger import Ledger, Life
from tests.torture.ledger import Path as Way
from tests.torture.players import Player
from tests.torture.stage import load_reference_data

CREATE: Final[dict[Service, Callable[..., Any]]] = {
    Service.INTAKE: create_intake,
    Service.PROCESSING: create_processing,
    Service.NOTIFICATIONS: create_notifications,
}
REACTIONS = {
    Service.INTAKE: INTAKE_REACTIONS,
    Service.PROCESSING: PROCESSING_REACTIONS,
    Service.NOTIFICATIONS: NOTIFICATIONS_REACTIONS,
}
# What these lives do not come to.
UNTOLD = {
    "submission.withdrawn",
    "submission.redirected",
    "submission.lapsed",
    "result.delivered",
    "postal_item.sent_back",
    "postal_item.lost",
    "postal_item.attempt_failed",
    "postal_item.held",
    # The clock stands still in them: what it says by itself, and what is done about it, is tested in tests/house.
    "submission.answer_due",
    "papers.hand_over_due",
    "submission.fee_requested",
    "fee.requested",
    "fee.paid",
    "fee.reduced",
    "fee.refunded",
    "fee.unpaid",
    "fee.settled",
    "dossier.reminded",
    "dossier.assigned",
    "supplement.requested",
    "supplement.received",
    "supplement.accepted",
    "supplement.lapsed",
    "dossier.stopped",
    "dossier.withdrawn",
    "child_case.opened",
    "child_case.ended",
    "child_case.overdue",
    "withdrawal.requested",
    "withdrawal.declined",
    "adjustment.requested",
    "adjustment.taken_up",
    "adjustment.declined",
    "rework.requested",
    "rework.granted",
    "rework.declined",
    "dossier.amended",
    "annulment.requested",
    "correction.requested",
    "dossier.repaired",
    "correction.done",
    "correction.declined",
    "correction.overdue",
    "correction.returned",
    "annulment.declined",
    "dossier.annulled",
    "dossier.suspended",
    "dossier.suspension_over",
    "dossier.resumed",
    "dossier.extended",
    "dossier.apologised",
    "dossier.due_soon",
    "dossier.apology_due",
    "dossier.due_today",
    "dossier.overdue",
    "result.unclaimed",
    # What an agency does besides: tests/house/test_agency_at_work.py.
    "step.passed_back",
    "consultation.requested",
    "consultation.answered",
    "consultation.overdue",
    "attendance.requested",
}


class Gateway:
    """Takes what it is given, but for one number that does not exist."""

    async def send(self, message: Outgoing) -> Sent:
        if message.recipient.endswith("000000"):
            raise Refused("no such number")
        return Sent(str(message.id))

    async def aclose(self) -> None: ...


@pytest_asyncio.fixture
async def stack(home: Path, database_urls: dict[Service, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stack]:
    monkeypatch.setattr(messaging, "FIRST_RETRY_SECONDS", 0.002)
    stack = Stack(home, switchboard=Line())
    for service in Service:
        more = {"channels": {"sms": Gateway(), "email": Gateway()}} if service is Service.NOTIFICATIONS else {}
        stack.add(service, partial(CREATE[service], **more), SETTINGS[service], database_urls[service])
    await stack.empty()
    stack.runtime(Service.INTAKE).facts["catalogue"] = Catalogue()
    await load_reference_data(home, database_urls[Service.INTAKE], clock=stack.clock)
    yield stack
    await stack.empty()
    await stack.close()


async def play(stack: Stack, *ways: Way, seed: int = 1) -> Ledger:
    """Let dossiers be played along these ways while relays and chores go on."""
    ledger = Ledger()
    urls = {service: f"http://{service}" for service in Service}
    async with httpx.AsyncClient(transport=stack.switchboard) as http:
        line = players.Line(stack.home, http, urls, ledger, pause_seconds=0.01)
        going_on = asyncio.create_task(_go_on(stack))
        lives = [Life(number, way, addresses=number % 3) for number, way in enumerate(ways, 1)]
        ledger.lives += lives
        async with asyncio.timeout(60):
            await asyncio.gather(*(Player(line, life, random.Random(seed * 1000 + life.number)).play() for life in lives))
        going_on.cancel()
        await asyncio.gather(going_on, return_exceptions=True)
    stack.switchboard.carry = lambda host, clouds: None  # type: ignore[attr-defined]
    await stack.settle()
    return ledger


async def _go_on(stack: Stack) -> None:
    while True:
        for service in stack.apps:
            runtime = stack.runtime(service)
            for relay in runtime.relays:
                await relay.step()
            for chore in runtime.chores:
                if chore.every_seconds < 3600:
                    await chore.do(runtime)
        await asyncio.sleep(0.005)


async def test_whatever_is_told_in_a_life_is_understood_by_both_peers(stack: Stack, database_urls: dict[Service, str]) -> None:
    ledger = await play(stack, *Way, *Way)

    found = await audit(database_urls, ledger)

    assert found.clean, (found.counts, found.examples)
    told: set[str] = set()
    for service in Service:
        types = {row["type"] for row in await rows(stack.runtime(service), f"select distinct type from {service}.event")}
        told |= {name.removeprefix("vn.motcua.").removesuffix(".v1") for name in types}
        for peer in service.peers:
            assert {EVENTS[name] for name in types} <= set(REACTIONS[peer])
    assert told >= {name.removeprefix("vn.motcua.").removesuffix(".v1") for name in EVENTS} - UNTOLD


async def test_over_a_line_that_cuts_repeats_and_fails_every_life_ends_as_promised(stack: Stack, database_urls: dict[Service, str]) -> None:
    chance = random.Random(4)
    fates = (None, None, "cut", "twice", "answers 500", "answers 502")
    stack.switchboard.carry = lambda host, clouds: chance.choice(fates)  # type: ignore[attr-defined]

    ledger = await play(stack, *Way, *Way, seed=2)

    found = await audit(database_urls, ledger)
    assert found.clean, (found.counts, found.examples)
    assert len(ledger.ended) == 10

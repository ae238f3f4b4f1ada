"""Services together: the exchange by itself, and all three with real procedures."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared import messaging
from shared.contracts.peers import Service
from tests.flows.exchange import Exchange, close_exchange, fresh, open_exchange


@pytest_asyncio.fixture(scope="module")
async def toy_services(home: Path, database_urls: dict[Service, str]) -> AsyncIterator[Exchange]:
    exchange = await open_exchange(home, database_urls)
    yield exchange
    await close_exchange(exchange)


@pytest_asyncio.fixture
async def exchange(toy_services: Exchange, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Exchange]:
    monkeypatch.setattr(messaging, "FIRST_RETRY_SECONDS", 0.002)  # so that tests need not wait long
    await fresh(toy_services)
    yield toy_services

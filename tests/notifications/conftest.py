"""The voice between peers that are played and gateways that are real, on this machine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from demo.gateways import MailServer, SmsGateway
from services.notifications.app import create_app
from services.notifications.settings import NotificationsSettings
from shared.contracts.events import OfficePublished
from shared.contracts.peers import Service
from shared.runtime import Runtime
from tests.notifications.peers import DESK, Peers
from tests.stack import Caller, Stack, rows


@dataclass
class Voice:
    """The running service with both gateways at its other end."""

    stack: Stack
    peers: Peers
    sms: SmsGateway
    mail: MailServer

    @property
    def runtime(self) -> Runtime:
        return self.stack.runtime(Service.NOTIFICATIONS)

    async def speaks(self) -> None:
        """Lets its chores run until nothing is due."""
        for chore in self.runtime.chores:
            while chore.every_seconds < 3600 and await chore.do(self.runtime):
                pass

    async def rows(self, query: str, **values: Any) -> list[Any]:
        return await rows(self.runtime, query, **values)

    async def run(self, statement: str, **values: Any) -> None:
        async with self.runtime.engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def messages(self, dossier: UUID) -> set[tuple[str, str, str]]:
        """(template, channel, state) of each."""
        found = await self.rows("select template, channel, state from notifications.message where dossier_id = :d", d=dossier)
        return {(row["template"], row["channel"], row["state"]) for row in found}

    async def tells(self, dossier: UUID) -> list[tuple[int, str, dict[str, Any]]]:
        """(sequence, type, data) of what it told the peers about a dossier."""
        query = "select sequence, type, data from notifications.event where subject = :d order by sequence"
        return [(row["sequence"], row["type"], row["data"]) for row in await self.rows(query, d=str(dossier))]

    async def state(self, dossier: UUID) -> str:
        return (await self.rows("select state from notifications.subject where id = :d", d=dossier))[0]["state"]

    def caller(self, role: str, *offices: str) -> Caller:
        return self.stack.caller(Service.NOTIFICATIONS, role, *offices)


@pytest.fixture
async def voice(home: Path, database_urls: dict[Service, str]) -> AsyncIterator[Voice]:
    async with SmsGateway(key="a-key") as sms, MailServer() as mail:
        stack = Stack(home)
        gateways = {"sms_url": sms.url, "sms_key": "a-key", "sms_timeout_seconds": 5, "smtp_port": mail.port, "smtp_timeout_seconds": 5}
        stack.add(Service.NOTIFICATIONS, create_app, NotificationsSettings, database_urls[Service.NOTIFICATIONS], **gateways)
        await stack.empty()
        peers = Peers(stack)
        await peers.intake_tells(DESK, OfficePublished(code=DESK, name="Trung tâm Phục vụ hành chính công xã Hòa Bình", level="commune"))
        yield Voice(stack, peers, sms, mail)
        await stack.close()

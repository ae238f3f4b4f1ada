"""A service that writes its events after the transaction of their facts, and sometimes dies in between: the harness must see facts
without their event."""

import os
import random
import signal
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from shared import messaging
from shared.contracts.peers import Service
from shared.messaging import Told
from shared.runtime import Transaction
from tests.torture.broken import run

DIES = 0.3

publish, close = messaging.publish_many, Transaction.close


async def publish_later(connection: AsyncConnection, source: Service, told: Sequence[Told], now: datetime) -> None:
    if told:
        connection.info.setdefault("untold", []).append((source, told, now))


async def close_then_publish(self: Transaction, *, commit: bool) -> None:
    untold = (await self.connection()).info.pop("untold", []) if self._connection else []  # pyright: ignore[reportPrivateUsage]
    await close(self, commit=commit)
    if not (commit and untold):
        return
    if random.random() < DIES:
        os.kill(os.getpid(), signal.SIGKILL)
    async with self.runtime.engine.begin() as connection:
        for late in untold:
            await publish(connection, *late)


if __name__ == "__main__":
    messaging.publish_many = publish_later
    Transaction.close = close_then_publish  # type: ignore[method-assign]
    run()

"""Who is killed when: drawn from the seed beforehand, counted in dossiers played, so that a failure can be replayed."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.contracts.peers import Service
from tests.torture.stage import Copy, Stage

DATABASE: Final = "database"
Victim = Copy | str


@dataclass(frozen=True)
class Blow:
    """After so many dossiers, and a moment of chance, these are killed, and come back after their pause."""

    after: int
    moment_seconds: float
    victims: tuple[Victim, ...]
    pauses: tuple[float, ...]


def plan(seed: int, *, dossiers: int, kills: int, copies: int) -> list[Blow]:
    """Spread over the whole run, the same for the same seed."""
    chance = random.Random(f"{seed} kills")
    moments = sorted(chance.randrange(dossiers * 95 // 100) for _ in range(kills))
    return [_blow(chance, after, copies) for after in moments]


def _blow(chance: random.Random, after: int, copies: int) -> Blow:
    service, number = chance.choice(list(Service)), chance.randrange(copies)
    kind = chance.random()
    one: Copy = (service, number)
    victims: tuple[Victim, ...] = (one,)
    if kind < 0.2:
        victims = (DATABASE,)
    elif kind < 0.3:
        victims = tuple((service, each) for each in range(copies))
    elif kind < 0.4:
        victims = (one, DATABASE)
    return Blow(after, chance.uniform(0, 0.6), victims, tuple(chance.uniform(0.1, 2.5) for _ in victims))


async def make(stage: Stage, blows: list[Blow], played: Callable[[], int], over: asyncio.Event) -> None:
    """Until all blows have fallen, or there is nothing more to disturb; and everybody is back."""
    async with asyncio.TaskGroup() as coming_back:
        for blow in blows:
            while played() < blow.after and not over.is_set():
                await asyncio.sleep(0.02)
            if over.is_set():
                break
            await asyncio.sleep(blow.moment_seconds)
            for victim, pause in zip(blow.victims, blow.pauses, strict=True):
                if isinstance(victim, str):
                    stage.kill_database()
                elif await stage.kill(victim):
                    coming_back.create_task(_come_back(stage, victim, pause))


async def _come_back(stage: Stage, copy: Copy, pause: float) -> None:
    await asyncio.sleep(pause)
    await stage.start(copy)

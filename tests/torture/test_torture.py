"""A short torture of the whole, and the harness itself: what is broken on purpose must show. `make torture` is the long one."""

import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts.peers import Service
from shared.local_postgres import LocalPostgres
from tests.torture import trouble
from tests.torture.audit import Finding
from tests.torture.line import RATES, Fault
from tests.torture.run import Report, torture
from tests.torture.stage import Nursery, Stage, prepare

OFTEN_TWICE = {**RATES, Fault.TWICE: 0.5}


def _never(_stage: Stage) -> bool:
    return False


@dataclass
class Workshop:
    """What the runs of this module share: a process that starts others, a prepared home to copy."""

    nursery: Nursery
    template: Path

    async def run(
        self,
        home: Path,
        *,
        dossiers: int,
        kills: int = 0,
        rest_seconds: float = 30,
        stop_when: Callable[[Stage], bool] = _never,
        **stage: Any,
    ) -> Report:
        shutil.copytree(self.template, home)
        own = Stage(home, nursery=self.nursery, **stage)
        return await torture(own, dossiers=dossiers, kills=kills, seconds=90, rest_seconds=rest_seconds, stop_when=stop_when)


@pytest_asyncio.fixture(scope="module")
async def workshop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Workshop]:
    template = tmp_path_factory.mktemp("torture") / "home"
    nursery = await Nursery.open()
    postgres = LocalPostgres(template)
    await prepare(template, postgres)
    postgres.stop()
    yield Workshop(nursery, template)
    await nursery.close()


async def test_nothing_is_lost_or_doubled_while_services_and_the_database_are_killed(workshop: Workshop, tmp_path: Path) -> None:
    report = await workshop.run(tmp_path / "home", seed=33, dossiers=20, kills=3)

    assert report.clean, "\n".join(report.lines())
    assert len(report.ledger.ended) == 20
    assert report.stage.counts["services killed"] >= 2
    assert report.stage.counts["databases killed"] >= 1


async def test_an_inbox_that_takes_whatever_comes_is_seen(workshop: Workshop, tmp_path: Path) -> None:
    broken = dict.fromkeys((Service.INTAKE, Service.PROCESSING), "tests.torture.broken_inbox")

    report = await workshop.run(
        tmp_path / "home",
        seed=3,
        copies=1,
        modules=broken,
        rates=OFTEN_TWICE,
        dossiers=24,
        rest_seconds=1,
        stop_when=lambda stage: stage.lines[Service.INTAKE].events_doubled >= 10,
    )

    assert report.audit.counts[Finding.TWICE] > 0, "\n".join(report.lines())


async def test_a_log_written_apart_from_its_facts_is_seen(workshop: Workshop, tmp_path: Path) -> None:
    broken = {Service.PROCESSING: "tests.torture.broken_log"}

    report = await workshop.run(
        tmp_path / "home",
        seed=3,
        copies=1,
        modules=broken,
        dossiers=24,
        rest_seconds=1,
        stop_when=lambda stage: stage.ended_by_themselves[Service.PROCESSING] >= 1,
    )

    assert report.audit.counts[Finding.UNTOLD] > 0, "\n".join(report.lines())


def test_the_same_seed_means_the_same_kills() -> None:
    assert trouble.plan(5, dossiers=2000, kills=50, copies=2) == trouble.plan(5, dossiers=2000, kills=50, copies=2)
    assert trouble.plan(5, dossiers=2000, kills=50, copies=2) != trouble.plan(6, dossiers=2000, kills=50, copies=2)

"""Who brings what, when, and how it ends: written before the play from a seed, so that every run plays the same."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from demo.people import Invented, person
from demo.stage import instants
from shared.clock import VIETNAM
from shared.contracts.people import Channel, ReturnWay
from shared.working_time import Calendar

Choice = TypeVar("Choice")

SEED: Final = 2026
DATA: Final = Path(__file__).parent / "data"
OFFICIAL_CALENDAR: Final = Path(__file__).parents[1] / "shared" / "official_calendar.csv"

OPENING: Final = datetime(2026, 3, 9, 7, 30, tzinfo=VIETNAM)
LAST_RECEPTION: Final = date(2026, 4, 3)
CURTAIN: Final = date(2026, 4, 17)
# The agency's service is killed on a Wednesday and back the next morning; the voice's a week later, for half a day.
AGENCY_DOWN: Final = datetime(2026, 3, 18, 9, 45, tzinfo=VIETNAM)
AGENCY_BACK: Final = datetime(2026, 3, 19, 8, 0, tzinfo=VIETNAM)
VOICE_DOWN: Final = datetime(2026, 3, 25, 8, 0, tzinfo=VIETNAM)
VOICE_BACK: Final = datetime(2026, 3, 25, 14, 0, tzinfo=VIETNAM)


class Beginning(StrEnum):
    """How a story begins."""

    COMPLETE = "complete"
    ON_THE_SPOT = "on the spot"
    SUPPLEMENTED = "supplemented"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Pace(StrEnum):
    """How the agency works."""

    ON_TIME = "on time"
    LATE = "late"
    UNFINISHED = "unfinished"


class Turn(StrEnum):
    """What comes in between while the agency works."""

    NONE = "none"
    SUPPLEMENT = "supplement"
    SUSPENDED = "suspended"
    FEE = "fee"


class Postman(StrEnum):
    """What happens on the way."""

    DELIVERS = "delivers"
    COMES_TWICE = "comes twice"
    HOLDS = "holds"
    SENDS_BACK = "sends back"


@dataclass(frozen=True)
class Competence:
    """Who decides a procedure."""

    office: str
    procedure: str

    @property
    def desk(self) -> str:
        """A commune receives for itself, departments have the province's one-stop desk."""
        root, _, number = self.office.partition(".")
        return self.office if number.startswith("1") else f"{root}.001"


@dataclass(frozen=True)
class Story:
    """One dossier from first to last act. `chance` decides the small things on the way."""

    number: int
    competence: Competence
    channel: Channel
    beginning: Beginning
    begins_at: datetime
    pace: Pace
    turn: Turn
    granted: bool
    way: ReturnWay
    postman: Postman
    applicant: Invented
    representative: Invented | None
    chance: Random


# How many stories begin how; three in four of all come over the counter or online.
STORIES: Final[tuple[tuple[Channel, Beginning, int], ...]] = (
    (Channel.DESK, Beginning.COMPLETE, 76),
    (Channel.DESK, Beginning.ON_THE_SPOT, 34),
    (Channel.DESK, Beginning.SUPPLEMENTED, 8),
    (Channel.DESK, Beginning.REFUSED, 3),
    (Channel.DESK, Beginning.WITHDRAWN, 2),
    (Channel.ONLINE, Beginning.COMPLETE, 40),
    (Channel.ONLINE, Beginning.SUPPLEMENTED, 10),
    (Channel.ONLINE, Beginning.REFUSED, 7),
    (Channel.ONLINE, Beginning.WITHDRAWN, 5),
    (Channel.POST, Beginning.COMPLETE, 21),
    (Channel.POST, Beginning.SUPPLEMENTED, 5),
    (Channel.POST, Beginning.REFUSED, 1),
)
WAYS: Final = {ReturnWay.DESK: 5, ReturnWay.ONLINE: 3, ReturnWay.POST: 3}
TURNS: Final = {4: Turn.SUPPLEMENT, 9: Turn.FEE, 13: Turn.SUSPENDED, 19: Turn.SUPPLEMENT}
"""Of every two dozen stories."""
PACES: Final = {Pace.ON_TIME: 20, Pace.LATE: 3, Pace.UNFINISHED: 1}


def competences() -> tuple[Competence, ...]:
    with (DATA / "competence.csv").open(encoding="utf-8") as lines:
        return tuple(Competence(row["office"], row["procedure"]) for row in csv.DictReader(lines))


def root_offices() -> tuple[str, ...]:
    """Offices under no other: whoever has them all sees everything."""
    with (DATA / "offices.csv").open(encoding="utf-8") as lines:
        return tuple(row["code"] for row in csv.DictReader(lines) if not row["parent"])


@cache
def calendar() -> Calendar:
    return Calendar.parse(OFFICIAL_CALENDAR.read_text(encoding="utf-8"))


def write(known: Sequence[Competence], worked: Calendar, seed: int = SEED) -> tuple[Story, ...]:
    """The whole play, in the order in which people come. Every procedure has its turn."""
    chance = Random(seed)
    comings = _comings(worked, chance)
    turns = _shuffled_rounds(known, len(comings), chance)
    posts = cycle((Postman.DELIVERS, Postman.COMES_TWICE, Postman.DELIVERS, Postman.SENDS_BACK, Postman.DELIVERS, Postman.HOLDS))
    found: list[Story] = []
    for number, ((begins_at, channel, beginning), competence) in enumerate(zip(comings, turns, strict=True), 1):
        way = ReturnWay.DESK if beginning is Beginning.ON_THE_SPOT else _drawn(WAYS, chance)
        found.append(
            Story(
                number=number,
                competence=competence,
                channel=channel,
                beginning=beginning,
                begins_at=begins_at,
                pace=_drawn(PACES, chance),
                turn=TURNS.get(number % 24, Turn.NONE),
                granted=chance.random() < 0.92,
                way=way,
                postman=next(posts) if way is ReturnWay.POST else Postman.DELIVERS,
                applicant=person(chance, number),
                representative=person(chance, 5000 + number) if chance.random() < 0.07 else None,
                chance=Random(f"{seed}:{number}"),
            )
        )
    return tuple(found)


def _shuffled_rounds(known: Sequence[Competence], many: int, chance: Random) -> list[Competence]:
    turns: list[Competence] = []
    while len(turns) < many:
        turns += chance.sample(known, len(known))
    return turns[:many]


def _comings(worked: Calendar, chance: Random) -> list[tuple[datetime, Channel, Beginning]]:
    """Over all the weeks, and some while a service is down: the desk goes on receiving, and deciding on the spot."""
    open_at = instants(worked, OPENING.date(), LAST_RECEPTION)
    down = [instant for instant in open_at if AGENCY_DOWN <= instant < AGENCY_BACK or VOICE_DOWN <= instant < VOICE_BACK]
    kinds = [(channel, beginning) for channel, beginning, many in STORIES for _ in range(many)]
    return sorted((chance.choice(down if number % _one_in(*kind) == 0 else open_at), *kind) for number, kind in enumerate(kinds))


def _one_in(_channel: Channel, beginning: Beginning) -> int:
    return 5 if beginning is Beginning.ON_THE_SPOT else 12


def _drawn(weights: dict[Choice, int], chance: Random) -> Choice:
    return chance.choices(list(weights), list(weights.values()))[0]

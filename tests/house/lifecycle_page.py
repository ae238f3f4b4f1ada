"""docs/lifecycle.md as the tables say it: `python -m tests.house.lifecycle_page` writes it, and a test holds it against them."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.intake.domain import lifecycle as desk
from services.processing.domain import lifecycle as agency
from shared.contracts.permissions import PERMISSIONS, Role
from shared.contracts.states import STATES, Holder, State
from shared.law import Source

PAGE: Final = Path("docs/lifecycle.md")
HOLDERS: Final = {Holder.DESK: "the desk", Holder.AGENCY: "the agency", Holder.WHO_HELD_IT: "who held it"}

HEAD: Final = """\
# The life of a dossier

Drawn from the tables the services decide by (`services/intake/domain/lifecycle.py`, `services/processing/domain/lifecycle.py`,
`shared/contracts/states.py`); after a change of theirs, `python -m tests.house.lifecycle_page` draws it anew. What is not here cannot
happen. A dossier is in one pair of hands at a time, and only the holder changes its state; what the facts of a dossier have against a
move besides stands in `why_not` beside each table, and a refused move answers 409 with the reason and what is possible instead.
"""


@dataclass(frozen=True)
class Drawn:
    """One line of a table: by whom it is made, and by what right."""

    at: State | None
    to: State
    name: str
    side: str
    who: str
    basis: Source


def moves() -> Iterator[Drawn]:
    """Every move once, on the side that makes it."""
    for (at, move), step in desk.LIFECYCLE.items():
        if move not in desk.HEARD:
            who = _roles(PERMISSIONS[desk.WHO[move]]) if move in desk.WHO else "by itself: carrier, clock or rule"
            yield Drawn(at, step.to, _words(move), "desk", who, step.basis)
    for (at, action), transition in agency.LIFECYCLE.items():
        yield Drawn(at, transition.to, _words(action), "agency", _roles(transition.who), transition.basis)
    for (at, event), granted in agency.ASKED.items():
        asked = event.type.removeprefix("vn.motcua.").removesuffix(".v1")
        yield Drawn(at, granted.to, f"grant {asked}", "agency", "by rule, asked by the desk", granted.basis)


def page() -> str:
    drawn = list(moves())
    return "\n".join([HEAD, *_picture(drawn), "", *_states(), "", *_moves(drawn), ""])


# -- the parts ---------------------------------------------------------------------------------------------------------


def _picture(drawn: list[Drawn]) -> Iterator[str]:
    """Moves that keep the state are left to the table."""
    labels: dict[tuple[State | None, State], list[str]] = defaultdict(list)
    for move in drawn:
        if move.at is not move.to:
            labels[move.at, move.to].append(move.name)
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in State:
        yield f"    {state}: {STATES[state].label}"
    for (at, to), names in labels.items():
        yield f"    {at or '[*]'} --> {to}: {', '.join(dict.fromkeys(names))}"
    for state in (state for state in State if STATES[state].terminal):
        yield f"    {state} --> [*]"
    yield "    classDef desk fill:#e7f0fb,stroke:#2b5d9b"
    yield "    classDef agency fill:#eaf6e9,stroke:#2f7a3a"
    yield "    classDef over fill:#eeeeee,stroke:#777777"
    for state in State:
        kind = "over" if STATES[state].terminal else str(STATES[state].holder)
        yield f"    class {state} {kind}"
    yield "```"


def _states() -> Iterator[str]:
    yield "## States"
    yield ""
    yield "| state | people read | in the hands of | the clock | portal |"
    yield "|---|---|---|---|---|"
    for state, meaning in STATES.items():
        end = ", an end" if meaning.terminal else ""
        clock = str(meaning.clock).replace("_", " ")
        yield f"| `{state}` | {meaning.label} | {HOLDERS[meaning.holder]}{end} | {clock} | {meaning.portal_code or ''} |"


def _moves(drawn: list[Drawn]) -> Iterator[str]:
    yield "## Moves"
    yield ""
    yield "In the order of the tables. One line may stand for several states; “kept” means that the state stays as it is."
    for side, title in (("desk", "Made by the desk (`intake`)"), ("agency", "Made by the agency (`processing`)")):
        yield ""
        yield f"### {title}"
        yield ""
        yield "| move | from | to | who | basis |"
        yield "|---|---|---|---|---|"
        grouped: dict[tuple[str, State | None, str, Source], list[State | None]] = defaultdict(list)
        for move in drawn:
            if move.side == side:
                to = None if move.at is move.to else move.to
                grouped[move.name, to, move.who, move.basis].append(move.at)
        for (name, to, who, basis), states in grouped.items():
            came_from = ", ".join(f"`{state}`" if state else "new" for state in states)
            yield f"| {name} | {came_from} | {f'`{to}`' if to else 'kept'} | {who} | {basis} |"


def _words(name: str) -> str:
    return str(name).replace("_", " ")


def _roles(roles: frozenset[Role]) -> str:
    return ", ".join(_words(role) for role in Role if role in roles)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

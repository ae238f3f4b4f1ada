"""The work list: what waits to be done, by whom, by when; and how much of it there is."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.processing.api.address import STORABLE, After, InOffice, Limit
from services.processing.api.views import WorkCounts, WorkLine, WorkPage
from services.processing.commands import counting_work, looking
from services.processing.commands.looking import Asked
from services.processing.domain.workload import NOBODY
from shared.contracts.permissions import Action
from shared.contracts.states import State
from shared.days import Instant
from shared.doors import Door, Tx
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["worklist"])

WhoHasIt = Annotated[str | None, Query(description="`me`, `none`, or an officer's id", max_length=200, pattern=STORABLE)]
OfActor = Annotated[str | None, Query(description="As the process names whose step it is", max_length=300, pattern=STORABLE)]
DueBefore = Annotated[Instant | None, Query(description="Only what is due before this instant")]


@router.get("/worklist", summary="What waits to be done, due first")
async def show_worklist(
    tx: Tx,
    officer: Annotated[Officer, may(Action.SEE_CASES)],
    office: InOffice = None,
    assignee: WhoHasIt = None,
    state: State | None = None,
    actor: OfActor = None,
    due_before: DueBefore = None,
    after: After = None,
    limit: Limit = 50,
) -> WorkPage:
    asked = Asked(office, _id_of(assignee, officer), state, actor, due_before)
    page = await looking.worklist(tx, officer, asked, after=after, limit=limit)
    return WorkPage(items=[WorkLine.of(row, tx.now) for row in page.lines], next=page.next)


@router.get("/worklist/counts", summary="How much waits: by unit, officer, state and due time")
async def count_worklist(
    tx: Tx,
    officer: Annotated[Officer, may(Action.SEE_CASES)],
    office: InOffice = None,
    assignee: WhoHasIt = None,
    state: State | None = None,
) -> WorkCounts:
    """Kept as cases move, so that asking costs the same whether there are ten or a million. `soon` is the three days after today.

    Officer by officer for up to twenty offices; for more, name one of them.
    """
    offices = await looking.offices_asked(tx, officer, office)
    found = await counting_work.counts(tx, offices=offices, assignee=_id_of(assignee, officer), state=state)
    return WorkCounts(
        as_of=tx.now,
        total=sum(found.by_due.values()),
        by_due=found.by_due,
        by_office=found.by_office,
        by_state=found.by_state,
        by_assignee=found.by_assignee and {who or "none": due for who, due in found.by_assignee.items()},
    )


def _id_of(assignee: str | None, officer: Officer) -> str | None:
    return {"me": officer.stands_for or officer.id, "none": NOBODY}.get(assignee, assignee) if assignee else None

"""Processes drawn: as published, and a case's way through one; as a picture (SVG) or as text that draws itself (Mermaid)."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from services.processing.api.address import STORABLE, Name
from services.processing.commands import looking
from services.processing.domain.graph import Graph
from services.processing.domain.graph_mermaid import mermaid
from services.processing.domain.graph_svg import svg
from shared.contracts.permissions import Action
from shared.doors import Door, Tx
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["processes"])


class Format(StrEnum):
    """How a graph is given."""

    SVG = "svg"
    MERMAID = "mermaid"


MEDIA: Final[Mapping[Format, tuple[str, Callable[[Graph], str]]]] = {
    Format.SVG: ("image/svg+xml", svg),
    Format.MERMAID: ("text/vnd.mermaid", mermaid),
}
# Of what a browser does with a picture opened by itself, nothing is needed.
LOCKED: Final = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "x-content-type-options": "nosniff"}
SHAPES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {media: {"schema": {"type": "string"}} for media in ("image/svg+xml", "text/vnd.mermaid", "text/plain")}}
}

As = Annotated[Format | None, Query(alias="format", description="Else what Accept asks for; a picture where it asks for neither")]
Place = Annotated[int, Path(ge=0, le=10_000, description="Place of the process among those of the version, from 0")]
Key = Annotated[str, Path(max_length=200, pattern=STORABLE)]
Drawing = Response


@router.get("/processes/{version_id}/{number}/graph", responses=SHAPES, response_class=Drawing, summary="A published process, drawn")
async def draw_process(
    version_id: UUID, number: Place, tx: Tx, request: Request, officer: Annotated[Officer, may(Action.SEE_PROCESSES)], wanted: As = None
) -> Response:
    return _drawn(await looking.graph_of_process(tx, version_id, number), request, wanted)


@router.get(
    "/procedures/{key:path}/processes/{number}/graph",
    responses=SHAPES,
    response_class=Drawing,
    summary="A process of a procedure as last published, drawn",
)
async def draw_process_of(
    key: Key, number: Place, tx: Tx, request: Request, officer: Annotated[Officer, may(Action.SEE_PROCESSES)], wanted: As = None
) -> Response:
    return _drawn(await looking.graph_of_process(tx, await looking.newest_version(tx, key), number), request, wanted)


@router.get("/cases/{name}/graph", responses=SHAPES, response_class=Drawing, summary="A case's way through its process, drawn")
async def draw_case(
    name: Name, tx: Tx, request: Request, officer: Annotated[Officer, may(Action.SEE_CASES)], wanted: As = None
) -> Response:
    """Done, current and next; turns taken, steps skipped, opinions asked. No reason and no question is drawn."""
    return _drawn(await looking.graph_of_case(tx, name, officer), request, wanted)


def _drawn(graph: Graph, request: Request, wanted: Format | None) -> Response:
    asked_for = request.headers.get("accept", "")
    plain = "text/plain" in asked_for and "svg" not in asked_for
    media, draw = MEDIA[wanted or (Format.MERMAID if plain or "mermaid" in asked_for else Format.SVG)]
    return Response(draw(graph), headers=LOCKED, media_type="text/plain" if plain and not wanted else media)

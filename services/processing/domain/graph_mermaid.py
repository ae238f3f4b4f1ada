"""A graph in the words of Mermaid (https://mermaid.js.org): text that draws itself wherever that is understood."""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from services.processing.domain.graph import Edge, Graph, Look, Node, Way

LONGEST: Final = 160
CLASSES: Final[dict[Look, str]] = {
    Look.PLAIN: "fill:#ffffff,stroke:#5b6b7b,color:#1d2733",
    Look.DONE: "fill:#dcf3e3,stroke:#2b8a4b,color:#12351f",
    Look.CURRENT: "fill:#d9e9ff,stroke:#1459b8,color:#0b2750,stroke-width:3px",
    Look.NEXT: "fill:#fff6d6,stroke:#b7860b,color:#4a3700,stroke-dasharray:6 3",
    Look.LATER: "fill:#f4f5f7,stroke:#9aa5b1,color:#44505c",
    Look.SKIPPED: "fill:#ffffff,stroke:#9aa5b1,color:#7a8591,stroke-dasharray:2 4",
}
ARROWS: Final[dict[Way, str]] = {Way.ON: "-->", Way.TURN: "-.->", Way.TAKEN: "==>"}
UNSAFE: Final = re.compile(r"[^\w\s.,:;/()·–+%!?'-]")


def mermaid(graph: Graph) -> str:
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield "flowchart TD"
    yield f"    %% {' '.join(graph.title.split())}"
    for place, (stage, nodes) in enumerate(groupby(graph.nodes, key=lambda node: node.stage)):
        if stage:
            yield f'    subgraph g{place}["{_said(stage)}"]'
        yield from (_node(node) for node in nodes)
        if stage:
            yield "    end"
    for place, asked in enumerate(graph.asked):
        yield f'    k{place}{{{{"Lấy ý kiến: {_said(asked.title)}<br/>{_said(asked.text)}"}}}}:::asked'
        yield f"    s{asked.step} -.- k{place}"
    yield from (_edge(edge) for edge in graph.edges)
    yield from (f"    classDef {look} {style}" for look, style in CLASSES.items())
    yield "    classDef asked fill:#f1e8ff,stroke:#6d3fc0,color:#2e1560"


def _node(node: Node) -> str:
    said = [f"<b>{_said(node.title)}</b>", _said(node.action), f"<i>{_said(node.time)}</i>" if node.time else ""]
    opens, closes = ("([", "])") if node.outside else ("[", "]")
    return f'    s{node.number}{opens}"{"<br/>".join(filter(None, said))}"{closes}:::{node.look}'


def _edge(edge: Edge) -> str:
    label = f'|"{_said(edge.label)}"|' if edge.label else ""
    return f"    s{edge.start} {ARROWS[edge.way]}{label} s{edge.end}"


def _said(text: str) -> str:
    """Cut to what a box can hold; whatever could mean something to Mermaid or to a browser as an entity."""
    short = " ".join(text.split())
    short = short if len(short) <= LONGEST else short[: LONGEST - 1].rstrip() + "…"
    return UNSAFE.sub(lambda found: f"#{ord(found.group())};", short)

"""A graph as a picture: SVG 1.1, drawn by ourselves, with nothing in it that is fetched or run.

Steps stand under each other; turns run at their left, opinions at their right. Fonts are the reader's own, so widths are those of a
wide one, and text is wrapped by them.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from xml.sax.saxutils import escape

from services.processing.domain.consultation import Standing
from services.processing.domain.graph import Asked, Edge, Graph, Look, Node, Way

LEFT, BOX, GAP, SIDE = 150, 620, 34, 330
"""Widths: the lanes of turns, a step, the room between things, an opinion."""
TITLE, TEXT, SMALL = 14.0, 12.5, 11.5
LINE: Final = 1.35
MOST_LINES: Final = 6
NARROW, WIDE = frozenset("iljtfrI.,;:'|!()[]/ -·"), frozenset("mwMWQOGD@%&")


@dataclass(frozen=True)
class Paint:
    """How something looks: filled with, drawn with, written in, and dashed how."""

    fill: str
    stroke: str
    ink: str
    width: float = 1.4
    dash: str = ""
    word: str = ""


PAINTS: Final[dict[Look, Paint]] = {
    Look.PLAIN: Paint("#ffffff", "#5b6b7b", "#1d2733"),
    Look.DONE: Paint("#dcf3e3", "#2b8a4b", "#12351f", word="Đã xong"),
    Look.CURRENT: Paint("#d9e9ff", "#1459b8", "#0b2750", 3, word="Đang thực hiện"),
    Look.NEXT: Paint("#fff6d6", "#b7860b", "#4a3700", 1.8, "7 4", "Tiếp theo"),
    Look.LATER: Paint("#f4f5f7", "#9aa5b1", "#44505c", word="Chưa đến"),
    Look.SKIPPED: Paint("#ffffff", "#9aa5b1", "#7a8591", 1.2, "2 4", "Bỏ qua"),
}
ASKED: Final[dict[Standing, Paint]] = {
    Standing.AWAITED: Paint("#f1e8ff", "#6d3fc0", "#2e1560", 1.6, "7 4", "Đang chờ ý kiến"),
    Standing.OVERDUE: Paint("#ffe3e0", "#c0392b", "#5c1710", 1.8, word="Quá hạn, chưa có ý kiến"),
    Standing.ANSWERED: Paint("#f1e8ff", "#6d3fc0", "#2e1560", word="Đã có ý kiến"),
    Standing.DEEMED_CONSENT: Paint("#f1e8ff", "#6d3fc0", "#2e1560", 1.4, "2 4", "Quá hạn, coi như đồng ý"),
}
WAYS: Final[dict[Way, Paint]] = {
    Way.ON: Paint("none", "#5b6b7b", "#1d2733", 1.6),
    Way.TURN: Paint("none", "#b7860b", "#4a3700", 1.5, "6 4"),
    Way.TAKEN: Paint("none", "#c0392b", "#c0392b", 2.4),
}
LATE: Final = "#c0392b"
STAGE: Final = Paint("#f7f9fc", "#cfd8e3", "#44505c", 1)


@dataclass(frozen=True)
class Placed:
    """A step in its place."""

    node: Node
    top: float
    height: float
    title: Sequence[str]
    action: Sequence[str]
    time: Sequence[str]

    @property
    def middle(self) -> float:
        return self.top + self.height / 2

    @property
    def bottom(self) -> float:
        return self.top + self.height


def svg(graph: Graph) -> str:
    head = _wrapped(graph.title, 18, LEFT + BOX - 40)
    under = _wrapped(graph.subtitle, TEXT, LEFT + BOX - 40)[:3]
    top = 30 + len(head) * 18 * LINE + len(under) * TEXT * LINE + 16
    placed = tuple(_place(graph, top))
    width = LEFT + BOX + GAP + (SIDE + GAP if graph.asked else 0)
    height = (placed[-1].bottom if placed else top) + 30
    legend = _legend(graph, height)
    sides = tuple(_sides(graph, placed))
    height = max([height + (30 if legend else 0), *(side.top + side.height + 20 for side in sides)])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
        " role=\"img\" font-family=\"'Noto Sans', 'DejaVu Sans', Arial, sans-serif\">",
        f"<title>{_safe(graph.title)}</title><desc>{_safe(graph.subtitle)}</desc>",
        "<defs>" + "".join(_arrow_head(way) for way in Way) + "</defs>",
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        _lines(head, 20, 30, 18, "#1d2733", bold=True),
        _lines(under, 20, 30 + len(head) * 18 * LINE, TEXT, "#5b6b7b"),
        *_stages(placed),
        *_edges(graph, placed),
        *(_step(one) for one in placed),
        *_result_line(graph, placed),
        *(_side(side, placed) for side in sides),
        legend,
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


# ------------------------------------------------------------------------------------------------ places


def _place(graph: Graph, top: float) -> Iterator[Placed]:
    stage: str | None = None
    for node in graph.nodes:
        if node.stage != stage:
            stage = node.stage
            top += 30 if stage else 10
        if graph.ends_after == node.number - 1:
            top += 26
        badge = _width(PAINTS[node.look].word, SMALL) + 20 if PAINTS[node.look].word else 0
        title = _wrapped(node.title, TITLE, BOX - 36 - badge)
        action = _cut(_wrapped(node.action, TEXT, BOX - 36))
        time = _wrapped(node.time, SMALL, BOX - 36)
        height = 20 + len(title) * TITLE * LINE + len(action) * TEXT * LINE + len(time) * SMALL * LINE + (4 if time else 0)
        yield Placed(node, top, height, title, action, time)
        top += height + GAP


@dataclass(frozen=True)
class Side:
    """An opinion in its place, beside its step."""

    asked: Asked
    top: float
    height: float
    lines: Sequence[str]


def _sides(graph: Graph, placed: Sequence[Placed]) -> Iterator[Side]:
    free = 0.0
    for asked in sorted(graph.asked, key=lambda one: one.step):
        lines = [*_wrapped(f"Lấy ý kiến: {asked.title}", TEXT, SIDE - 24), asked.text, ASKED[asked.standing].word]
        top = max(free, placed[asked.step - 1].top)
        height = 16 + len(lines) * TEXT * LINE
        yield Side(asked, top, height, lines)
        free = top + height + 14


# ------------------------------------------------------------------------------------------------ drawing


def _step(one: Placed) -> str:
    paint = PAINTS[one.node.look]
    top = one.top + 10
    parts = [
        f'<g class="step {one.node.look}" data-step="{one.node.number}">',
        _box(LEFT, one.top, BOX, one.height, paint, radius=one.height / 2.2 if one.node.outside else 9),
        _lines(one.title, LEFT + 18, top, TITLE, paint.ink, bold=True),
    ]
    if paint.word:
        parts.append(_lines([paint.word], LEFT + BOX - 16, top, SMALL, paint.ink, bold=True, end=True))
    top += len(one.title) * TITLE * LINE
    parts.append(_lines(one.action, LEFT + 18, top, TEXT, paint.ink))
    top += len(one.action) * TEXT * LINE + 4
    parts.append(_lines(one.time, LEFT + 18, top, SMALL, LATE if one.node.late else paint.ink, italic=True))
    return "".join([*parts, "</g>"])


def _side(side: Side, placed: Sequence[Placed]) -> str:
    paint, left = ASKED[side.asked.standing], LEFT + BOX + GAP
    step = placed[side.asked.step - 1]
    y = min(max(side.top + 14, step.top), step.bottom)
    link = f'<path d="M{LEFT + BOX} {y:.1f} L{left} {side.top + 14:.1f}" fill="none" stroke="{paint.stroke}" stroke-dasharray="3 3"/>'
    said = _lines(side.lines, left + 12, side.top + 8, TEXT, paint.ink)
    return f'<g class="asked {side.asked.standing}">{link}{_box(left, side.top, SIDE, side.height, paint, radius=14)}{said}</g>'


def _edges(graph: Graph, placed: Sequence[Placed]) -> Iterator[str]:
    lanes: list[tuple[int, int]] = []
    for edge in graph.edges:
        start, end, paint = placed[edge.start - 1], placed[edge.end - 1], WAYS[edge.way]
        if edge.way is Way.ON:
            x = LEFT + BOX / 2
            yield _path(f"M{x} {start.bottom:.1f} L{x} {end.top - 3:.1f}", paint, edge)
            continue
        low, high = sorted((edge.start, edge.end))
        lane = next((at for at in range(len(lanes)) if low > lanes[at][1]), len(lanes))
        lanes[lane : lane + 1] = [(low, high)]
        x = max(LEFT - 34 - lane * 20, 24)
        leaves, enters = start.middle + (8 if edge.end < edge.start else -8), end.middle - 8
        yield _path(
            f"M{LEFT} {leaves:.1f} C{x} {leaves:.1f} {x} {leaves:.1f} {x} {(leaves + enters) / 2:.1f}"
            f" S{x} {enters:.1f} {LEFT - 4} {enters:.1f}",
            paint,
            edge,
        )
        if edge.label:
            yield _lines([edge.label], x - 4, (leaves + enters) / 2 - 8, SMALL, paint.ink, bold=True, end=True)


def _stages(placed: Sequence[Placed]) -> Iterator[str]:
    for stage, group in groupby(placed, key=lambda one: one.node.stage):
        if stage:
            rows = list(group)
            top, bottom = rows[0].top - 28, rows[-1].bottom + 12
            box = _box(LEFT - 14, top, BOX + 28, bottom - top, STAGE, radius=12)
            yield box + _lines(_wrapped(stage, SMALL, BOX)[:1], LEFT, top + 6, SMALL, "#44505c", bold=True)


def _result_line(graph: Graph, placed: Sequence[Placed]) -> Iterator[str]:
    if graph.ends_after and graph.ends_after < len(placed):
        y = placed[graph.ends_after].top - 14
        line = f'<path d="M{LEFT - 10} {y:.1f} H{LEFT + BOX + 10}" stroke="#9aa5b1" stroke-dasharray="2 5"/>'
        yield line + _lines(["Sau khi có kết quả: không tính vào thời hạn"], LEFT + BOX, y - 16, SMALL, "#5b6b7b", end=True)


def _legend(graph: Graph, top: float) -> str:
    found = [PAINTS[look] for look in Look if PAINTS[look].word and any(node.look is look for node in graph.nodes)]
    parts: list[str] = []
    x = float(LEFT)
    for paint in found:
        parts += [_box(x, top, 26, 14, paint, radius=4), _lines([paint.word], x + 32, top - 1, SMALL, "#44505c")]
        x += 32 + _width(paint.word, SMALL) + 22
    return "".join(parts)


# ------------------------------------------------------------------------------------------------ strokes


def _box(x: float, y: float, width: float, height: float, paint: Paint, *, radius: float) -> str:
    dash = f' stroke-dasharray="{paint.dash}"' if paint.dash else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{min(radius, 22):.1f}" fill="{paint.fill}"'
        f' stroke="{paint.stroke}" stroke-width="{paint.width}"{dash}/>'
    )


def _path(course: str, paint: Paint, edge: Edge) -> str:
    dash = f' stroke-dasharray="{paint.dash}"' if paint.dash else ""
    return (
        f'<path class="{edge.way}" data-from="{edge.start}" data-to="{edge.end}" d="{course}" fill="none" stroke="{paint.stroke}"'
        f' stroke-width="{paint.width}"{dash} marker-end="url(#{edge.way})"/>'
    )


def _arrow_head(way: Way) -> str:
    return (
        f'<marker id="{way}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse"'
        f' orient="auto"><path d="M0 0 L10 5 L0 10 z" fill="{WAYS[way].stroke}"/></marker>'
    )


def _lines(
    lines: Sequence[str], x: float, top: float, size: float, ink: str, *, bold: bool = False, italic: bool = False, end: bool = False
) -> str:
    how = (' font-weight="bold"' if bold else "") + (' font-style="italic"' if italic else "") + (' text-anchor="end"' if end else "")
    spans = (
        f'<text x="{x:.1f}" y="{top + size + number * size * LINE:.1f}" font-size="{size}" fill="{ink}"{how}>{_safe(line)}</text>'
        for number, line in enumerate(lines)
    )
    return "".join(spans)


# ------------------------------------------------------------------------------------------------ words


def _safe(text: str) -> str:
    """As XML wants it: composed letters, no characters it forbids."""
    allowed = (letter for letter in unicodedata.normalize("NFC", text) if letter >= " " and letter not in "\x7f\ufffe\uffff")
    return escape("".join(allowed), {'"': "&quot;"})


def _wrapped(text: str, size: float, room: float) -> list[str]:
    """Lines no wider than the room, cut between words; a word that is wider is cut too."""
    lines: list[str] = []
    line = ""
    for word in unicodedata.normalize("NFC", text).split():
        grown = f"{line} {word}" if line else word
        if _width(grown, size) <= room:
            line = grown
            continue
        if line:
            lines.append(line)
        while _width(word, size) > room:
            fits = next(length for length in range(len(word) - 1, 0, -1) if length == 1 or _width(word[:length], size) <= room)
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return [*lines, line] if line else lines


def _cut(lines: Sequence[str]) -> Sequence[str]:
    return lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], lines[MOST_LINES - 1].rstrip(" .,;") + " …"]


def _width(text: str, size: float) -> float:
    return sum(_letter(letter) for letter in text) * size


def _letter(letter: str) -> float:
    base = unicodedata.normalize("NFD", letter)[0]
    if base in NARROW:
        return 0.36
    if base in WIDE:
        return 0.92
    return 0.72 if base.isupper() or ord(base) > 0x24F else 0.62

"""Charts as SVG, for pages without scripts and for the window.

Their style is `resources/templates/chart.css`, whose colours the page or the theme gives; dashes, markers,
outlines and labels tell the same apart without colour. All texts come in ready to be read.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from hitl_desktop.workflows.quality.chart_values import (
    PAGE,
    Axis,
    Band,
    Bars,
    Bin,
    HeatCell,
    Matrix,
    Part,
    Room,
    Series,
    Value,
)

_PLOT_HEIGHT, _LEAST_HEIGHT = 240.0, 110.0
_LEFT, _RIGHT = 56, 24
_LINE = 20
_LONGEST = 24
_CHAR = 7.2
"""About how wide a letter is at the size of the labels."""


@dataclass(frozen=True, slots=True)
class _Area:
    """The part of a figure in which values are drawn."""

    left: float
    top: float
    right: float
    bottom: float


def _tag(name: str, content: str = "", **attributes: object) -> str:
    """An element; `content` is markup, attributes are escaped (`class_`, `text_anchor`)."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{given}>{content}</{name}>"


def _number(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _text(words: str, x: float, y: float, *, anchor: str = "start", kind: str = "label") -> str:
    return _tag("text", escape(words), x=x, y=y, text_anchor=anchor, class_=kind)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return _tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def _rect(left: float, top: float, right: float, bottom: float, kind: str, opacity: str | None = None) -> str:
    width, height = right - left, bottom - top
    return _tag("rect", x=left, y=top, width=width, height=height, class_=kind, fill_opacity=opacity)


def _titled(words: str) -> str:
    return _tag("title", escape(words))


def _svg(title: str, height: float, parts: Sequence[str], *, width: float, role: str = "img") -> str:
    return _tag(
        "svg", _titled(title) + "".join(parts),
        viewBox=f"0 0 {width:.0f} {height:.0f}", width=f"{width:.0f}", role=role,
    )  # fmt: skip


def _short(name: str, most: int = _LONGEST) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _marker(number: int) -> str:
    """A disc, a triangle, a square or a diamond about the origin."""
    if number % 4 == 0:
        return _tag("circle", r=4)
    corners = ("0,-5 5,4 -5,4", "-4,-4 4,-4 4,4 -4,4", "0,-5.5 5.5,0 0,5.5 -5.5,0")[number % 4 - 1]
    return _tag("polygon", points=corners)


def _legend(
    entries: Sequence[tuple[str, str]], left: float, width: float = PAGE.width
) -> tuple[list[str], float]:
    """A sample of each thing, drawn about the origin and 28 wide, with its name, in rows as long as there is
    room; and where they end."""
    parts: list[str] = []
    x, y, below = left, 12.0, 12.0
    for sample, name in entries:
        lines = textwrap.wrap(name, max(12, int((width - left - 36) / _CHAR))) or [""]
        long = 36 + max(map(len, lines)) * _CHAR
        if x > left and x + long > width:
            x, y = left, below
        words = "".join(_text(line, 36, 4 + n * 16) for n, line in enumerate(lines))
        parts.append(_tag("g", sample + words, transform=f"translate({x:.1f} {y:.1f})"))
        x, below = x + long + 24, max(below, y + _LINE + 16 * (len(lines) - 1))
    return parts, below


def _line_sample(number: int) -> str:
    kind = f"s{number}"
    return _line(0, 0, 28, 0, f"line {kind}") + _tag(
        "g", _marker(number), class_=f"mark {kind}", transform="translate(14 0)"
    )


def _band_sample() -> str:
    return _rect(0, -7, 28, 7, "target")


def _grid(x: Axis | None, y: Axis | None, area: _Area) -> list[str]:
    """The plot area with a line and a number at each tick, and the titles of the axes."""
    parts = [_rect(area.left, area.top, area.right, area.bottom, "plot")]
    if y is not None:
        for tick in y.ticks:
            at = y.place(tick, area.bottom, area.top)
            parts.append(_line(area.left, at, area.right, at, "grid"))
            parts.append(_text(y.form.format(tick), area.left - 8, at + 4, anchor="end", kind="tick y"))
        parts.append(_text(y.title, area.left, area.top - 10, kind="title"))
    if x is not None:
        for tick in x.ticks:
            at = x.place(tick, area.left, area.right)
            parts.append(_line(at, area.top if y is None else area.bottom, at, area.bottom + 5, "grid"))
            parts.append(_text(x.form.format(tick), at, area.bottom + 19, anchor="middle", kind="tick x"))
        parts.append(_text(x.title, area.right, area.bottom + 37, anchor="end", kind="title"))
    return parts


def line_chart(
    title: str, series: Sequence[Series], x: Axis, y: Axis, band: Band | None = None, room: Room = PAGE
) -> str:
    """Lines through points, with their intervals as bands, and where the values should be."""
    shown = [(number, one) for number, one in enumerate(series) if one.values]
    entries = [(_line_sample(number), one.name) for number, one in shown]
    if band is not None:
        entries.append((_band_sample(), band.name))
    legend, top = _legend(entries, _LEFT, room.width)
    area = _Area(_LEFT, top + 22, room.width - _RIGHT, top + 22 + _plot_height(room, top + 22 + 46))
    parts = [*legend, *_grid(x, y, area)]
    if band is not None:
        edges = (y.place(band.high, area.bottom, area.top), y.place(band.low, area.bottom, area.top))
        parts.append(_rect(area.left, edges[0], area.right, max(edges[1], edges[0] + 1), "target"))
    for number, one in shown:
        parts.extend(_curve(number, one.values, x, y, area))
    parts.append(_line(area.left, area.bottom, area.right, area.bottom, "axis"))
    return _svg(title, area.bottom + 46, parts, width=room.width)


def _plot_height(room: Room, taken: float) -> float:
    """How high the plot area is where the rest of the chart has taken so much."""
    return _PLOT_HEIGHT if room.height is None else max(_LEAST_HEIGHT, room.height - taken)


def _curve(number: int, values: Sequence[Value], x: Axis, y: Axis, area: _Area) -> Iterator[str]:
    def at(where: float, value: float) -> tuple[float, float]:
        return x.place(where, area.left, area.right), y.place(value, area.bottom, area.top)

    kind, known = f"s{number}", [(v.x, v.interval) for v in values if v.interval is not None]
    if len(known) > 1:
        outline = [at(w, i[1]) for w, i in known] + [at(w, i[0]) for w, i in reversed(known)]
        yield _tag("polygon", points=_points(outline), class_=f"range {kind}")
    for where, interval in known:
        (px, low), (_, high) = at(where, interval[0]), at(where, interval[1])
        yield _line(px, low, px, high, f"whisker {kind}")
    yield _tag("polyline", points=_points([at(v.x, v.y) for v in values]), class_=f"line {kind}")
    for value in values:
        px, py = at(value.x, value.y)
        yield _tag(
            "g", _titled(value.words) + _marker(number), class_=f"mark {kind}",
            transform=f"translate({px:.1f} {py:.1f})",
        )  # fmt: skip


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def bar_chart(
    title: str,
    measures: Sequence[str],
    bars: Sequence[Bars],
    x: Axis,
    band: Band | None = None,
    room: Room = PAGE,
) -> str:
    """Horizontal bars, one for each measure of each name, with intervals, and where the values should be."""
    entries = [(_rect(0, -6, 28, 6, f"bar s{n}"), name) for n, name in enumerate(measures)]
    if band is not None:
        entries.append((_band_sample(), band.name))
    high = 17
    row = high * len(measures) + 10
    left = 20 + min(_LONGEST, max((len(b.name) for b in bars), default=1)) * _CHAR
    beside = 16 + max((len(p.label) for b in bars for p in b.parts), default=0) * _CHAR
    legend, top = _legend(entries, left, room.width)
    area = _Area(left, top, room.width - beside, top + row * len(bars))
    parts = [*legend, *_grid(x, None, area)]
    if band is not None:
        ends = (x.place(band.low, area.left, area.right), x.place(band.high, area.left, area.right))
        parts.append(_rect(ends[0], area.top, ends[1], area.bottom, "target"))
    for n, bar in enumerate(bars):
        start = area.top + n * row + 5
        name = _titled(bar.name) + escape(_short(bar.name))
        middle = start + high * len(measures) / 2 + 4
        parts.append(_tag("text", name, x=area.left - 8, y=middle, text_anchor="end", class_="label"))
        for m, part in enumerate(bar.parts):
            parts.append(_bar(part, m, x, area, start + m * high, high - 4))
    parts.append(_line(area.left, area.top, area.left, area.bottom, "axis"))
    return _svg(title, area.bottom + 46, parts, width=room.width)


def _bar(part: Part, number: int, x: Axis, area: _Area, top: float, high: float) -> str:
    middle, inside = top + high / 2, [_titled(part.words)]
    if part.value is not None:
        end = x.place(part.value, area.left, area.right)
        inside.append(_rect(area.left, top, end, top + high, f"bar s{number}"))
        if part.interval is not None:
            low, upper = (x.place(v, area.left, area.right) for v in part.interval)
            inside.extend(_line(low, middle, upper, middle, kind) for kind in ("halo", "error"))
            inside.extend(_line(at, middle - 3, at, middle + 3, "error") for at in (low, upper))
    inside.append(_text(part.label, area.right + 8, middle + 4, kind="tick"))
    return _tag("g", "".join(inside))


def heat_map(title: str, matrix: Matrix, *, axes: tuple[str, str], names: tuple[str, str]) -> str:
    """Counts by row and column, stronger the larger their share of the row; cells may lead to a place of the
    page. `axes` are the titles of rows and columns, `names` what right cells and the others are called."""
    rows, columns = matrix.rows, matrix.columns
    legend, top = _legend([(_shades("right"), names[0]), (_shades("wrong"), names[1])], 12)
    left = 24 + min(_LONGEST, max((len(n) for n in rows), default=1)) * _CHAR
    longest = min(_LONGEST, max((len(n) for n in columns), default=1))
    wide = min(72.0, max(30.0, (PAGE.width - left - 60) / max(1, len(columns))))
    high, slant = 32.0, 40.0
    head = 16 + longest * _CHAR * math.sin(math.radians(slant))
    top += 18 + head
    right = left + wide * len(columns)
    width = max(PAGE.width, right + longest * _CHAR * math.cos(math.radians(slant)))
    parts = [*legend, _text(axes[1], left, top - head - 2, kind="title")]
    parts.append(_text(axes[0], left - 10, top - 10, anchor="end", kind="title"))
    for c, name in enumerate(columns):
        x = left + (c + 0.5) * wide
        words = _titled(name) + escape(_short(name))
        turned = f"rotate(-{slant:.0f} {x:.1f} {top - 8:.1f})"
        parts.append(_tag("text", words, x=x, y=top - 8, class_="label", transform=turned))
    for r, name in enumerate(rows):
        y = top + r * high
        words = _titled(name) + escape(_short(name))
        parts.append(_tag("text", words, x=left - 10, y=y + high / 2 + 4, text_anchor="end", class_="label"))
        for c in range(len(columns)):
            place = _Area(left + c * wide, y, left + (c + 1) * wide, y + high)
            parts.append(_heat_cell(matrix.cells.get((r, c)), place))
    return _svg(title, top + high * len(rows) + 12, parts, width=width, role="group")


def _shades(kind: str) -> str:
    return "".join(
        _rect(n * 7.0, -7, n * 7.0 + 7, 7, f"heat {kind}", opacity)
        for n, opacity in enumerate(("0.08", "0.24", "0.4", "0.55"))
    )


def _heat_cell(cell: HeatCell | None, place: _Area) -> str:
    """Right ones have an outline."""
    box = (place.left + 1, place.top + 1, place.right - 1, place.bottom - 1)
    if cell is None:
        return _rect(*box, "empty")
    kind, opacity = "right" if cell.is_right else "wrong", f"{cell.strength:.2f}"
    inside = _titled(cell.words) + _rect(*box, f"heat {kind}", opacity)
    middle = (place.left + place.right) / 2, (place.top + place.bottom) / 2 + 4
    inside += _text(str(cell.count), *middle, anchor="middle", kind=f"count {kind}")
    return _tag("a", inside, href=f"#{cell.link}") if cell.link else _tag("g", inside)


def reliability_diagram(
    title: str, bins: Sequence[Bin], axes: tuple[Axis, Axis], names: tuple[str, Band], counts: str, room: Room = PAGE
) -> str:  # fmt: skip
    """The share that was right by score against the diagonal, and below it how many boxes that were.

    `names` are those of the points and of the band about the diagonal, whose `high` is its half width.
    """
    x, y = axes
    measured, band = names
    entries = [(_line_sample(0), measured), (_band_sample() + _line(0, 7, 28, -7, "ideal"), band.name)]
    width = min(room.width, _LEFT + 420.0 + _RIGHT)
    legend, top = _legend(entries, _LEFT, width)
    high = 300.0 if room.height is None else max(_LEAST_HEIGHT, room.height - top - 152)
    area = _Area(_LEFT, top + 22, width - _RIGHT, top + 22 + high)
    half = band.high
    corners = (
        (x.low, y.low), (x.low + half, y.low), (x.high, y.high - half), (x.high, y.high),
        (x.high - half, y.high), (x.low, y.low + half),
    )  # fmt: skip
    outline = [(x.place(a, area.left, area.right), y.place(b, area.bottom, area.top)) for a, b in corners]
    parts = [*legend, *_grid(x, y, area)]
    parts.append(_tag("polygon", points=_points(outline), class_="target"))
    parts.append(_line(area.left, area.bottom, area.right, area.top, "ideal"))
    parts.extend(_curve(0, [Value(b.score, b.right, b.interval, b.words) for b in bins], x, y, area))
    parts.append(_line(area.left, area.bottom, area.right, area.bottom, "axis"))
    strip = _Area(area.left, area.bottom + 70, area.right, area.bottom + 118)
    parts.append(_text(counts, strip.left, strip.top - 16, kind="title"))
    most = max((b.boxes for b in bins), default=1) or 1
    for one in bins:
        at = x.place(one.score, strip.left, strip.right)
        tip = strip.bottom - 44 * one.boxes / most
        parts.append(_rect(at - 9, tip, at + 9, strip.bottom, "bar s0"))
        parts.append(_text(str(one.boxes), at, tip - 3, anchor="middle", kind="tick n"))
    parts.append(_line(strip.left, strip.bottom, strip.right, strip.bottom, "axis"))
    return _svg(title, strip.bottom + 12, parts, width=width)

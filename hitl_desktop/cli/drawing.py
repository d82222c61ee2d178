"""Reports on a terminal: the records of `tables`, drawn by rich; imported when there is a terminal to draw on.

Numbers keep their width, words wrap between words, paths are shortened in the middle, and where that is not enough,
whole columns go, which is said below the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from hitl_desktop.cli.forms import value_at
from hitl_desktop.cli.parts import Column, Facts, Kind, Part, Table, Words
from hitl_desktop.cli.widths import GAP, widths_of
from hitl_desktop.terminal import clean, shortened
from hitl_desktop.translation import tr, trn

Line = Sequence[tuple[str, str]]
"""Cells: text and colour."""
_MARKS = {"✓": "+", "✗": "!", "×": "x", "→": ">", "…": "~", "•": "-"}
"""What stands for a sign on a terminal that cannot show it; the words beside it say the same."""


def draw(report: Mapping[str, Any], parts: Sequence[Part], console: Console) -> None:
    """Print the parts of a report that hold something, with an empty line between two of them."""
    for number, part in enumerate(_drawn(report, parts, console)):
        if number:
            console.print()
        console.print(part)


def _drawn(report: Mapping[str, Any], parts: Sequence[Part], console: Console) -> Iterator[RenderableType]:
    for part in parts:
        match part:
            case Facts():
                drawn = _facts(report, part, console)
            case Table():
                drawn = _table(report, part, console)
            case Words():
                drawn = _words(report, part, console)
        if drawn is not None:
            yield drawn


def _facts(report: Mapping[str, Any], part: Facts, console: Console) -> RenderableType | None:
    lines: list[tuple[Column, str, str]] = []
    for column in part.lines:
        found = value_at(report, column.key)
        text = _shown(column.form(found), console)
        if text:
            lines.append((column, text, column.style(found)))
    if not lines:
        return None
    titles = max(cell_len(column.title) for column, _, _ in lines)
    room = max(console.width - titles - GAP, 1)
    grid = RichTable.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    grid.add_column(no_wrap=True, width=titles)
    grid.add_column(overflow="fold")
    for column, text, style in lines:
        value = shortened(text, room) if column.kind is Kind.PATH else text
        grid.add_row(Text(column.title, style="dim"), Text(_shown(value, console), style=style))
    return _titled(part.title, grid)


def _table(report: Mapping[str, Any], part: Table, console: Console) -> RenderableType | None:
    found = value_at(report, part.key)
    rows = _rows(part.rows(found)) if found else []
    if not rows:
        return None
    shown = rows[: part.most]
    columns, lines = _filled(part.columns, [[_cell(row, c, console) for c in part.columns] for row in shown])
    widths = widths_of(columns, [[text for text, _ in line] for line in lines], console.width)
    remarks = [
        *_left_out(len(rows) - len(shown)),
        *_too_narrow([column.title for n, column in enumerate(columns) if n not in widths]),
    ]
    table = _set(columns, lines, widths, console)
    return _titled(part.title, table, *(Text(remark, style="dim") for remark in remarks))


def _filled(columns: Sequence[Column], lines: Sequence[Line]) -> tuple[list[Column], list[Line]]:
    """Without the columns that are empty in every line."""
    filled = [n for n in range(len(columns)) if any(line[n][0] for line in lines)]
    return [columns[n] for n in filled], [[line[n] for n in filled] for line in lines]


def _set(
    columns: Sequence[Column],
    lines: Sequence[Line],
    widths: Mapping[int, int],
    console: Console,
) -> RichTable:
    """The columns that have a width, as a table of rich."""
    table = RichTable(
        box=box.SIMPLE_HEAD,  # which has a space between columns, beside the padding
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
    )
    for n, width in widths.items():
        table.add_column(
            Text(columns[n].title),
            width=width,
            justify="right" if columns[n].kind is Kind.NUMBER else "left",
            no_wrap=columns[n].kind is not Kind.WORDS,
            overflow="fold",
        )
    for line in lines:
        table.add_row(*(_fitted(columns[n], *line[n], width, console) for n, width in widths.items()))
    return table


def _cell(row: Mapping[str, Any], column: Column, console: Console) -> tuple[str, str]:
    value = value_at(row, column.key)
    return _shown(column.form(value), console), column.style(value)


def _fitted(column: Column, text: str, style: str, width: int, console: Console) -> Text:
    fits = shortened(text, width) if column.kind is Kind.PATH else text
    return Text(_shown(fits, console), style=style)


def _rows(found: Any) -> list[dict[str, Any]]:
    """Records as they are, single values and the entries of a mapping under the names of `Table`."""
    if isinstance(found, Mapping):
        pairs: Mapping[str, Any] = found
        return [
            {"name": k, **v} if isinstance(v, Mapping) else {"name": k, "value": v} for k, v in pairs.items()
        ]
    return [dict(one) if isinstance(one, Mapping) else {"value": one} for one in found]


def _words(report: Mapping[str, Any], part: Words, console: Console) -> RenderableType | None:
    held = value_at(report, part.key)
    found = part.form(held) if held is not None else None
    if not found:
        return None
    if isinstance(found, str):
        return _titled(part.title, Text(_shown(found, console), style=part.style))
    listed = RichTable.grid(padding=(0, 1, 0, 0))
    listed.add_column(no_wrap=True)
    listed.add_column(overflow="fold")
    for one in found:
        listed.add_row(_shown("•", console), Text(_shown(str(one), console), style=part.style))
    return _titled(part.title, listed)


def _titled(title: str, *drawn: RenderableType) -> RenderableType:
    return Group(Text(title, style="bold"), *drawn) if title else Group(*drawn)


def _left_out(count: int) -> Iterator[str]:
    if count:
        yield trn("... and {n} more (--json lists all)", "... and {n} more (--json lists all)", count)


def _too_narrow(titles: Sequence[str]) -> Iterator[str]:
    if titles:
        yield tr("The terminal is too narrow for: {columns}.", columns=", ".join(titles))


def _shown(text: str, console: Console) -> str:
    """As this terminal can show it."""
    text = clean(text)
    if not console.encoding.startswith("utf"):
        for mark, plain in _MARKS.items():
            text = text.replace(mark, plain)
    return text

"""A table of text within 80 columns: for the terminal, and in Markdown. Cells are never cut.

Where a table is too wide, its spare columns are left out; where that is not enough, it is turned on its side, so that a
row becomes a column, and rows before the last are left out.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

WIDTH = 80  # characters that a terminal has at least

Table = list[list[str]]
"""Head and rows; the first column holds the labels of the rows."""


class Column(NamedTuple):
    """Attributes: its head, its text for each row, and whether it can be left out: not at 0, else the highest first."""

    head: str
    texts: Sequence[str]
    spare: int = 0


def fitted(columns: Sequence[Column]) -> Table:
    """The table without the spare columns that there is no room for; with all of them where that is not enough."""
    kept = list(columns)
    while _width(_table(kept)) > WIDTH:
        spare = max(kept, key=lambda column: column.spare)
        if not spare.spare:
            return _table(columns)
        kept.remove(spare)
    return _table(kept)


def show(columns: Sequence[Column], console: Console, *, more: str = "", bold: bool = True) -> None:
    """Print a table.

    Args:
        columns: the labels of the rows come first.
        console: where to.
        more: where to find what there is no room for, to be added in a line; none is added where this is empty.
        bold: whether the first row stands out.
    """
    table = fitted(columns)
    without = [column.head for column in columns if column.head not in table[0]]
    turned = _width(table) > WIDTH
    if turned:
        table, without = _turned(table)
    for line in _lines(table, bold=1 if bold else -1, by_column=turned):
        console.print(line, soft_wrap=True)
    if without and more:
        named = f" No room for {', '.join(without)}: {more}."
        console.print(named if len(named) <= WIDTH else f" No room for {len(without)} more: {more}.", soft_wrap=True)


def markdown(table: Table) -> list[str]:
    """The lines of a table in Markdown."""
    head, *rows = table
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)]


def _table(columns: Sequence[Column]) -> Table:
    return [[column.head for column in columns], *map(list, zip(*(c.texts for c in columns), strict=True))]


def _turned(table: Table) -> tuple[Table, list[str]]:
    """The table on its side with the rows that there is room for, the last always; and the heads of those left out."""
    head, *rows = table
    without: list[str] = []
    while len(rows) > 2 and _width(_transposed([head, *rows])) > WIDTH:
        without.insert(0, " ".join(rows.pop(-2)[:2]).strip())
    return _transposed([head, *rows]), without


def _transposed(table: Table) -> Table:
    return [list(row) for row in zip(*table, strict=True)]


def _lines(table: Table, *, bold: int, by_column: bool) -> list[Text]:
    """Head, rule and rows, as close together as need be; the row or column at `bold` in bold."""
    gap = " " * (2 if _width(table, 2) <= WIDTH else 1)
    aligned = _transposed([_aligned(at, cells) for at, cells in enumerate(_transposed(table))])
    lines = []
    for row, cells in enumerate(aligned):
        line = Text(" ")
        for column, cell in enumerate(cells):
            line.append(f"{gap if column else ''}{cell}", "bold" if (column if by_column else row) == bold else "")
        line.rstrip()
        lines.append(line)
    lines.insert(1, Text(" " + "─" * (_width(table, len(gap)) - 1)))
    return lines


def _aligned(at: int, cells: list[str]) -> list[str]:
    """The cells of a column as wide as each other: to the right where there are numbers among them."""
    width = max(map(len, cells))
    numbers = at > 0 and any(cell[:1].isdigit() or cell[1:2].isdigit() for cell in cells[1:])
    return [cell.rjust(width) if numbers else cell.ljust(width) for cell in cells]


def _width(table: Table, gap: int = 1) -> int:
    """Characters across, with `gap` of them between columns and one before the first."""
    return sum(max(map(len, cells)) + gap for cells in _transposed(table)) - gap + 1

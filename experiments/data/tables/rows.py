"""Rows of a text table that are no data: blank rows, and a row of totals at the end."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from knobwise.experiments.data.tables import convert, recognize
from knobwise.experiments.data.tables.refusal import Unusable
from knobwise.experiments.text import counted

_WORDS = frozenset(
    {
        *("total", "totals", "grand total", "sum", "sums", "subtotal", "average", "avg", "mean", "overall"),
        *("summe", "gesamt", "gesamtsumme", "insgesamt", "mittelwert", "somme", "totale", "suma", "totaal"),
    }
)
_FEWEST = 4  # rows above a total
_CLOSE = 1e-4  # relative difference of a total, which may be rounded


class Rows(NamedTuple):
    """The rows of data.

    Attributes:
        table: their cells as texts, null where missing.
        lines: an index with the line of each in the file, named `convert.LINE`, or the row.
        notes: what is to be said of the others, a line each.
    """

    table: pa.Table
    lines: pd.Index
    notes: tuple[str, ...]


def of_data(table: pa.Table, index: pd.Index) -> Rows:
    """The rows of `table` without blank ones and without a total at the end."""
    notes = []
    if table.num_rows and all(column.null_count for column in table.columns):
        blank = np.ones(table.num_rows, dtype=np.bool_)
        for column in table.columns:
            blank &= pc.is_null(column).to_numpy()
        if blank.any() and not blank.all():
            count = int(blank.sum())
            notes.append(f"{counted(count, 'blank row')}: left out, the first in {_where(index, int(blank.argmax()))}")
            table, index = table.filter(pa.array(~blank)), index[~blank]
    if _ends_in_total(table):
        notes.append(f"the last row, {_where(index, table.num_rows - 1)}: left out, a total of the rows above it")
        table, index = table.slice(0, table.num_rows - 1), index[:-1]
    return Rows(table, index, tuple(notes))


def _where(index: pd.Index, row: int) -> str:
    return convert.place(pd.Series(np.nan, index), row)


def _ends_in_total(table: pa.Table) -> bool:
    """Whether the last row has a word for a total, or few cells, and sums up the column above one of them."""
    if table.num_rows <= _FEWEST or table.num_columns < 2:
        return False
    last = [column[table.num_rows - 1].as_py() for column in table.columns]
    word = next((at for at, cell in enumerate(last) if cell and cell.strip().rstrip(":").lower() in _WORDS), None)
    empty = sum(cell is None for cell in last)
    if word is None and 2 * empty < len(last):
        return False
    if word is not None:
        above = table.column(word).slice(0, table.num_rows - 1)
        if pc.any(pc.equal(above, last[word])).as_py():
            return False  # a category that has this name
        if empty:
            return True
    return any(_sums_up(table.column(at), word is not None) for at, cell in enumerate(last) if cell and at != word)


def _sums_up(column: pa.ChunkedArray, or_mean: bool) -> bool:
    """Whether the last cell is the sum of those above, or their mean."""
    cells = column.to_pandas().astype("str")
    try:
        values = pd.to_numeric(cells, errors="coerce")
        if values[cells.notna()].isna().any():
            values = recognize.column(cells, ".").cells
        numbers = convert.numbers(values)
    except (Unusable, convert.RowError):
        return False
    above, last = numbers[:-1], numbers[-1]
    total = float(np.nansum(above))
    large = abs(total) > np.nanmax(np.abs(above), initial=0.0)
    return bool(
        (large and np.isclose(last, total, rtol=_CLOSE, atol=0))
        or (or_mean and np.isclose(last, np.nanmean(above), rtol=_CLOSE, atol=0))
    )

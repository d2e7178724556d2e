"""A file of the user's as numbers: columns by name, checked cell by cell."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.data.tables import reading
from knobwise.experiments.text import nearest
from knobwise.sweeps.engine.errors import BadInput


def check(file: Path) -> None:
    """Refuse a file that cannot be read, before anything slow is done for it.

    Raises:
        BadInput: it is not there, or not of a kind that is known.
    """
    try:
        reading.check(file)
    except ValueError as error:
        raise BadInput(str(error)) from None


def read(file: Path, names: list[str]) -> NDArray[np.float64]:
    """The columns `names` of `file` `(rows, len(names))`; other columns are left alone. Notes go to stderr.

    Raises:
        BadInput: no such file, not one of a kind that is known, broken or empty, without a column, or with a cell that
            is not a finite number; one line that says where.
    """
    try:
        opened = reading.open_table(file)
    except ValueError as error:
        raise BadInput(str(error)) from None
    table = opened.table
    sys.stderr.write("".join(f"{note}\n" for note in opened.notes))
    missing = [name for name in names if name not in table]
    if missing:
        there = [str(name) for name in table]
        raise BadInput(
            f"the file must have the columns {', '.join(names)}, got {str(file)!r} without {', '.join(missing)}; "
            f"it has {', '.join(there) or 'none'}{nearest(missing[0], there)}"
        )
    return np.column_stack([_numbers(table[name], name, file) for name in names])


def _numbers(column: "pd.Series[float]", name: str, file: Path) -> NDArray[np.float64]:
    """The column as float64.

    Raises:
        BadInput: a cell is not a finite number; the line names the first.
    """
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    cells = column if numeric else column.astype(str).where(column.notna())  # neither True nor a date is a number
    values = pd.to_numeric(cells, errors="coerce").to_numpy(float)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        cell = column.iloc[wrong[0]]
        got = "an empty cell" if pd.isna(cell) else repr(str(cell))
        more = f" ({wrong.size} such cells in the column)" if wrong.size > 1 else ""
        raise BadInput(
            f"column {name!r} must hold numbers, got {got} in row {wrong[0] + 1} below the column names of "
            f"{str(file)!r}{more}"
        )
    return values

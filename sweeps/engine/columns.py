"""A file of the user's as numbers: CSV, TSV or Parquet, columns by name, checked cell by cell."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sweeps.engine.errors import BadInput, nearest

READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": pd.read_csv,
    ".tsv": lambda file: pd.read_csv(file, sep="\t"),
    ".parquet": pd.read_parquet,
}
"""How a file is read, by what its name ends in."""


def check(file: Path) -> None:
    """Refuse a file that cannot be read, before anything slow is done for it.

    Raises:
        BadInput: it is not there, or not of a kind that is known.
    """
    if file.suffix not in READERS:
        raise BadInput(f"the file must end in {', '.join(READERS)}, got {str(file)!r}")
    if not file.is_file():
        raise BadInput(f"the file must be one that is there, got {str(file)!r}")


def read(file: Path, names: list[str]) -> NDArray[np.float64]:
    """The columns `names` of `file` `(rows, len(names))`; other columns are left alone.

    Raises:
        BadInput: no such file, not one of a kind that is known, broken or empty, without a column, or with a cell that
            is not a finite number; one line that says where.
    """
    check(file)
    try:
        table = READERS[file.suffix](file)
    except pd.errors.EmptyDataError:
        raise BadInput(f"the file must have a line of column names, got {str(file)!r}, which is empty") from None
    except (ValueError, OSError) as error:  # what pandas and pyarrow raise for a file they cannot make sense of
        reason = " ".join(str(error).split())
        raise BadInput(f"the file must be a readable {file.suffix} file, got {str(file)!r}: {reason}") from None
    missing = [name for name in names if name not in table]
    if missing:
        there = [str(name) for name in table]
        raise BadInput(
            f"the file must have the columns {', '.join(names)}, got {str(file)!r} without {', '.join(missing)}; "
            f"it has {', '.join(there) or 'none'}{nearest(missing[0], there)}"
        )
    if table.empty:
        raise BadInput(f"the file must have a row of numbers, got {str(file)!r}, which has column names only")
    return np.column_stack([_numbers(table[name], name, file) for name in names])


def _numbers(column: "pd.Series[float]", name: str, file: Path) -> NDArray[np.float64]:
    """The column as float64.

    Raises:
        BadInput: a cell is not a finite number; the line names the first.
    """
    is_bool = pd.api.types.is_bool_dtype(column)
    values = pd.to_numeric(column.astype(str) if is_bool else column, errors="coerce").to_numpy(float)
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

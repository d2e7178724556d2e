"""Cells as numbers, truth values, dates and names of categories, each refused by column and place if it is none.

This file needs NumPy, pandas and `notation.py` alone, because a served model holds a copy of it.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.data.tables.notation import PLAIN, Notation

Array = NDArray[np.float64]

LINE = "line"
"""The name of an index that has each row's line in its file, from 1; other rows are counted from 1 below the names."""

TRUTHS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("1", "0"), ("1.0", "0.0"))
"""Pairs of words for true and false, in upper or lower case."""

_TRUTH = {word: value for pair in TRUTHS for word, value in zip(pair, (1.0, 0.0), strict=True)}
_DIGITS = "%Y%m%d"  # dates that are whole numbers, 20261231
_SHOWN = 80  # characters of a cell in a message


class RowError(ValueError):
    """Rows that cannot be encoded: one line with the column, the row, the cell and what it must be."""


def place(cells: pd.Series, row: int, start: int = 0) -> str:
    """Where the cell in `row` of `cells` is, for a message; the table's row is `start + row`, both from 0."""
    return f"line {cells.index[row]}" if cells.index.name == LINE else f"row {start + row + 1}"


def refused(cells: pd.Series, row: int, must: str, start: int = 0) -> RowError:
    """The error for the cell in `row` of `cells`, which is the table's row `start + row`, both counted from 0."""
    cell = cells.iloc[row]
    got = "an empty cell" if pd.isna(cell) is True else repr(f"{cell!s:.{_SHOWN}}")
    return RowError(f"column {str(cells.name)!r} must hold {must}, got {got} in {place(cells, row, start)}")


def numbers(cells: pd.Series, start: int = 0, notation: Notation = PLAIN) -> Array:
    """The cells as finite numbers `(n,)`, NaN where one is missing; texts of numbers are accepted.

    Args:
        cells: numbers, or texts in `notation` or as 1234.5.
        start: the row of the table, from 0, that the first of `cells` is.
        notation: how the column writes its numbers.

    Raises:
        RowError: a cell is not a finite number.
    """
    if pd.api.types.is_bool_dtype(cells.dtype) or pd.api.types.is_datetime64_any_dtype(cells.dtype):
        raise refused(cells, int(cells.notna().to_numpy().argmax()), "numbers", start)
    values = _values(cells, notation)
    must = "finite numbers" + (f", as '{notation.unit}' has them" if notation.unit else "")
    refuse_first(cells, (np.isnan(values) & cells.notna().to_numpy()) | np.isinf(values), must, start)
    return values


def truths(cells: pd.Series, start: int = 0, notation: Notation = PLAIN) -> Array:  # noqa: ARG001 as `numbers`
    """The cells as 1 and 0 `(n,)`, NaN where one is missing.

    Raises:
        RowError: a cell is none of `TRUTHS`, in upper or lower case.
    """
    if pd.api.types.is_bool_dtype(cells.dtype):
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    values = cells.astype(object).map(lambda cell: _TRUTH.get(str(cell).strip().lower(), np.nan))
    found = values.to_numpy(dtype=np.float64)
    refuse_first(cells, np.isnan(found) & cells.notna().to_numpy(), "true or false", start)
    return found


def dates(cells: pd.Series, start: int = 0, notation: Notation = PLAIN) -> Array:
    """The cells as days since 1970 `(n,)`, NaN where one is missing; times with a zone are converted to UTC.

    Raises:
        RowError: a cell is not a date written in `notation` or as 2026-12-31, with or without 23:59:59.
    """
    must = "dates, as 2026-12-31"
    texts = cells
    if pd.api.types.is_numeric_dtype(cells.dtype):
        if notation.date != _DIGITS:
            refuse_first(cells, cells.notna().to_numpy(), must, start)
        texts = cells.astype("Int64").astype("str")
    if isinstance(texts.dtype, pd.CategoricalDtype):
        texts = texts.astype(object)
    values = PLAIN.dates(texts) if notation.date != _DIGITS else notation.dates(texts)
    if notation.date and values.isna().any():
        values = values.fillna(notation.dates(texts))
        must = f"dates, as {pd.Timestamp('2026-12-31').strftime(notation.date)}"
    refuse_first(cells, (values.isna() & cells.notna()).to_numpy(), must, start)
    return np.asarray((values.to_numpy(dtype="datetime64[us]") - np.datetime64(0, "us")) / np.timedelta64(1, "D"))


def text(cell: object) -> str:
    """A cell as the name of a category: 1, 1.0 and "1" are the same.

    >>> text(1.0), text(True), text("red")
    ('1', 'True', 'red')
    """
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)


def refuse_first(cells: pd.Series, wrong: NDArray[np.bool_], must: str, start: int, helps: str = "") -> None:
    """Refuse the first cell that is `wrong`, if any; `helps` ends the line with what to do.

    Raises:
        RowError: one is.
    """
    if wrong.any():
        raise RowError(f"{refused(cells, int(wrong.argmax()), must, start)}{helps}")


def _values(cells: pd.Series, notation: Notation) -> Array:
    """The cells as numbers `(n,)`, NaN where one is none."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    if notation == PLAIN:
        values = _plain(cells)
        if not (np.isnan(values) & cells.notna().to_numpy()).any():
            return values
    codes, distinct = pd.factorize(cells)
    texts = pd.Series(distinct.astype(object))
    # A text is read by the notation first: 1.234 may be 1234. What is a number already is not.
    written = texts.map(lambda cell: cell if isinstance(cell, str) else None)
    read = notation.numbers(written.fillna(""))
    read = np.where(np.isnan(read), _plain(texts), read)
    return np.append(read, np.nan)[codes]


def _plain(cells: pd.Series) -> Array:
    return pd.to_numeric(cells.astype(object), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)

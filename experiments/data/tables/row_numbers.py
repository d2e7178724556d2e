"""Columns that number or name the rows, in whatever order and under whatever name: no information for a network."""

import re

import numpy as np
import pandas as pd

_NAMED = re.compile(
    r"unnamed: \d+|(?:.*(?<![a-z]))?(?:id|ids|uuid|index|idx|row_?(?:id|no|nr|num|number|names?)?)|"
    r"(?:user|customer|order|product|patient|passenger|sample|case|record|client|item)_?(?:id|no|nr|number)",
    re.IGNORECASE,
)
_TIMES = re.compile(
    r".*(?:year|jahr|month|monat|week|woche|day|tag|hour|minute|second|time|date|period|epoch|step|season|quarter|age)s?|"
    r"t|yr|y",
    re.IGNORECASE,
)
_YEARS = (1500, 2200)
_SOME = 100
_GAPS = 0.1  # share of the rows
_CAMEL = re.compile(r"[a-z](?:Id|ID|No|Nr|Number|Index)$")


def why(cells: pd.Series) -> tuple[str, bool]:
    """What a column of row numbers is, for a note, and whether it is left out or only to be warned of; "" for others.

    Row numbers are whole, all different, and without gaps, or with a few where they begin at 0 or 1; where the name
    says that they number, any gaps may be there.
    Numbers without gaps that may be times, such as years, are kept with a warning.

    >>> why(pd.Series([2, 0, 1], name="x"))
    ('it numbers the rows, 0 to 2', True)
    >>> why(pd.Series([2020, 2018, 2019], name="x"))
    ('it has each whole number from 2018 to 2020 once', False)
    >>> why(pd.Series([1, 5, 7], name="customer_id"))
    ('it names the rows by 3 different whole numbers', True)
    >>> why(pd.Series([1, 5, 7], name="x"))
    ('', False)
    """
    values = _whole(cells)
    if values is None:
        return "", False
    low, high = int(values.min()), int(values.max())
    name = str(cells.name)
    named = bool(_NAMED.fullmatch(name) or _CAMEL.search(name)) and not _TIMES.fullmatch(name)
    # Rows that were taken out leave gaps in numbers that began at 0 or 1.
    span, few = high - low + 1, _GAPS * values.size
    consecutive = span == values.size or (0 <= low <= 1 + few and span <= values.size + few)
    if not (consecutive or named) or np.unique(values).size < values.size:
        return "", False
    if consecutive:
        if named or not (_TIMES.fullmatch(name) or (_YEARS[0] <= low and high <= _YEARS[1])):
            return f"it numbers the rows, {low} to {high}", True
        return (
            f"it has {'each' if span == values.size else 'nearly each'} whole number from {low} to {high} once",
            False,
        )
    return f"it names the rows by {values.size:,} different whole numbers", True


def _whole(cells: pd.Series) -> np.ndarray | None:
    """The cells as whole numbers; None where one is missing or none. Texts of digits may have leading zeros."""
    if not len(cells) or cells.isna().any() or pd.api.types.is_bool_dtype(cells.dtype):
        return None
    if isinstance(cells.dtype, pd.CategoricalDtype | pd.StringDtype):
        if cells.nunique() < len(cells) or not cells.astype("str").str.fullmatch(r"\d{1,15}").all():
            return None
        cells = cells.astype("str").astype(np.int64)
    if not pd.api.types.is_numeric_dtype(cells.dtype):
        return None
    if pd.api.types.is_integer_dtype(cells.dtype):
        return cells.to_numpy(dtype=np.int64)
    values = cells.to_numpy(dtype=np.float64)
    if not np.array_equal(values[:_SOME], np.round(values[:_SOME])):  # most columns are known by their first cells
        return None
    return values if np.isfinite(values).all() and np.array_equal(values, np.round(values)) else None

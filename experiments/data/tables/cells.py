"""The type of a column of texts: numbers, truth values, dates or texts, decided from all of its cells."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

MISSING = (
    "",
    "#N/A",
    "#NA",
    "-nan",
    "-NaN",
    "<NA>",
    "N/A",
    "NA",
    "NaN",
    "None",
    "NULL",
    "n/a",
    "nan",
    "null",
)
"""Cells that are missing values."""

_ISO = r"\d{4}-\d{2}"  # how a date begins; "2026" alone is a number
_TRUTH = {"true": True, "false": False}


def understood(column: pa.ChunkedArray, is_text: bool = False, comma: bool = False) -> Any:
    """The column as pandas holds it: numbers, `boolean`, `datetime64`, or `category` of texts.

    Args:
        column: texts, null where the cell is missing.
        is_text: leave them as texts, also where they look like numbers.
        comma: whether numbers may have a decimal comma in this file, so that 1.234 may be 1234.

    >>> understood(pa.chunked_array([["1", None, "2.5"]]))
    array([1. , nan, 2.5])
    >>> understood(pa.chunked_array([["2026-01-31", None]])).dtype.kind
    'M'
    >>> list(understood(pa.chunked_array([["red", "1"]])).categories)
    ['red', '1']
    >>> list(understood(pa.chunked_array([["01067", "53111"]])).categories)
    ['01067', '53111']
    """
    coded = is_text or _has_leading_zeros(column)
    if not coded and not (comma and _may_have_thousands(column)):
        for kind in (pa.int64(), pa.float64()):
            try:
                return pc.cast(column, kind).to_numpy()
            except pa.ArrowInvalid:
                continue
    codes, values = _distinct(column)
    return pd.Categorical.from_codes(codes, values) if coded else _typed(codes, values, comma)


def _has_leading_zeros(column: pa.ChunkedArray) -> bool:
    """Whether a cell is a code such as 01067, which is no number though it has digits alone."""
    zeros = column.filter(pc.and_(pc.starts_with(column, "0"), pc.greater(pc.binary_length(column), 1)))
    return bool(len(zeros)) and bool(pc.any(pc.match_substring_regex(zeros, r"^0\d+$")).as_py())


def _may_have_thousands(column: pa.ChunkedArray) -> bool:
    """Whether all cells are as 1.234 or 56, one at least with a point."""
    if not pc.any(pc.match_substring(column, ".")).as_py():
        return False
    return bool(pc.all(pc.match_substring_regex(column, r"^\s*-?\d{1,3}(\.\d{3})*\s*$")).as_py())


def _distinct(column: pa.ChunkedArray) -> tuple[np.ndarray[Any, np.dtype[np.int64]], pd.Index]:
    """The index of each cell's text among the distinct texts (-1 where missing), and these texts, stripped."""
    joined = column.dictionary_encode().unify_dictionaries().combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        joined = pa.concat_arrays(joined.chunks) if joined.num_chunks else pa.array([], pa.string()).dictionary_encode()
    codes = joined.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    texts = pd.Series(joined.dictionary.to_pandas(), dtype="str").str.strip()
    merged, values = pd.factorize(texts.where(~texts.isin(MISSING)))  # stripped texts may be equal
    return np.append(merged, -1)[codes], pd.Index(values)


def _typed(codes: np.ndarray[Any, np.dtype[np.int64]], values: pd.Index, comma: bool) -> Any:
    """The cells in the type that all of `values` have."""
    numbers = pd.to_numeric(values.to_series(), errors="coerce").to_numpy(dtype=np.float64)
    if not np.isnan(numbers).any() and not (comma and values.str.fullmatch(r"-?\d{1,3}(\.\d{3})*").all()):
        return np.append(numbers, np.nan)[codes]
    truths = values.str.lower().map(_TRUTH)
    if not truths.isna().any():
        return pd.array(np.array([*truths, None], dtype=object)[codes], dtype="boolean")
    if values.str.match(_ISO).all():
        try:
            dates = pd.to_datetime(values, format="ISO8601", utc=True).tz_localize(None).as_unit("us")
            return dates.append(pd.DatetimeIndex([pd.NaT]))[codes]
        except ValueError:  # some are not dates
            pass
    return pd.Categorical.from_codes(codes, values)

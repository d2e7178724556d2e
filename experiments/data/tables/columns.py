"""The kind of each column of a table, and columns that cannot be inputs: mixed types, infinities, identifiers."""

import csv
import io
import shlex
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from knobwise.experiments.data.tables import convert, encoding
from knobwise.experiments.data.tables.encoding import Kind

IDENTIFIER = 0.95
"""A column of texts is an identifier where more than this share of its cells are distinct."""

LONGEST = 200
"""Most characters of a category: it is part of the name of an input."""

_MIXED = 0.5  # a column with at least this share of numbers, or dates, and other cells is refused
_LOOKS: Mapping[str, str] = MappingProxyType(
    {
        r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b": "dates must be written as 2026-12-31",
        r"-?\d+,\d+$": "numbers must have a point, as 3.5",
    }
)


def kinds(table: pd.DataFrame, time: str | None = None) -> dict[str, Kind]:
    """The kind of each column of `table`; a column without a name that numbers the rows is left out.

    Args:
        table: the columns that may become inputs.
        time: the column that the table is split by. As all test rows are later than all training rows, only the season
            of a date is an input, and a number is left out.

    Raises:
        ValueError: a column cannot be an input; one line that names it, and the row where there is one.
    """
    by_name = {str(name): _kind(table[name]) for name in table.columns if not _numbers_rows(table[name])}
    if time in by_name:
        if by_name[time] == "date":
            by_name[time] = "season"
        else:
            del by_name[time]
    return by_name


def left_out(table: pd.DataFrame, kinds: Mapping[str, Kind]) -> dict[str, str]:
    """The columns without information in the training part `table`, and why."""
    return {name: why for name, kind in kinds.items() if (why := _useless(table[name], kind))}


def listed(text: str) -> list[str]:
    """The columns in a text, separated by commas and quoted where a name has one: as in a CSV file.

    >>> listed('id,"price, net"')
    ['id', 'price, net']
    """
    return [name.strip() for row in csv.reader([text], skipinitialspace=True) for name in row if name.strip()]


def unlisted(names: Iterable[str]) -> str:
    """The inverse of `listed`.

    >>> unlisted(["id", "price, net"])
    'id,"price, net"'
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def _kind(cells: pd.Series) -> Kind:
    dtype = cells.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(dtype):
        convert.numbers(cells)
        return "number"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    if cells.isna().all():
        return "number"
    if isinstance(dtype, pd.CategoricalDtype | pd.StringDtype):
        _check_texts(cells)
        return "category"
    kind = type(cells.dropna().iloc[0]).__name__
    raise ValueError(
        f"column {cells.name!r} must hold numbers, texts, dates, or true and false, got {kind}: "
        f"leave it out with {_drop(cells)}"
    )


def _check_texts(cells: pd.Series) -> None:
    """Refuse texts that are not categories.

    Raises:
        ValueError: numbers or dates mixed with texts or in another format; texts that are long or identify the rows.
    """
    codes, texts = pd.factorize(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    values = pd.Series(texts.astype(object)).astype("str")
    dated = (
        values.str.match(r"\d{4}-\d{2}") & pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True).notna()
    )
    for what, matches in (("numbers", pd.to_numeric(values, errors="coerce").notna()), ("dates", dated)):
        share = counts[matches].sum() / counts.sum()
        if _MIXED <= share < 1:
            row = int(np.flatnonzero((codes >= 0) & ~matches.to_numpy()[codes])[0])
            raise ValueError(
                f"{convert.refused(cells, row, f'{what} alone or texts alone')}, where {share:.0%} of the cells are "
                f"{what}: leave a cell empty where nothing is known, or leave the column out with {_drop(cells)}"
            )
    for look, advice in _LOOKS.items():
        if values.str.match(look).mean() > _MIXED:
            raise ValueError(f"column {cells.name!r}: {advice}, got {values[0]!r}; or leave it out with {_drop(cells)}")
    if values.str.len().max() > LONGEST:
        row = int(np.flatnonzero((codes >= 0) & (values.str.len() > LONGEST).to_numpy()[codes])[0])
        raise ValueError(
            f"column {cells.name!r} must hold categories of at most {LONGEST} characters, got one of "
            f"{len(values[codes[row]]):,} in row {row + 1}: leave it out with {_drop(cells)}"
        )
    present = int(counts.sum())
    if len(texts) > IDENTIFIER * present:
        raise ValueError(
            f"column {cells.name!r} names the rows, with {len(texts):,} different texts in {present:,} rows: "
            f"leave it out with {_drop(cells)}"
        )


def _numbers_rows(cells: pd.Series) -> bool:
    """Whether a column has no name and counts 0, 1, 2 or 1, 2, 3: the row numbers that pandas and R write."""
    if not str(cells.name).startswith("Unnamed: ") or not pd.api.types.is_integer_dtype(cells.dtype):
        return False
    return bool((np.diff(cells.to_numpy()) == 1).all())


def _useless(cells: pd.Series, kind: Kind) -> str:
    """Why a column has no information; "" where it has some."""
    first = cells.iloc[0]
    if pd.isna(first):
        return "empty in the training part" if cells.isna().all() else ""
    if (cells == first).fillna(False).all():
        return "the same in all of the training part"
    if kind == "season" and not encoding.RawRows.fit(cells.to_frame(), {str(cells.name): kind}).inputs:
        return "less than a week, a day or a year, or always the same part of it"
    return ""


def _drop(cells: pd.Series) -> str:
    return f"--drop {shlex.quote(unlisted([str(cells.name)]))}"

"""What each column of a table is, and what cannot be an input: mixed types, infinities, names of things."""

import csv
import io
import shlex
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from knobwise.experiments.data.tables import raw_rows
from knobwise.experiments.data.tables.raw_rows import Kind

IDENTIFIER = 0.95
"""A column of texts in which a larger share of the rows than this have a text of their own names the rows."""

LONGEST = 200
"""Characters of a category: it is part of the name of an input."""

_MIXED = 0.5  # a column in which so many cells are numbers, or dates, and others are not is a mistake
_LOOKS: Mapping[str, str] = MappingProxyType(
    {
        r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b": "dates must be written as 2026-12-31",
        r"-?\d+,\d+$": "numbers must have a point, as 3.5",
    }
)


def kinds(table: pd.DataFrame, time: str | None = None) -> dict[str, Kind]:
    """What each column of `table` is; a column without a name that numbers the rows is left out.

    Args:
        table: the columns that may become inputs.
        time: the column that the table is split by. As all that is tested is later than all that was learned from, of
            a date only the season counts, and a number is no input.

    Raises:
        ValueError: a column cannot be an input; one line that names it, and the row where there is one.
    """
    found = {str(name): _kind(table[name]) for name in table.columns if not _numbers_rows(table[name])}
    if time in found:
        if found[time] == "date":
            found[time] = "season"
        else:
            del found[time]
    return found


def left_out(table: pd.DataFrame, kinds: Mapping[str, Kind]) -> dict[str, str]:
    """The columns that say nothing in the training part `table`, and why."""
    return {name: why for name, kind in kinds.items() if (why := _says_nothing(table[name], kind))}


def listed(text: str) -> list[str]:
    """The columns that a text names, with commas between, in quotes where a name has one in it: as in a CSV file.

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
        raw_rows.numbers(cells)
        return "number"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    if cells.isna().all():
        return "number"
    if isinstance(dtype, pd.CategoricalDtype | pd.StringDtype):
        _check_texts(cells)
        return "category"
    found = type(cells.dropna().iloc[0]).__name__
    raise ValueError(
        f"column {cells.name!r} must hold numbers, texts, dates, or true and false, got {found}: "
        f"leave it out with {_drop(cells)}"
    )


def _check_texts(cells: pd.Series) -> None:
    """Refuse texts that are no categories.

    Raises:
        ValueError: numbers or dates with others among them or spelled otherwise; texts that are long or name the rows.
    """
    codes, texts = pd.factorize(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    values = pd.Series(texts.astype(object)).astype("str")
    dated = (
        values.str.match(r"\d{4}-\d{2}") & pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True).notna()
    )
    for what, told in (("numbers", pd.to_numeric(values, errors="coerce").notna()), ("dates", dated)):
        share = counts[told].sum() / counts.sum()
        if _MIXED <= share < 1:
            row = int(np.flatnonzero((codes >= 0) & ~told.to_numpy()[codes])[0])
            raise ValueError(
                f"{raw_rows.refused(cells, row, f'{what} alone or texts alone')}, where {share:.0%} of the cells are "
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
    known = int(counts.sum())
    if len(texts) > IDENTIFIER * known:
        raise ValueError(
            f"column {cells.name!r} names the rows, with {len(texts):,} different texts in {known:,} rows: "
            f"leave it out with {_drop(cells)}"
        )


def _numbers_rows(cells: pd.Series) -> bool:
    """Whether a column without a name counts 0, 1, 2 or 1, 2, 3: what pandas and R write before the first column."""
    if not str(cells.name).startswith("Unnamed: ") or not pd.api.types.is_integer_dtype(cells.dtype):
        return False
    return bool((np.diff(cells.to_numpy()) == 1).all())


def _says_nothing(cells: pd.Series, kind: Kind) -> str:
    first = cells.iloc[0]
    if pd.isna(first):
        return "empty in the training part" if cells.isna().all() else ""
    if (cells == first).fillna(False).all():
        return "the same in all of the training part"
    if kind == "season" and not raw_rows.RawRows.fit(cells.to_frame(), {str(cells.name): kind}).inputs:
        return "less than a week, a day or a year, or always the same part of it"
    return ""


def _drop(cells: pd.Series) -> str:
    return f"--drop {shlex.quote(unlisted([str(cells.name)]))}"

"""The kind of each column of a table, and columns that cannot be inputs: mixed types, infinities, identifiers."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pandas as pd

from knobwise.experiments.data.tables import convert, encoding, recognize, row_numbers
from knobwise.experiments.data.tables.encoding import Kind
from knobwise.experiments.data.tables.notation import PLAIN, Notation
from knobwise.experiments.data.tables.refusal import Unusable, together

IDENTIFIER = 0.95
"""A column of texts is an identifier where more than this share of its cells are distinct."""

LONGEST = 200
"""Most characters of a category: it is part of the name of an input."""

FILLED = 3
"""A column with fewer cells than this is left out."""

_SPARSE = 0.1  # a column of texts that differ, with less than this share of cells, is left out as well
_MIXED = 0.5  # a column with at least this share of numbers, or dates, and other cells is refused
_LOOKS: Mapping[str, str] = MappingProxyType(
    {
        r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\d{1,2}\.? [^\W\d]{3,}\.?,? \d{4}": "dates must be written as 2026-12-31",
        r"-?\d+,\d+$": "numbers must have a point, as 3.5",
        r"\d{1,2}:\d{2}(?::\d{2})?$": "times of day must be numbers, as 8.5, or be behind a date",
    }
)


class Columns(NamedTuple):
    """The columns that may be inputs.

    Attributes:
        table: their cells as numbers, truth values, dates and categories.
        kinds: of each, in the file's order.
        notations: of those that the file has written otherwise than as 1234.5 or 2026-12-31.
        notes: a column, and what is to be said of it, each.
    """

    table: pd.DataFrame
    kinds: dict[str, Kind]
    notations: dict[str, Notation]
    notes: list[tuple[str, str]]


def understood(
    table: pd.DataFrame,
    time: str | None = None,
    keep: Collection[str] = (),
    dropped: Collection[str] = (),
    mark: str = "",
) -> Columns:
    """The columns of `table` as a person reads them; row numbers and almost empty columns are left out.

    Args:
        table: the columns that may become inputs.
        time: the column that the table is split by. As all test rows are later than all training rows, only the season
            of a date is an input, and a number is left out.
        keep: columns that are inputs even where they number the rows.
        dropped: columns that are left out already, for the message.
        mark: the decimal mark of a number that could have either.

    Raises:
        ValueError: columns cannot be inputs; one line that names all of them, and the first wrong cell of each.
    """
    numbering = {name: row_numbers.why(table[name]) for name in map(str, table.columns) if name not in {time, *keep}}
    certain = {name: why for name, (why, surely) in numbering.items() if why and surely}
    known = Columns(table, {}, {}, [])
    cells: dict[str, pd.Series] = {}
    refused: list[Unusable] = []
    for name in map(str, table.columns):
        if name in certain:
            continue
        filled = f"{int(table[name].notna().sum()):,} of {len(table):,} cells"
        if _almost_empty(table[name]):
            known.notes.append((name, f"left out, almost empty: {filled}"))
            continue
        try:
            read = recognize.column(table[name], mark)
            known.kinds[name] = _kind(read.cells)
        except Unusable as error:
            refused.append(error)
            continue
        cells[name] = read.cells
        if read.notation != PLAIN:
            known.notations[name] = read.notation
        if read.note:
            known.notes.append((name, read.note))
        elif numbering.get(name, ("", False))[0]:
            known.notes.append((name, f"an input, but {numbering[name][0]}; if it only numbers the rows, --drop it"))
    if refused:
        raise together(refused, dropped)
    # Row numbers are better than nothing: a table of x and y may have 1, 2, 3 as x.
    alone = not known.kinds
    for name, why in certain.items():
        if alone:
            cells[name], known.kinds[name] = table[name], _kind(table[name])
        what = f"an input, as there is no other, but {why}" if alone else f"left out, {why}; --keep makes it an input"
        known.notes.append((name, what))
    if time in known.kinds and known.kinds[time] != "date":
        del known.kinds[time]
    elif time in known.kinds:
        known.kinds[time] = "season"
    return known._replace(table=pd.DataFrame(cells, index=table.index, copy=False))


def left_out(table: pd.DataFrame, kinds: Mapping[str, Kind]) -> dict[str, str]:
    """The columns without information in the training part `table`, and why."""
    return {name: why for name, kind in kinds.items() if (why := _useless(table[name], kind))}


def _almost_empty(cells: pd.Series) -> bool:
    """Whether hardly a cell is filled: fewer than `FILLED`, or a few texts that all differ."""
    filled = int(cells.notna().sum())
    if 0 < filled < FILLED <= len(cells):
        return True
    texts = isinstance(cells.dtype, pd.CategoricalDtype | pd.StringDtype)
    return texts and 0 < filled < _SPARSE * len(cells) and cells.nunique() == filled


def _kind(cells: pd.Series) -> Kind:
    dtype = cells.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(dtype):
        try:
            convert.numbers(cells)
        except convert.RowError as error:
            raise Unusable(str(cells.name), str(error), "leave the cell empty") from None
        return "number"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    if cells.isna().all():
        return "number"
    if isinstance(dtype, pd.CategoricalDtype | pd.StringDtype):
        _check_texts(cells)
        return "category"
    kind = type(cells.dropna().iloc[0]).__name__
    raise Unusable(
        str(cells.name), f"column {cells.name!r} must hold numbers, texts, dates, or true and false, got {kind}"
    )


def _check_texts(cells: pd.Series) -> None:
    """Refuse texts that are not categories.

    Raises:
        Unusable: numbers or dates mixed with texts or in another format; texts that are long or identify the rows.
    """
    name = str(cells.name)
    codes, texts = pd.factorize(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    values = pd.Series(texts.astype(object)).astype("str")
    mixed(cells)
    for look, advice in _LOOKS.items():
        alike = values.str.match(look)
        if alike.mean() > _MIXED:
            row = int(np.flatnonzero((codes >= 0) & alike.to_numpy()[codes])[0])
            where = f"got {values[codes[row]]!r} in {convert.place(cells, row)}"
            raise Unusable(name, f"column {name!r}: {advice}, {where}", "write them so")
    if values.str.len().max() > LONGEST:
        row = int(np.flatnonzero((codes >= 0) & (values.str.len() > LONGEST).to_numpy()[codes])[0])
        raise Unusable(
            name,
            f"column {name!r} must hold categories of at most {LONGEST} characters, got one of "
            f"{len(values[codes[row]]):,} in {convert.place(cells, row)}",
        )
    present = int(counts.sum())
    if len(texts) > IDENTIFIER * present:
        raise Unusable(name, f"column {name!r} names the rows, with {len(texts):,} different texts in {present:,} rows")


def mixed(cells: pd.Series, otherwise: str = "texts") -> None:
    """Refuse a column of texts in which most are numbers or dates, and some are not.

    Raises:
        Unusable: the first cell that is not.
    """
    codes, texts = pd.factorize(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    values = pd.Series(texts.astype(object)).astype("str")
    dated = values.str.match(r"\d{4}-\d{2}") & PLAIN.dates(values).notna()
    for what, matches in (("numbers", pd.to_numeric(values, errors="coerce").notna()), ("dates", dated)):
        share = counts[matches].sum() / counts.sum()
        if _MIXED <= share < 1:
            row = int(np.flatnonzero((codes >= 0) & ~matches.to_numpy()[codes])[0])
            raise Unusable(
                str(cells.name),
                f"{convert.refused(cells, row, f'{what} alone or {otherwise} alone')}, where {share:.0%} of the cells "
                f"are {what}",
                "leave a cell empty where nothing is known",
            )


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

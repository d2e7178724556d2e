"""Recognizes what a person reads in a column of texts: numbers with a unit or with commas, dates, yes and no.

A column is converted where it can be read in one way alone, and this is noted. Where most of its cells can be read, and
some cannot, or in two ways, it is refused with the first such cell.
"""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.data.tables import convert
from knobwise.experiments.data.tables.notation import PLAIN, Notation
from knobwise.experiments.data.tables.recognize_dates import date_notation
from knobwise.experiments.data.tables.refusal import Unusable

MOST = 0.5
"""A column is refused where at least this share of its cells can be read, and others cannot."""

_MANY = 10  # different numbers with one letter or word behind them are no categories
_THOUSANDS = ("k", "K", "M")
_SAMPLE = 200  # distinct texts by which a column is looked at before all of it is
_CURRENCY = (
    r"[A-Z]{0,3}[$€£¥₹₽₩₺]|(?:USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|ZAR|RUB|TRY|"
    r"Rs\.?)"
)
_NUMBER = re.compile(
    rf"^\(?\s*[+\-−]?\s*(?P<before>{_CURRENCY})?\s*[+\-−]?\s*"
    r"(?P<body>(?:\d[\d.,'\u2019 \u00a0\u202f]*(?<=[\d.,])|[.,]\d+)(?:[eE][+-]?\d+)?)"
    rf"(?P<gap>\s*)(?P<after>{_CURRENCY}|[^\d\s.,'()+\-−][^\d,()]{{0,11}}[23]?)?\)?$"
)
_KNOWN = re.compile(
    rf"{_CURRENCY}|%|‰|°[CF]?|[kcmµμn]?m[²³23]?|km/h|m/s|mph|mi|miles?|ft[²2]?|sq\.? ?ft|in|yd|ha|[kmµμ]?g|lbs?|oz|"
    r"tons?|[mcdh]?l|[mµμn]?s|sec|mins?|h|hrs?|hours?|days?|weeks?|months?|years?|yrs?|[kMGT]?(?:W|Wh|Hz|B|Pa|J|V)|"
    r"[mk]?A|bar|hPa|k?cal|[bh]?hp|PS|bhp|cc|rpm|kmpl|px|dB|mol|ppm|Stück|pcs",
    re.IGNORECASE,
)
_WRITTEN: tuple[Notation, ...] = (
    PLAIN,
    Notation(thousands=","),
    Notation(thousands=".", decimal=","),
    Notation(decimal=","),
)
_WRITTEN += tuple(Notation(thousands=sign, decimal=mark) for sign in " '" for mark in ".,")


class Read(NamedTuple):
    """A column as it was read.

    Attributes:
        cells: converted, or as they were.
        notation: how the file has them written.
        note: what is to be said of it; "" where nothing is.
    """

    cells: pd.Series
    notation: Notation = PLAIN
    note: str = ""


class _Texts(NamedTuple):
    """Distinct texts: `codes` `(n,)` are each cell's place among the `distinct`, -1 where missing; `counts` of each."""

    codes: NDArray[np.int64]
    distinct: pd.Series
    counts: NDArray[np.int64]

    def first(self, chosen: NDArray[np.bool_]) -> int:
        """The first row whose text is one of the `chosen`."""
        return int(np.flatnonzero((self.codes >= 0) & chosen[self.codes])[0])

    def row(self, place: int) -> int:
        """The first row whose text has this place."""
        return int((self.codes == place).argmax())

    def share(self, chosen: NDArray[np.bool_]) -> float:
        """The share of the cells that are present whose text is one of the `chosen`."""
        return float(self.counts[chosen].sum() / self.counts.sum())


def column(cells: pd.Series, mark: str = "") -> Read:
    """The column as a person reads it.

    Args:
        cells: as read from the file.
        mark: the decimal mark of the file's other numbers, `.` or `,`; "" where nothing says which.

    Raises:
        Unusable: it is read in two ways, or in parts only.

    >>> read = column(pd.Series(["$1,178", "$971"], name="fee"), mark=".")
    >>> read.cells.tolist(), read.note
    ([1178.0, 971.0], "read as numbers in $, '$1,178' as 1178")
    """
    if not isinstance(cells.dtype, pd.CategoricalDtype | pd.StringDtype):
        return _whole_dates(cells)
    codes, distinct = pd.factorize(cells)
    if not len(distinct):
        return Read(cells)
    values = pd.Series(distinct.astype(object)).astype("str").str.strip()
    texts = _Texts(codes.astype(np.int64), values, np.bincount(codes[codes >= 0], minlength=len(values)))
    return _truths(cells, texts) or _dates(cells, texts) or _numbers(cells, texts, mark) or _words(cells, texts)


def mark_of(table: pd.DataFrame, otherwise: str) -> str:
    """The decimal mark of the table: a point where a column of numbers has one, else `otherwise`."""
    for name in table.columns:
        cells = table[name]
        if cells.dtype == np.float64 and not np.array_equal(cells.dropna(), np.round(cells.dropna())):
            return "."
    return otherwise


def _truths(cells: pd.Series, texts: _Texts) -> Read | None:
    """Yes and no in several spellings; in one, they are two categories as good as any."""
    lower = set(texts.distinct.str.lower())
    if len(lower) == len(texts.distinct) or not any(lower == set(pair) for pair in convert.TRUTHS):
        return None
    spelled = ", ".join(map(repr, texts.distinct[:4]))
    truths = convert.truths(cells)
    values = pd.array([None if np.isnan(each) else bool(each) for each in truths], dtype="boolean")
    return Read(pd.Series(values, cells.index, name=cells.name), PLAIN, f"read as yes or no, spelled {spelled}")


def _dates(cells: pd.Series, texts: _Texts) -> Read | None:
    found = date_notation(texts.distinct, texts.counts, str(cells.name), lambda at: convert.place(cells, texts.row(at)))
    if found is None:
        return None
    notation, fits = found
    if not fits.all():
        if notation == PLAIN and texts.share(fits) >= MOST:
            return None  # the others are no dates at all
        row, example = texts.first(~fits), texts.distinct[int(fits.argmax())]
        raise Unusable(
            str(cells.name),
            f"{convert.refused(cells, row, 'dates in one notation')}, where others are as {example!r}",
            "write all as 2026-12-31",
        )
    dates = notation.dates(texts.distinct)
    first = f"{texts.distinct[0]!r} as {dates.iloc[0]:%Y-%m-%d}"
    return Read(_spread(cells, texts, dates.to_numpy()), notation, f"read as dates, {first}")


def _numbers(cells: pd.Series, texts: _Texts, mark: str) -> Read | None:  # noqa: PLR0911 each is another no
    if not texts.distinct[:_SAMPLE].str.match(_NUMBER).mean() >= MOST:
        return None
    parts = texts.distinct.str.extract(_NUMBER)
    matched = parts["body"].notna().to_numpy()
    # Fillers alone are missing here, so that each text has a unit, "" where it has none.
    units = parts["before"].fillna("") + parts["after"].fillna("").str.strip()
    named = units.str.fullmatch(_KNOWN).to_numpy(dtype=bool)
    worded = (parts["gap"].fillna("") != "").to_numpy() & units.str.fullmatch(r"[^\W\d_][^\d]*").to_numpy(dtype=bool)
    one = len(texts.distinct) > _MANY and bool(units.eq(units.iloc[0]).all())  # whatever it is called
    readable = matched & (units.eq("").to_numpy() | named | worded | one)
    if not readable.any() or texts.share(readable) < MOST:
        return None
    counted = pd.Series(texts.counts[readable]).groupby(units[readable].str.lower().to_numpy()).sum()
    unit = str(counted.idxmax())
    alike = readable & units.str.lower().eq(unit).to_numpy()
    unit = str(units[alike].iloc[0])
    if not unit and texts.distinct[alike].str.fullmatch(r"\(?\d+\)?").all():
        return None  # whole numbers among texts, or codes
    if max(float(texts.share(~np.isnan(each.numbers(texts.distinct)))) for each in _with(unit)) < MOST:
        return None  # telephone numbers, versions, addresses
    if not alike.all():
        if unit and (not named[alike].any() or re.fullmatch(r"[a-zA-Z]", unit)) and unit not in _THOUSANDS:
            return None  # words or letters behind numbers, some of them others: categories
        what = f"numbers in {unit}" if unit else "numbers"
        if texts.share(alike) < MOST or not (unit or np.isnan(PLAIN.numbers(texts.distinct[alike])).any()):
            return None
        raise Unusable(
            str(cells.name),
            f"{convert.refused(cells, texts.first(~alike), f'{what} alone')}, where {texts.share(alike):.0%} of the "
            f"cells are {what}",
            "write all alike, and leave a cell empty where nothing is known",
        )
    notation, values = _written(cells, texts, unit, mark)
    if notation == PLAIN:
        return Read(_spread(cells, texts, values), PLAIN, "read as numbers")
    longest = int(texts.distinct.str.len().to_numpy().argmax())
    example = f"{texts.distinct[longest]!r} as {values[longest]:.12g}"
    return Read(_spread(cells, texts, values), notation, f"read as numbers{f' in {unit}' if unit else ''}, {example}")


def _with(unit: str) -> list[Notation]:
    return [Notation(unit, each.thousands, each.decimal) for each in _WRITTEN]


def _written(cells: pd.Series, texts: _Texts, unit: str, mark: str) -> tuple[Notation, NDArray[np.float64]]:
    """The one notation with `unit` in which all texts are numbers, and these.

    Raises:
        Unusable: there is none, or there are two.
    """
    notations = _with(unit)
    read = [each.numbers(texts.distinct) for each in notations]
    whole = [place for place, values in enumerate(read) if not np.isnan(values).any()]
    if not whole:
        best = max(range(len(read)), key=lambda place: float(texts.counts[~np.isnan(read[place])].sum()))
        wrong = np.isnan(read[best])
        example = texts.distinct[int((~wrong).argmax())]
        raise Unusable(
            str(cells.name),
            f"{convert.refused(cells, texts.first(wrong), 'numbers in one notation')}, where others are as {example!r}",
            "write all as 1234.5",
        )
    if any(not np.array_equal(read[place], read[whole[0]]) for place in whole):
        whole = [place for place in whole if notations[place].decimal == mark]
        if not whole or any(not np.array_equal(read[place], read[whole[0]]) for place in whole):
            row = int((texts.codes >= 0).argmax())
            raise Unusable(
                str(cells.name),
                f"{convert.refused(cells, row, 'numbers')}, whose comma or point may be the decimal mark or may "
                "separate thousands",
                "write all as 1234.5",
            )
    return notations[whole[0]], read[whole[0]]


def _words(cells: pd.Series, texts: _Texts) -> Read:
    """Categories, with what is to be said of their spelling."""
    if texts.distinct.str.fullmatch(r"\d+").all() and texts.distinct.str.match(r"0\d").any():
        example = texts.distinct[int(texts.distinct.str.match(r"0\d").to_numpy().argmax())]
        return Read(cells, PLAIN, f"read as categories, for the leading zero of {example!r}")
    if len(texts.distinct) <= _SAMPLE:
        first: dict[str, str] = {}
        for value in texts.distinct:
            other = first.setdefault(" ".join(value.split()).casefold(), value)
            if other != value:
                return Read(
                    cells, PLAIN, f"{other!r} and {value!r} are two categories; write them alike if they are one"
                )
    return Read(cells)


def _whole_dates(cells: pd.Series) -> Read:
    """Whole numbers that are all dates, 20261231, as dates."""
    if not pd.api.types.is_integer_dtype(cells.dtype) or not len(cells) or cells.isna().any():
        return Read(cells)
    low, high = int(cells.min()), int(cells.max())
    if not 1900_01_01 <= low < high <= 2100_12_31:
        return Read(cells)
    notation = Notation(date="%Y%m%d")
    dates = notation.dates(cells.astype("str"))
    if dates.isna().any():
        return Read(cells)
    return Read(dates.rename(str(cells.name)), notation, f"read as dates, {low} as {pd.Timestamp(str(low)):%Y-%m-%d}")


def _spread(cells: pd.Series, texts: _Texts, values: NDArray[np.float64] | NDArray[np.datetime64]) -> pd.Series:
    """The values of the distinct texts as a column."""
    nothing = np.array(["NaT"], values.dtype) if values.dtype.kind == "M" else np.array([np.nan])
    return pd.Series(np.concatenate([values, nothing])[texts.codes], cells.index, name=cells.name)

"""The notation of dates in a column: one that all of its cells have, and that can be read in one way alone."""

import re
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.data.tables.notation import PLAIN, Notation
from knobwise.experiments.data.tables.refusal import Unusable

_SAMPLE = 100  # distinct texts by which formats are chosen before all are parsed
_FEW = 0.5  # of the sample must look like dates
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_LOOKS = re.compile(
    rf"\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}(?!\d)|\d{{4}}-\d{{2}}|\b{_MONTH}\b.*\d|\d\W*{_MONTH}\b", re.IGNORECASE
)
_DIGITS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y"),
)
_NAMES = (
    *("%d %b %Y", "%d %B %Y", "%d. %b %Y", "%d. %B %Y", "%d-%b-%Y", "%d-%B-%Y", "%d/%b/%Y", "%d-%b-%y", "%d %b %y"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%Y-%b-%d"),
    *("%a, %d %b %Y", "%A, %d %B %Y", "%a %d %b %Y", "%A, %B %d, %Y"),
)
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")


def date_notation(
    values: pd.Series, counts: NDArray[np.int64], name: str, where: Callable[[int], str]
) -> tuple[Notation, NDArray[np.bool_]] | None:
    """The notation of most dates among distinct texts, and which of them have it; None where few are dates.

    Args:
        values: distinct texts, stripped `(k,)`.
        counts: how often each is in the column `(k,)`.
        name: of the column.
        where: the place of the first cell with the text of this number, for a message.

    Raises:
        Unusable: day and month could be exchanged in all of them.
    """
    sample = values[:_SAMPLE]
    if not sample.str.contains(_LOOKS).mean() >= _FEW:
        return None
    read: list[tuple[Notation, pd.Series]] = []
    some = np.zeros(len(values), dtype=np.bool_)
    for notation in _candidates(sample):
        if notation.dates(sample).notna().any():
            dates = notation.dates(values)
            some |= dates.notna().to_numpy()
            read.append((notation, dates))
    if not read or counts[some].sum() < _FEW * counts.sum():
        return None
    # Of cells in several notations, that of the first cell counts: the first that differs is refused.
    begins = [each for each in read if pd.notna(each[1].iloc[0])]
    whole = [each for each in begins if each[1].notna().all()]
    if not whole:
        notation, dates = max(begins or read, key=lambda each: int(counts[each[1].notna().to_numpy()].sum()))
        return notation, dates.notna().to_numpy()
    notation, dates = whole[0]
    other = next((each for each in whole if not each[1].equals(dates)), None)
    if other is not None:
        place = int((dates != other[1]).to_numpy().argmax())
        raise Unusable(
            name,
            f"column {name!r} must hold dates that can be read in one way, got {values[place]!r} in "
            f"{where(place)}, which may be {dates.iloc[place]:%Y-%m-%d} or {other[1].iloc[place]:%Y-%m-%d}",
            "write them as 2026-12-31",
        )
    return notation, np.ones(len(values), dtype=np.bool_)


def _candidates(sample: pd.Series) -> Iterator[Notation]:
    """The notations that texts of this look may have."""
    yield PLAIN
    days = [*_DIGITS, *_NAMES] if sample.str.contains(r"[A-Za-z]{3}").any() else list(_DIGITS)
    # A point between day and month is put by those who put the day first; years of two digits only where there are.
    long = sample.str.contains(r"\d{4}").any()
    days = [each for each in days if ("%Y" in each) == long]
    yield from (Notation(date=day) for day in days)
    if sample.str.contains(":", regex=False).any():
        yield from (Notation(date=f"{day}{gap}{time}") for day in days for gap in (" ", ", ") for time in _TIMES)

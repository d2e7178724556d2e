"""How a column writes numbers and dates where it is not as 1234.5 and 2026-12-31: with a unit, with commas, day first.

This file needs NumPy and pandas alone, because a served model holds a copy of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_GROUPS: Mapping[str, str] = MappingProxyType({",": ",", ".": r"\.", " ": r"[ \u00a0\u202f]", "'": "['\u2019]"})
"""The signs between groups of three digits, as a pattern each."""


@dataclass(frozen=True)
class Notation:
    """How the cells of a column are written.

    Attributes:
        unit: the sign or word before or after each number, `$` or `km`; "" for none.
        thousands: the sign between groups of three digits; "" for none.
        decimal: the decimal mark.
        date: the format of dates, in the codes of `strftime`; "" for numbers, and for dates as 2026-12-31.

    >>> Notation(unit="€", thousands=".", decimal=",").numbers(pd.Series(["1.234,5 €", "-7 €", "free"])).tolist()
    [1234.5, -7.0, nan]
    >>> Notation(date="%d.%m.%Y").dates(pd.Series(["31.12.2026"])).tolist()
    [Timestamp('2026-12-31 00:00:00')]
    """

    unit: str = ""
    thousands: str = ""
    decimal: str = "."
    date: str = ""

    def numbers(self, texts: pd.Series) -> NDArray[np.float64]:
        """The texts as numbers `(n,)`, NaN where one is not written so; (5) is -5, as accountants write it."""
        unit, mark, exponent = re.escape(self.unit), re.escape(self.decimal), r"(?:[eE][+-]?\d+)?"
        body = rf"(?:\d+(?:{mark}\d*)?|{mark}\d+){exponent}"
        if self.thousands:
            body = rf"[1-9]\d{{0,2}}(?:{_GROUPS[self.thousands]}\d{{3}})+(?:{mark}\d*)?|{body}"
        pattern = rf"^(\()?\s*([+\-−]?)\s*(?:{unit})?\s*([+\-−]?)\s*({body})\s*(?:{unit})?\s*(\))?$"
        parts = texts.astype("str").str.strip().str.extract(re.compile(pattern, re.IGNORECASE))
        digits = parts[3]
        if self.thousands:
            digits = digits.str.replace(re.compile(_GROUPS[self.thousands]), "", regex=True)
        if self.decimal != ".":
            digits = digits.str.replace(self.decimal, ".", regex=False)
        values: NDArray[np.float64] = pd.to_numeric(digits, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        opened, closed = parts[0].notna().to_numpy(), parts[4].notna().to_numpy()
        negative = opened | (parts[[1, 2]].isin(["-", "−"]).any(axis=1).to_numpy())
        return np.where(opened == closed, np.where(negative, -values, values), np.nan)

    def dates(self, texts: pd.Series) -> pd.Series:
        """The texts as dates, missing where one is not written so; a time zone is converted to UTC."""
        dates = pd.to_datetime(texts, format=self.date or "ISO8601", errors="coerce", utc=True)
        return dates.dt.tz_localize(None).astype("datetime64[us]")

    def written(self, value: float) -> float | str:
        """A number as the column writes it; itself where that is plain.

        >>> Notation(unit="%").written(12.5), Notation().written(12.5)
        ('12.5%', 12.5)
        """
        if self == PLAIN:
            return value
        return f"{value:g}".replace(".", self.decimal) + (" " * self.unit.isalpha() + self.unit)


PLAIN = Notation()
"""1234.5 and 2026-12-31."""

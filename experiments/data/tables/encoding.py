"""Encodes a file's rows as a network's inputs: numbers, categories, truth values and dates, some missing.

What is learned from the training part is stored as JSON, and scikit-learn's transformers are rebuilt from it: nothing
is pickled. This file needs NumPy, pandas, scikit-learn and two files beside it alone: a served model holds copies.
"""

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.data.tables.convert import RowError, dates, numbers, refuse_first, text, truths
from knobwise.experiments.data.tables.notation import PLAIN, Notation

if TYPE_CHECKING:
    from sklearn import compose, impute, preprocessing

Array = NDArray[np.float64]
Kind = Literal["number", "category", "boolean", "date", "season"]
Unseen = Literal["refuse", "ignore"]

MOST_CATEGORIES = 30
"""Most categories with an input each; rarer ones share one."""

MISSING, OTHER = "(missing)", "(other)"
PERIODS: dict[str, float] = {"year": 365.2425, "week": 7.0, "day": 1.0}
"""Cycles of dates, in days."""

_FULL = "a value in every row, as in the training part"
_HELPS = "; --unseen ignore (unseen=ignore for a server) predicts from the other columns"
_AT_ONCE = 2**16  # rows encoded at a time, which limits the memory in between
_PLAINLY: Mapping[str, Notation] = MappingProxyType({})
_NAMED = 10  # categories named in a message
_VARIES = 0.05  # of a wave from -1 to 1; the first of January varies by less from year to year


@dataclass(frozen=True)
class Column:
    """A column of the file, and what was learned from its training part.

    Attributes:
        name: in the file.
        kind: number, category, boolean, date, or season: a date of which only the time of year, week and day is used.
        missing: whether cells may be missing, because some were in the training part.
        fill: the median, which replaces a missing cell; of dates in days since 1970.
        categories: those with an input, in order.
        first: the earliest date, in days since 1970.
        cycles: those of `PERIODS` that are inputs.
        notation: how the file has its numbers or dates written.
    """

    name: str
    kind: Kind
    missing: bool = False
    fill: float = 0.0
    categories: tuple[str, ...] = ()
    first: float = 0.0
    cycles: tuple[str, ...] = ()
    notation: Notation = PLAIN

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Column":
        """The inverse of `dataclasses.asdict`, also through JSON; a model of 0.1.0 has no notation."""
        lists = {name: tuple(data[name]) for name in ("categories", "cycles")}
        return cls(**{**data, **lists, "notation": Notation(**data.get("notation", {}))})

    @property
    def inputs(self) -> tuple[tuple[str, ...], ...]:
        """The names of the inputs of each column of numbers from `_value_cells` or `_category_cells`."""
        if self.kind == "category":
            return (tuple(f"{self.name}={each}" for each in self.categories),)
        days = {"date": (f"{self.name} (days)",), "season": ()}.get(self.kind, (self.name,))
        names = [*days, *(f"{self.name} ({cycle}, {wave})" for cycle in self.cycles for wave in ("sine", "cosine"))]
        flag = (f"{self.name}={MISSING}",) if self.missing else ()  # one input for the column
        return tuple((name, *flag) if at == 0 else (name,) for at, name in enumerate(names))

    @property
    def steps(self) -> "tuple[impute.SimpleImputer | preprocessing.OneHotEncoder, ...]":
        """scikit-learn's transformer for each column of numbers."""
        from sklearn import impute, preprocessing  # late: it takes a second, and is not needed without a table

        if self.kind == "category":
            # Their indices, because texts would be compared one by one.
            indices = np.arange(len(self.categories), dtype=np.float64)
            return (preprocessing.OneHotEncoder(categories=[indices], handle_unknown="ignore", sparse_output=False),)
        fills = _expanded(np.array([self.fill]), self)[0]
        return tuple(
            impute.SimpleImputer(strategy="constant", fill_value=float(fill), add_indicator=len(names) > 1)
            for fill, names in zip(fills, self.inputs, strict=True)
        )


@dataclass(frozen=True)
class RawRows:
    """Encodes a file's rows as a network's inputs `(n, d)`; `fit` learns it from a training part.

    >>> train = pd.DataFrame({"size": [1.0, None, 5.0], "colour": ["red", "blue", "red"]})
    >>> rows = RawRows.fit(train, {"size": "number", "colour": "category"})
    >>> rows.inputs
    ('size', 'size=(missing)', 'colour=blue', 'colour=red')
    >>> rows.encode(train)
    array([[1., 0., 0., 1.],
           [3., 1., 1., 0.],
           [5., 0., 0., 1.]])
    >>> rows.encode(pd.DataFrame({"colour": ["green"], "size": [2.0]}))
    Traceback (most recent call last):
    knobwise...RowError: column 'colour' must hold one of blue, red, got 'green' in row 1; ...
    >>> rows.unseen(pd.DataFrame({"colour": ["green"], "size": [2.0]}))
    ["colour: 1 row has a category that training did not have, as 'green'"]
    """

    columns: tuple[Column, ...]

    @classmethod
    def fit(
        cls, table: pd.DataFrame, kinds: Mapping[str, Kind], notations: Mapping[str, Notation] = _PLAINLY
    ) -> "RawRows":
        """Learn from the training part: medians, categories, the first date, and which columns have missing cells.

        Args:
            table: the whole training part and nothing else.
            kinds: the kinds of the columns that become inputs, in order.
            notations: of the columns that the file does not have as 1234.5 or 2026-12-31.

        Raises:
            RowError: a cell is not of its column's kind.
        """
        return cls(tuple(_FITS[kind](table[name], kind, notations.get(name, PLAIN)) for name, kind in kinds.items()))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RawRows":
        """The inverse of `as_dict`, also through JSON."""
        return cls(tuple(Column.from_dict(each) for each in data["columns"]))

    def as_dict(self) -> dict[str, Any]:
        """The content as texts and numbers, for JSON."""
        return asdict(self)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the d inputs."""
        return tuple(name for column in self.columns for names in column.inputs for name in names)

    def encode(self, table: pd.DataFrame, unseen: Unseen = "refuse") -> Array:
        """The inputs `(n, d)` of the n rows of `table`; other columns are ignored.

        Args:
            table: rows as in the file, columns in any order.
            unseen: whether a new category, or a cell missing where none was, is refused, or encoded as no category or
                as the median.

        Raises:
            RowError: a column is absent, or a cell is not of its kind; rows are counted from 1.
        """
        self._check_columns(table)
        encoded = np.empty((len(table), len(self.inputs)))
        for start in range(0, len(table), _AT_ONCE):
            rows = table.iloc[start : start + _AT_ONCE]
            cells = [_CELLS[column.kind](rows[column.name], column, unseen, start) for column in self.columns]
            encoded[start : start + len(rows)] = self._transformer.transform(np.column_stack(cells))
        return encoded

    def unseen(self, table: pd.DataFrame) -> list[str]:
        """What `encode` ignores in `table` where it is asked to: a line a column with new or missing cells.

        Raises:
            RowError: as `encode` does.
        """
        self._check_columns(table)
        lines = []
        for column in self.columns:
            cells = table[column.name]
            missing = cells.isna().to_numpy()
            new = np.zeros(0, dtype=np.bool_)
            if column.kind == "category":
                new = (_category_cells(cells, column, "ignore", 0)[:, 0] < 0) & ~missing
            absent = missing & (MISSING not in column.categories if column.kind == "category" else not column.missing)
            if new.any():
                first = str(cells.iloc[int(new.argmax())])
                lines.append(f"{column.name}: {_in_rows(new)} a category that training did not have, as {first!r}")
            if absent.any():
                lines.append(f"{column.name}: {_in_rows(absent)} no value, as no row had in training")
        return lines

    def _check_columns(self, table: pd.DataFrame) -> None:
        names = [name for name in table.columns if isinstance(name, str)]
        absent = [column.name for column in self.columns if column.name not in names]
        if absent:
            near = difflib.get_close_matches(absent[0], names, n=1, cutoff=0.6)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise RowError(
                f"the rows must have the column{'s' * (len(absent) > 1)} {', '.join(map(repr, absent))}, "
                f"got {', '.join(map(repr, names)) or 'none'}{hint}"
            )
        twice = next((column.name for column in self.columns if names.count(column.name) > 1), None)
        if twice is not None:
            raise RowError(f"the rows must have the column {twice!r} once, got it {names.count(twice)} times")

    @cached_property
    def _transformer(self) -> "compose.ColumnTransformer":
        """scikit-learn's transformers, built from what was learned."""
        from sklearn import compose

        # They must be fitted nevertheless: to two rows, which only show which cells may be missing.
        steps = [step for column in self.columns for step in column.steps]
        example = np.zeros((2, len(steps)))
        example[1, [getattr(step, "add_indicator", False) for step in steps]] = np.nan
        named = [(str(at), step, [at]) for at, step in enumerate(steps)]
        return compose.ColumnTransformer(named, sparse_threshold=0).fit(example)


def _in_rows(where: NDArray[np.bool_]) -> str:
    count = int(where.sum())
    return f"{count:,} row{'s' * (count > 1)} {'have' if count > 1 else 'has'}"


def _fit_values(cells: pd.Series, kind: Kind, notation: Notation) -> Column:
    values = _VALUES[kind](cells, 0, notation)
    given = values[~np.isnan(values)]
    fill = float(np.median(given)) if given.size else 0.0
    column = Column(str(cells.name), kind, given.size < values.size, fill, notation=notation)
    if kind not in {"date", "season"} or not given.size:
        return column
    # Over less than one period a cycle adds nothing to the days; dates at the same phase have no information.
    whole = [cycle for cycle, period in PERIODS.items() if np.ptp(given) >= period]
    cycles = tuple(cycle for cycle in whole if np.ptp(_waves(given, cycle), axis=0).max() > _VARIES)
    return replace(column, first=float(given.min()), cycles=cycles)


def _fit_category(cells: pd.Series, kind: Kind, notation: Notation) -> Column:
    codes, texts = _factorized(cells)
    missing = bool((codes < 0).any())
    counts = np.bincount(codes[codes >= 0], minlength=len(texts)).tolist()
    totals: dict[str, int] = {}
    for name, count in ((name, count) for name, count in zip(texts, counts, strict=True) if count):
        totals[name] = totals.get(name, 0) + count
    common = sorted(totals, key=lambda name: (-totals[name], name))
    kept = sorted(set(common[:MOST_CATEGORIES]) - {MISSING, OTHER})
    ends = [MISSING] * (missing or MISSING in totals) + [OTHER] * (len(common) > MOST_CATEGORIES or OTHER in totals)
    return Column(str(cells.name), kind, missing, categories=(*kept, *ends), notation=notation)


def _waves(days: Array, cycle: str) -> Array:
    """The sine and the cosine of 2 pi t / period `(n, 2)`."""
    angle = 2 * np.pi * (days / PERIODS[cycle] % 1.0)
    return np.column_stack([np.sin(angle), np.cos(angle)])


def _expanded(values: Array, column: Column) -> Array:
    """Dates as days since the first (except seasons) and the waves of their cycles; other values unchanged."""
    own = values[:, None] - column.first
    return np.hstack([own[:, column.kind == "season" :], *(_waves(values, cycle) for cycle in column.cycles)])


def _factorized(cells: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    """The index of each cell's text among the distinct texts, -1 where it is missing; and these texts."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        codes, values = cells.cat.codes.to_numpy(), cells.cat.categories
    else:
        codes, values = pd.factorize(cells)
    return np.asarray(codes, dtype=np.int64), [text(each) for each in values]


def _value_cells(cells: pd.Series, column: Column, unseen: Unseen, start: int) -> Array:
    values = _VALUES[column.kind](cells, start, column.notation)
    if unseen == "refuse" and not column.missing:
        refuse_first(cells, np.isnan(values), _FULL, start, _HELPS)
    return _expanded(values, column)


def _category_cells(cells: pd.Series, column: Column, unseen: Unseen, start: int) -> Array:
    """The index of each cell's category, -1 for none."""
    codes, texts = _factorized(cells)
    numbered = {name: number for number, name in enumerate(column.categories)}
    others = numbered.get(OTHER, -1)
    places = np.array([*(numbered.get(name, others) for name in texts), numbered.get(MISSING, -1)])[codes]
    if unseen == "refuse":
        refuse_first(cells, (codes < 0) & (places < 0), _FULL, start, _HELPS)
        more = f" and {len(column.categories) - _NAMED} more" if len(column.categories) > _NAMED else ""
        refuse_first(cells, places < 0, f"one of {', '.join(column.categories[:_NAMED])}{more}", start, _HELPS)
    return places[:, None].astype(np.float64)


_VALUES = {"number": numbers, "boolean": truths, "date": dates, "season": dates}
_FITS = {**dict.fromkeys(_VALUES, _fit_values), "category": _fit_category}
_CELLS = {**dict.fromkeys(_VALUES, _value_cells), "category": _category_cells}

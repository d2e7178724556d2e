"""The target of a table: numbers, on a linear or a log scale, or classes."""

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Array
from knobwise.experiments.data.tables import arrays, columns, convert, recognize
from knobwise.experiments.data.tables.refusal import Unusable

Task = Literal["regression", "classification"]
Scale = Literal["auto", "linear", "log"]

MOST_CLASSES = 100
"""Most classes; each has its own output."""

FEW_VALUES = 10
"""Whole numbers with at most this many distinct values are classes..."""

RARE = 0.05
"""...if the number of distinct values is less than this share of the rows."""

_SKEWED = 1.0
_FLAG = 2  # distinct whole numbers that are classes for any number of rows, such as 0 and 1


class Target(NamedTuple):
    """The target of all rows.

    Attributes:
        y: `(n, k)`, as in `Problem`.
        outputs: names of the k outputs.
        classes: names of the classes; empty for regression.
        codes: the class of each row `(n,)`; empty for regression.
    """

    y: Array
    outputs: tuple[str, ...]
    classes: tuple[str, ...]
    codes: NDArray[np.int64]


def understood(cells: pd.Series, task: Task | None, mark: str = "") -> tuple[pd.Series, str]:
    """The target column as a person reads it, and what is to be said of it.

    Args:
        cells: the column; rows without a target are left out already.
        task: as in `read`; texts that are asked to be classes are not read as numbers.
        mark: the decimal mark of a number that could have either.

    Raises:
        ValueError: it can be read in two ways, or in parts only.

    >>> understood(pd.Series(["1,200.5 EUR", "950 EUR"], name="price"), None)[1]
    "read as numbers in EUR, '1,200.5 EUR' as 1200.5"
    """
    texts = isinstance(cells.dtype, pd.CategoricalDtype | pd.StringDtype)
    if not texts or not len(cells):
        return cells, ""
    try:
        read = recognize.column(cells, mark)
        if pd.api.types.is_bool_dtype(read.cells.dtype):  # yes and YES are one class, which is called yes
            return cells.astype("str").str.strip().str.lower(), read.note
        if task == "classification":
            return cells, ""
        if read.cells is cells and task is None:
            columns.mixed(cells, "classes")
    except Unusable as error:
        if task == "classification":
            return cells, ""
        or_classes = ", or --task classification if they are classes" if task is None else ""
        raise ValueError(f"{error.why}: {error.cure}{or_classes}") from None
    return read.cells, read.note


def read(cells: pd.Series, task: Task | None) -> Target:
    """The target column as numbers or classes.

    Args:
        cells: the column.
        task: None to decide by the cells: texts, truth values, and whole numbers with two distinct values, or at most
            ten and fewer than 5% of the rows, are classes.

    Raises:
        ValueError: a cell is missing, infinite or not a number where numbers are required; all are equal; dates.

    >>> read(pd.Series([2.5, 1.0], name="price"), None).y.tolist()
    [[2.5], [1.0]]
    >>> read(pd.Series(["no", "yes", "no"], name="paid"), None)[1:]
    (('yes',), ('no', 'yes'), array([0, 1, 0]))
    """
    name = str(cells.name)
    if cells.isna().any():
        raise without(cells)
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        raise convert.refused(cells, 0, "numbers or classes to be a target")
    numeric = pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype)
    values = convert.numbers(cells) if numeric or task == "regression" else None
    if task is None:
        task = "regression" if values is not None and not _few(values) else "classification"
    if task == "classification":
        return _classes(cells, name)
    assert values is not None
    if values.size and np.ptp(values) == 0:
        raise _constant(cells)
    return Target(values[:, None], (name,), (), np.empty(0, dtype=np.int64))


def without(cells: pd.Series) -> ValueError:
    """The error for rows without a target: the first, their count, and the option that leaves them out."""
    missing = cells.isna().to_numpy()
    count = int(missing.sum())
    more = f" and {count - 1:,} more" if count > 1 else ""
    these = f"these {count:,} rows" if count > 1 else "this row"
    return ValueError(
        f"{convert.refused(cells, int(missing.argmax()), 'a target in every row')}{more}: "
        f"--drop-rows-without-target leaves {these} out"
    )


def log_shift(y: Array, scale: Scale, name: str) -> float | None:
    """The s for which log(y + s) is learned: 0 where all of the training part is positive, 1 where there are zeros.

    None to learn y itself: for "linear", and for "auto" unless y is never negative and its skewness, the mean of
    ((y - mean) / standard deviation)^3, is greater than 1.

    Raises:
        ValueError: "log" of a target with negative values.

    >>> log_shift(np.array([1.0, 2.0, 3.0, 200.0]), "auto", "price")
    0.0
    >>> log_shift(np.array([1.0, 2.0, 3.0]), "auto", "price") is None
    True
    """
    lowest = float(y.min())
    if scale == "log" and lowest < 0:
        raise ValueError(f"target_scale log needs a target of 0 or more, got {lowest:g} in column {name!r}")
    if scale == "linear" or lowest < 0 or (scale == "auto" and _skewness(y) <= _SKEWED):
        return None
    return 0.0 if lowest > 0 else 1.0


def _skewness(y: Array) -> float:
    spread = float(y.std())
    return float((((y - y.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0


def _few(values: Array) -> bool:
    if not np.array_equal(values, np.round(values)):
        return False
    different = np.unique(values).size
    return different <= _FLAG or (different <= FEW_VALUES and different < RARE * values.size)


def _classes(cells: pd.Series, name: str) -> Target:
    """Classes in sorted order: numbers by value, texts alphabetically."""
    if isinstance(cells.dtype, pd.CategoricalDtype):  # sort by value, not in the order of the categories
        cells = cells.astype(cells.cat.categories.dtype)
    codes, values = pd.factorize(cells, sort=True)
    classes = [convert.text(value) for value in values]
    if len(classes) < 2:
        raise _constant(cells)
    if len(classes) > MOST_CLASSES:
        raise ValueError(
            f"target {name!r} must have at most {MOST_CLASSES} classes, got {len(classes):,}; "
            "is it a number? then --task regression"
        )
    codes = codes.astype(np.int64)
    return Target(arrays.one_hot(codes, len(classes)), arrays.class_outputs(classes), tuple(classes), codes)


def _constant(cells: pd.Series) -> ValueError:
    return ValueError(f"target {str(cells.name)!r} must differ between rows, got {str(cells.iloc[0])!r} in all of them")

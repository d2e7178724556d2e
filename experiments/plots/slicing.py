"""The predictions of a model along each of its inputs, with the others fixed at a central sample."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from knobwise.experiments.data.problem import Array

POINTS = 41  # along a number: enough for a curve to look smooth
FEW = 10  # values: an input with no more is shown at these only
MOST_CATEGORIES = 8
AT_ONCE = 1_000_000  # numbers passed to the model at once: 8 MB
NEAR = 5000  # test points used


class Slice(NamedTuple):
    """One input's slice.

    Attributes:
        name: of the input, or of the column whose categories have an input each (`column=value`).
        values: `(m,)` along the input; 0, 1, 2, ... for categories.
        predicted: predictions `(m, k)` at `values`.
        at: the value of the point that is on all slices; NaN for a category that is not in `values`.
        data: `(n,)` values of this input in the data, on the scale of `values`; NaN for a category that is not in it.
        categories: the names of `values`; empty for a number.
    """

    name: str
    values: Array
    predicted: Array
    at: float
    data: Array
    categories: tuple[str, ...] = ()

    @property
    def ranges(self) -> Array:
        """`(k,)` the range of each output along the slice, over the values where all are finite."""
        finite = self.predicted[np.isfinite(self.predicted).all(axis=1)]
        changed: Array = np.ptp(finite, axis=0) if len(finite) else np.zeros(self.predicted.shape[1])
        return changed

    @property
    def reach(self) -> float:
        """The largest range of an output along the slice."""
        return float(self.ranges.max())


def best_covered(X: Array) -> Array:
    """`(d,)` the row of `X` nearest to the medians, each input in units of its standard deviation.

    A row of the data, so that the model is not evaluated at an impossible point.

    >>> best_covered(np.array([[0.0, 0.0], [1.0, 1.0], [9.0, 9.0]]))
    array([1., 1.])
    """
    X = X[:: -(-len(X) // NEAR)]
    spread = X.std(axis=0)
    far = (X - np.median(X, axis=0)) / np.where(spread > 0, spread, 1)
    row: Array = X[np.argmin((far**2).sum(axis=1))]
    return row


def slices(predict: Callable[[Array], Array], X: Array, names: Sequence[str]) -> list[Slice]:
    """Slices through the central row of `X` `(n, d)` along each input, ranked by their effect on the prediction.

    A number goes from its 1% to its 99% quantile in `X`: otherwise a few outliers would take most of the width.
    """
    X = X[:: -(-len(X) // NEAR)]
    point = best_covered(X)
    empty = []  # slices without predictions, and the rows to predict
    for name, columns in columns_of(X, names).items():
        categories = "=" in names[columns[0]] and name != names[columns[0]]
        if categories:
            empty.append(
                _along_categories(name, [names[each].partition("=")[2] for each in columns], columns, X, point)
            )
        else:
            empty.append(_along_number(name, columns[0], X, point))
    predictions = _predictions(predict, [rows for _, rows in empty])
    filled = [slice_._replace(predicted=predicted) for (slice_, _), predicted in zip(empty, predictions, strict=True)]
    return sorted(filled, key=lambda slice_: -slice_.reach)


def columns_of(X: Array, names: Sequence[str]) -> dict[str, list[int]]:
    """Inputs by the column that they encode: those of 0 and 1 named `column=value` together, others by themselves.

    >>> columns_of(np.array([[1.0, 0.0, 7.0], [0.0, 1.0, 8.0]]), ["sex=f", "sex=m", "age"])
    {'sex': [0, 1], 'age': [2]}
    """
    by_name: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        owner, sign, _ = name.partition("=")
        marked = bool(sign) and bool(np.isin(X[:, column], (0, 1)).all())
        by_name.setdefault(owner if marked else name, []).append(column)
    return by_name


def _along_number(name: str, column: int, X: Array, point: Array) -> tuple[Slice, Array]:
    data = X[:, column]
    low, high = np.quantile(data, (0.01, 0.99))
    values = np.unique(data[(data >= low) & (data <= high)])
    if len(values) > FEW:
        values = np.linspace(low, high, POINTS)
    rows = np.tile(point, (len(values), 1))
    rows[:, column] = values
    return Slice(name, values, np.empty(0), float(point[column]), data), rows


def _along_categories(name: str, labels: list[str], columns: list[int], X: Array, point: Array) -> tuple[Slice, Array]:
    """The most frequent categories in the order of the inputs, and "none of them", where some row has none."""
    member = X[:, columns] > 0.5
    none = ~member.any(axis=1)
    kept = np.sort(np.argsort(-member.sum(axis=0), kind="stable")[:MOST_CATEGORIES])
    settings = np.eye(len(columns))[kept]
    names = [labels[each] for each in kept]
    if none.any():
        settings = np.vstack([settings, np.zeros(len(columns))])
        names.append(f"not {labels[0]}" if len(labels) == 1 else "other")
    rows = np.tile(point, (len(settings), 1))
    rows[:, columns] = settings
    matches = (X[:, None, columns] == settings[None]).all(axis=2)
    data = np.where(matches.any(axis=1), matches.argmax(axis=1), np.nan)
    matched = (point[columns] == settings).all(axis=1)
    at = float(matched.argmax()) if matched.any() else np.nan
    return Slice(name, np.arange(len(settings), dtype=float), np.empty(0), at, data, tuple(names)), rows


def _predictions(predict: Callable[[Array], Array], tables: list[Array]) -> list[Array]:
    """The predictions for each table of rows, many tables at once within `AT_ONCE`."""
    predictions: list[Array] = []
    waiting: list[Array] = []
    for number, rows in enumerate(tables):
        waiting.append(rows)
        if number + 1 == len(tables) or sum(each.size for each in waiting) >= AT_ONCE:
            ends = np.cumsum([len(each) for each in waiting])[:-1]
            predictions += np.split(predict(np.concatenate(waiting)), ends)
            waiting = []
    return predictions

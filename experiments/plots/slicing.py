"""What a model says along each of its inputs, the others held at a point in the midst of the data."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from knobwise.experiments.data.problem import Array

POINTS = 41  # along a number: enough for a curve to look smooth
FEW = 10  # values: an input that has no more takes these and nothing between
MOST_CATEGORIES = 8
AT_ONCE = 1_000_000  # numbers given to the model at once: 8 MB
NEAR = 5000  # test points that are looked at


class Slice(NamedTuple):
    """One input's slice.

    Attributes:
        name: of the input, or of the column whose categories have an input each (`column=value`).
        values: `(m,)` along the input; 0, 1, 2, ... for categories.
        predicted: `(m, k)`, what the model says there.
        held: where on `values` the point lies that all slices go through; NaN for a category that is not among them.
        data: `(n,)` what the data have of this input, on the scale of `values`; NaN for a category not among them.
        categories: the names of `values`; empty for a number.
    """

    name: str
    values: Array
    predicted: Array
    held: float
    data: Array
    categories: tuple[str, ...] = ()

    @property
    def ranges(self) -> Array:
        """`(k,)` by how much each output changes along the slice, where all of them are finite."""
        finite = self.predicted[np.isfinite(self.predicted).all(axis=1)]
        changed: Array = np.ptp(finite, axis=0) if len(finite) else np.zeros(self.predicted.shape[1])
        return changed

    @property
    def reach(self) -> float:
        """By how much the prediction changes along the slice: of the outputs, the one that changes most."""
        return float(self.ranges.max())


def best_covered(X: Array) -> Array:
    """`(d,)` the row of `X` nearest to the medians, each input in units of its standard deviation.

    A row of the data, so that nothing impossible is asked of the model; nearest to the middle, where most others are.

    >>> best_covered(np.array([[0.0, 0.0], [1.0, 1.0], [9.0, 9.0]]))
    array([1., 1.])
    """
    X = X[:: -(-len(X) // NEAR)]
    spread = X.std(axis=0)
    far = (X - np.median(X, axis=0)) / np.where(spread > 0, spread, 1)
    row: Array = X[np.argmin((far**2).sum(axis=1))]
    return row


def slices(predict: Callable[[Array], Array], X: Array, names: Sequence[str]) -> list[Slice]:
    """Through the best-covered point of `X` `(n, d)` along each input, those that change the prediction most first.

    A number runs from its 1% to its 99% quantile in `X`: beyond, a few odd values would take most of the width.
    """
    X = X[:: -(-len(X) // NEAR)]
    point = best_covered(X)
    asked = []
    for name, columns in columns_of(X, names).items():
        categories = "=" in names[columns[0]] and name != names[columns[0]]
        if categories:
            asked.append(
                _along_categories(name, [names[each].partition("=")[2] for each in columns], columns, X, point)
            )
        else:
            asked.append(_along_number(name, columns[0], X, point))
    told = _answers(predict, [rows for _, rows in asked])
    found = [each._replace(predicted=answer) for (each, _), answer in zip(asked, told, strict=True)]
    return sorted(found, key=lambda each: -each.reach)


def columns_of(X: Array, names: Sequence[str]) -> dict[str, list[int]]:
    """Inputs that belong together: those of 0 and 1 that are named `column=value`, by column. Any other by itself.

    >>> columns_of(np.array([[1.0, 0.0, 7.0], [0.0, 1.0, 8.0]]), ["sex=f", "sex=m", "age"])
    {'sex': [0, 1], 'age': [2]}
    """
    found: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        owner, sign, _ = name.partition("=")
        marked = bool(sign) and bool(np.isin(X[:, column], (0, 1)).all())
        found.setdefault(owner if marked else name, []).append(column)
    return found


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
    """The most frequent categories in the order of the inputs; and that a row is none of them, where any is."""
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
    here = (point[columns] == settings).all(axis=1)
    held = float(here.argmax()) if here.any() else np.nan
    return Slice(name, np.arange(len(settings), dtype=float), np.empty(0), held, data, tuple(names)), rows


def _answers(predict: Callable[[Array], Array], asked: list[Array]) -> list[Array]:
    """The model's answer to each table of rows, asked for many of them at once but never for too many."""
    answers: list[Array] = []
    waiting: list[Array] = []
    for at, rows in enumerate(asked):
        waiting.append(rows)
        if at + 1 == len(asked) or sum(each.size for each in waiting) >= AT_ONCE:
            ends = np.cumsum([len(each) for each in waiting])[:-1]
            answers += np.split(predict(np.concatenate(waiting)), ends)
            waiting = []
    return answers

"""Splits a table's rows into training, validation and test parts: at random, by group, or by time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]

FEWEST_ROWS = 20
"""A table must have at least this many rows, for a validation and a test part."""

FEWEST_IN_CLASS = 3
"""One row for each of the three parts."""


class Split(NamedTuple):
    """The rows of each part, counted from 0; no row is in two parts.

    Attributes:
        train, val, test: row numbers, each `(n,)`.
    """

    train: Indices
    val: Indices
    test: Indices


def plain(rows: int, fraction: float, seed: int) -> Split:
    """A random permutation of the rows, cut in three: `fraction` of them test, `fraction` of the rest validate.

    >>> [part.size for part in plain(100, 0.2, seed=0)]
    [64, 16, 20]

    Raises:
        ValueError: fewer than 20 rows.
    """
    _enough(rows)
    order = np.random.default_rng(seed).permutation(rows)
    test, val = _shares(rows, fraction)
    return _sorted(order[test + val :], order[test : test + val], order[:test])


def stratified(labels: NDArray[np.int64], classes: Sequence[str], fraction: float, seed: int) -> Split:
    """`plain` within each class, so that each part has each class in about the table's proportion, at least once.

    Args:
        labels: the class of each row, 0 to k - 1, `(n,)`.
        classes: names of the k classes.
        fraction: share of the rows of a class in the test part; and of the rest in the validation part.
        seed: of the random order.

    >>> split = stratified(np.repeat([0, 1], [90, 10]), ("no", "yes"), 0.2, seed=0)
    >>> int((split.test >= 90).sum()), split.test.size
    (2, 20)

    Raises:
        ValueError: fewer than 20 rows, or a class with fewer than 3.
    """
    _enough(labels.size)
    counts = np.bincount(labels, minlength=len(classes))
    rarest = int(counts.argmin())
    if counts[rarest] < FEWEST_IN_CLASS:
        raise ValueError(
            f"a class must have at least {FEWEST_IN_CLASS} rows, one each to train, validate and test, "
            f"got {counts[rarest]} of class {classes[rarest]!r}"
        )
    order = np.random.default_rng(seed).permutation(labels.size)
    parts: tuple[list[Indices], list[Indices], list[Indices]] = ([], [], [])
    for label, count in enumerate(counts):
        members = order[labels[order] == label]
        test, val = _shares(int(count), fraction)
        for part, rows in zip(parts, (members[test + val :], members[test : test + val], members[:test]), strict=True):
            part.append(rows)
    return _sorted(*(np.concatenate(part) for part in parts))


def grouped(groups: NDArray[np.int64], column: str, fraction: float, seed: int) -> Split:
    """Whole groups, in random order, to the test part until it has its share of the rows; then to validation.

    Rows of the same patient, household or machine resemble each other: with some of them in training, the test error of
    the others would be too low.

    Args:
        groups: the group of each row, 0 to k - 1, `(n,)`.
        column: name of the groups, for the message.
        fraction: share of the rows in the test part.
        seed: of the order of the groups.

    Raises:
        ValueError: fewer than 20 rows, or fewer than 3 groups.
    """
    _enough(groups.size)
    sizes = np.bincount(groups)
    if sizes.size < 3:
        raise ValueError(
            f"group {column!r} must have at least 3 groups, one each to train, validate and test, got {sizes.size}"
        )
    order = np.random.default_rng(seed).permutation(sizes.size)
    test, val = _shares(groups.size, fraction)
    reached = np.cumsum(sizes[order])
    cut = _nearest(reached, test, 1, sizes.size - 2)
    second = _nearest(reached, int(reached[cut - 1]) + val, cut + 1, sizes.size - 1)
    part = np.zeros(sizes.size, dtype=np.int64)  # of each group: 0 trains, 1 validates, 2 tests
    part[order[:cut]] = 2
    part[order[cut:second]] = 1
    return Split(*(np.flatnonzero(part[groups] == which) for which in (0, 1, 2)))


def by_time(times: NDArray[np.float64], column: str, fraction: float) -> Split:
    """The earliest rows train, later ones validate, the latest test; rows with the same time are in the same part.

    So the scores are those of a model that was trained on the past and predicts the future.

    Raises:
        ValueError: fewer than 20 rows, or fewer than 3 different times.
    """
    _enough(times.size)
    order = np.argsort(times, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(times[order])) + 1, times.size)  # number of rows up to each time
    if ends.size < 3:
        raise ValueError(
            f"time {column!r} must have at least 3 different times, one each to train, validate and test, "
            f"got {ends.size}"
        )
    test, val = _shares(times.size, fraction)
    val_end = _nearest(ends, times.size - test, 2, ends.size - 1)
    train_end = _nearest(ends, int(ends[val_end - 1]) - val, 1, val_end - 1)
    first, second = int(ends[train_end - 1]), int(ends[val_end - 1])
    return _sorted(order[:first], order[first:second], order[second:])


def _enough(rows: int) -> None:
    if rows < FEWEST_ROWS:
        raise ValueError(f"a table must have at least {FEWEST_ROWS} rows to be split in three, got {rows}")


def _shares(rows: int, fraction: float) -> tuple[int, int]:
    """Numbers of test and validation rows: at least one each, and one left to train."""
    test = min(max(round(fraction * rows), 1), rows - 2)
    return test, min(max(round(fraction * (rows - test)), 1), rows - test - 1)


def _nearest(ends: Indices, wanted: int, low: int, high: int) -> int:
    """The number of pieces, `low` to `high`, whose end among `ends` is nearest to `wanted` rows."""
    return low + int(np.abs(ends[low - 1 : high] - wanted).argmin())


def _sorted(*parts: Indices) -> Split:
    """Rows in the file's order, so that later draws do not depend on how the split was drawn."""
    return Split(*(np.sort(part) for part in parts))

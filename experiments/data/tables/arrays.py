"""Arrays as a problem: the parts of a split, nested samples of the training part, one-hot targets."""

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from knobwise.experiments.data.problem import Array, Part, Problem
from knobwise.experiments.data.tables import splitting
from knobwise.experiments.data.tables.splitting import Indices, Split


def from_arrays(
    name: str,
    title: str,
    X: ArrayLike,
    y: ArrayLike,
    inputs: Sequence[str],
    classes: Sequence[str] = (),
    target: str = "",
    test_fraction: float = 0.2,
    split_seed: int = 0,
    about: str = "",
) -> Problem:
    """Arrays in memory as a problem, split at random; within each class where there are classes.

    Args:
        name: the problem's name, as `knobwise.experiments.problems.load` takes it.
        title: its name for people.
        X: inputs `(n, d)`, finite.
        y: targets `(n,)` or `(n, k)`, finite; with `classes`, the class of each row, 0 to k - 1, `(n,)`.
        inputs: names of the d inputs.
        classes: names of the classes, in the order of their codes; empty for regression.
        target: name of what is predicted.
        test_fraction: share of the rows in the test part; and of the rest in the validation part.
        split_seed: seed of the split.
        about: the source of the data.

    Raises:
        ValueError: shapes that do not fit, a number that is not finite, or too few rows.

    >>> X = np.arange(200.0).reshape(100, 2)
    >>> problem = from_arrays("line", "a line", X, X.sum(axis=1), ("a", "b"), target="sum")
    >>> problem.train(3, 0).y.shape, problem.most, problem.outputs
    ((3, 1), 64, ('sum',))
    """
    X, y = np.ascontiguousarray(X, dtype=np.float64), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != len(inputs):
        raise ValueError(f"X must have one column for each of the {len(inputs)} inputs, got shape {X.shape}")
    if y.ndim not in {1, 2} or y.shape[0] != X.shape[0]:
        raise ValueError(f"y must have one row for each of the {X.shape[0]} rows of X, got shape {y.shape}")
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("X and y must hold finite numbers")
    if classes:
        labels = y.astype(np.int64)
        if y.ndim != 1 or not np.array_equal(labels, y) or labels.min() < 0 or labels.max() >= len(classes):
            raise ValueError(f"y must hold the class of each row, 0 to {len(classes) - 1}")
        split = splitting.stratified(labels, classes, test_fraction, split_seed)
        y, outputs = one_hot(labels, len(classes)), class_outputs(classes)
    else:
        split = splitting.plain(len(X), test_fraction, split_seed)
        y = y.reshape(len(X), -1).astype(np.float64)
        outputs = _numbered(target or "y", y.shape[1])
    columns: Array = X
    train, val, test = parts(split, lambda rows: columns[rows], y)
    return Problem(
        name=name,
        inputs=tuple(inputs),
        outputs=outputs,
        train=train,
        val=val,
        test=test,
        most=split.train.size,
        title=title,
        classes=tuple(classes),
        target=target,
        about=about,
    )


def parts(
    split: Split, encode: Callable[[Indices], Array], y: Array
) -> tuple[Callable[[int, int], Part], Callable[[int], Part], Callable[[], Part]]:
    """`Problem.train`, `val` and `test` of a table.

    Each part is encoded on first use and cached: the latest training sample, the validation and the test part. All
    callers share them, so they are read-only.

    Args:
        split: the rows of each part.
        encode: returns the inputs `(n, d)` of given rows.
        y: targets of all rows `(rows, k)`.
    """

    def part(rows: Indices) -> Part:
        samples = Part(encode(rows), y[rows])
        for array in samples:
            array.flags.writeable = False
        return samples

    @lru_cache(maxsize=1)
    def train(n: int, seed: int) -> Part:
        if not 1 <= n <= split.train.size:
            raise ValueError(f"n must be from 1 to {split.train.size}, the rows of the training part, got {n}")
        return part(split.train[np.random.default_rng(seed).permutation(split.train.size)[:n]])

    @lru_cache(maxsize=1)
    def val() -> Part:
        return part(split.val)

    @lru_cache(maxsize=1)
    def test() -> Part:
        return part(split.test)

    return train, lambda seed: val(), test


def one_hot(labels: NDArray[np.int64], count: int) -> Array:
    """Classes 0 to `count` - 1 as targets: 0 and 1 `(n, 1)` for two classes, one-hot `(n, count)` for more.

    >>> one_hot(np.array([0, 1, 1]), 2).ravel().tolist()
    [0.0, 1.0, 1.0]
    >>> one_hot(np.array([0, 2]), 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if count == 2:
        return labels[:, None].astype(np.float64)
    targets = np.zeros((labels.size, count))
    targets[np.arange(labels.size), labels] = 1.0
    return targets


def class_outputs(classes: Sequence[str]) -> tuple[str, ...]:
    """The names of a classifier's outputs: the second of two classes, or all of more.

    >>> class_outputs(("no", "yes")), class_outputs(("a", "b", "c"))
    (('yes',), ('a', 'b', 'c'))
    """
    return (classes[1],) if len(classes) == 2 else tuple(classes)


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name}{number}" for number in range(1, count + 1))

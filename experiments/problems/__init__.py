"""Problems: something to fit, with its training, validation and test parts. One problem a file, found by its name.

A problem's module holds a function of the module's own name that returns a `Problem`; its first docstring line is
what a listing shows.
"""

import importlib
import pkgutil
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Part(NamedTuple):
    """Attributes: `X` `(n, d)` inputs and `y` `(n, k)` targets, float64, on the problem's original scale."""

    X: Array
    y: Array


class Problem(NamedTuple):
    """Something to fit.

    Attributes:
        name: as given to `--problem`.
        inputs: names of the d inputs.
        outputs: names of the k outputs.
        train: `train(n, seed)` gives n training samples. A larger n contains the smaller's samples, in order.
        val: `val(seed)`: what a sweep selects by. Never the same samples as `train` or `test`.
        test: `test()`: what is reported, never selected by. Does not depend on a seed.
        most: the largest n that `train` can give, or None where there is no end.
        grid: for a surface over two inputs, the shape `(rows, columns)` in which the test part lies, for contours.
        surface: for a surface, the true function `surface(x, y)`; None where it is not known.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    train: Callable[[int, int], Part]
    val: Callable[[int], Part]
    test: Callable[[], Part]
    most: int | None = None
    grid: tuple[int, int] | None = None
    surface: Callable[[Array, Array], Array] | None = None


def names() -> list[str]:
    """The names of all problems, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Problem:
    """The problem called `name`.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    if name not in names():
        raise ValueError(f"problem must be one of {', '.join(names())}, got {name!r}")
    problem: Problem = getattr(importlib.import_module(f"{__name__}.{name}"), name)()
    return problem

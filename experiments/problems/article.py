"""The article's surface, z = sin(x) + x cos(y) + y + 3^(x/3) on [-10, 10] x [-10, 10]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from knobwise.experiments.data.problem import Array, Part, Problem

if TYPE_CHECKING:
    import pandas as pd

SIDE = 100  # points along each side of the true surface's grid
VAL_ROWS = 2000
_VAL_STREAM = 1  # makes the validation draw independent of the training draw of the same seed


def surface(x: Array, y: Array) -> Array:
    """z = sin(x) + x cos(y) + y + 3^(x/3), elementwise.

    >>> float(surface(np.array(0.0), np.array(0.0)))
    1.0
    """
    z: Array = np.sin(x) + x * np.cos(y) + y + 3 ** (x / 3)
    return z


def sample(n: int, seed: int = 0) -> pd.DataFrame:
    """`n` points with x and y uniform on [-10, 10], as columns X, Y, Z.

    The draw is `default_rng(seed).uniform(-10, 10, (n, 2))`: the first 1,000 of 10,000 points are the same as 1,000.

    >>> sample(2).round(3)
           X      Y      Z
    0  2.739 -4.604 -1.782
    1 -9.181 -9.669 -0.969
    """
    return _frame(_points(n, seed))


def grid() -> pd.DataFrame:
    """The true surface on a 100 x 100 grid, columns X, Y, Z; x varies fastest."""
    return _frame(_on_grid())


def article() -> Problem:
    """A random sample to train on, another to select by, and the grid to report."""
    return Problem(
        name="article",
        inputs=("X", "Y"),
        outputs=("Z",),
        train=lambda n, seed: _part(_points(n, seed)),
        val=lambda seed: _part(np.random.default_rng([seed, _VAL_STREAM]).uniform(-10, 10, (VAL_ROWS, 2))),
        test=lambda: _part(_on_grid()),
        grid=(SIDE, SIDE),
        surface=surface,
    )


def _points(n: int, seed: int) -> Array:
    return np.random.default_rng(seed).uniform(-10, 10, (n, 2))


def _on_grid() -> Array:
    side = np.linspace(-10, 10, SIDE)
    x, y = np.meshgrid(side, side)
    return np.column_stack([x.ravel(), y.ravel()])


def _part(points: Array) -> Part:
    return Part(points, surface(points[:, 0], points[:, 1])[:, None])


def _frame(points: Array) -> pd.DataFrame:
    import pandas as pd  # late: a third of a second, which a worker does not need

    return pd.DataFrame({"X": points[:, 0], "Y": points[:, 1], "Z": surface(points[:, 0], points[:, 1])})

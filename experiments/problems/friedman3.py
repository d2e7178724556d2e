"""Friedman's third: a circuit's phase; nearly flat, and steep in one corner.

    y = arctan((w L - 1 / (w C)) / R)
    0 <= R <= 100,    40 pi <= w <= 560 pi,    0 <= L <= 1,    1 <= C <= 11

The circuit of `friedman2`; y is in radians, nearly pi/2 almost everywhere. The noise of the paper has a standard
deviation of 0.1, a third of the signal's.

J. H. Friedman (1991), "Multivariate adaptive regression splines", The Annals of Statistics 19(1), 1-67.
"""

import numpy as np

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem
from knobwise.experiments.problems.friedman2 import BOUNDS


def value(R: Array, w: Array, L: Array, C: Array) -> Array:
    """The formula above, elementwise; by `arctan2`, which has the right limit at R = 0.

    >>> float(value(np.array(4.0), np.array(1.0), np.array(5.0), np.array(1.0)) / np.pi)
    0.25
    """
    y: Array = np.arctan2(w * L - 1 / (w * C), R)
    return y


def friedman3(noise: float = 0.0) -> Problem:
    """Samples uniform on the box above; `noise` is the standard deviation of the noise on y, >= 0.

    Raises:
        ValueError: `noise` is out of range.
    """
    return synthetic.regression(
        "friedman3",
        value,
        BOUNDS,
        inputs=("R", "w", "L", "C"),
        output="phase",
        noise=noise,
        title="Friedman 3",
        about="Friedman (1991), Multivariate adaptive regression splines",
    )

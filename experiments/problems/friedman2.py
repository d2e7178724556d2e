"""Friedman's second: a circuit's impedance; four inputs on unequal scales.

    y = sqrt(R^2 + (w L - 1 / (w C))^2)
    0 <= R <= 100,    40 pi <= w <= 560 pi,    0 <= L <= 1,    1 <= C <= 11

R is a resistance, w an angular frequency, L an inductance and C a capacitance; their scales differ a thousandfold.
The noise of the paper has a standard deviation of 125, a third of the signal's.

J. H. Friedman (1991), "Multivariate adaptive regression splines", The Annals of Statistics 19(1), 1-67.
"""

import numpy as np

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem

BOUNDS = [(0.0, 100.0), (40 * np.pi, 560 * np.pi), (0.0, 1.0), (1.0, 11.0)]


def value(R: Array, w: Array, L: Array, C: Array) -> Array:
    """The formula above, elementwise.

    >>> float(value(np.array(3.0), np.array(1.0), np.array(5.0), np.array(1.0)))
    5.0
    """
    y: Array = np.sqrt(R**2 + (w * L - 1 / (w * C)) ** 2)
    return y


def friedman2(noise: float = 0.0) -> Problem:
    """Samples uniform on the box above; `noise` is the standard deviation of the noise on y, >= 0.

    Raises:
        ValueError: `noise` is out of range.
    """
    return synthetic.regression(
        "friedman2",
        value,
        BOUNDS,
        inputs=("R", "w", "L", "C"),
        output="impedance",
        noise=noise,
        title="Friedman 2",
        about="Friedman (1991), Multivariate adaptive regression splines",
    )

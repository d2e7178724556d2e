"""Rosenbrock's function: a long, bent, flat valley between steep walls.

    y = sum over i < n of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2,    -2.048 <= xi <= 2.048

The minimum, 0, lies where every x is 1.

H. H. Rosenbrock (1960), "An automatic method for finding the greatest or least value of a function", The Computer
Journal 3(3), 175-184; the box is that of K. A. De Jong (1975), "An analysis of the behavior of a class of genetic
adaptive systems", and the sum over more than two inputs the usual one.
"""

from itertools import pairwise

import numpy as np

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem

HALF = 2.048


def value(*x: Array) -> Array:
    """The formula above, elementwise.

    >>> float(value(np.array(1.0), np.array(1.0), np.array(1.0)))
    0.0
    >>> float(value(np.array(-1.0), np.array(2.0)))
    104.0
    """
    y: Array = sum((100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x)), start=np.zeros(np.shape(x[0])))
    return y


def rosenbrock(noise: float = 0.0, inputs: int = 2) -> Problem:
    """Samples uniform on the box above.

    Args:
        noise: standard deviation of the noise on y, >= 0.
        inputs: number of inputs, 2 to 1,000.

    Raises:
        ValueError: one of them is out of range.
    """
    synthetic.check_count("inputs", inputs, 2, 1000)
    return synthetic.regression(
        "rosenbrock",
        value,
        [(-HALF, HALF)] * inputs,
        inputs=tuple(f"x{i}" for i in range(1, inputs + 1)),
        noise=noise,
        title="Rosenbrock's function",
        about="Rosenbrock (1960), An automatic method for finding the greatest or least value of a function",
    )

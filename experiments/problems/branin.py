"""Branin's function: a valley with three equal minima, steep at one side.

    z = (y - b x^2 + c x - 6)^2 + 10 (1 - t) cos x + 10
    b = 5.1 / (4 pi^2),    c = 5 / pi,    t = 1 / (8 pi),    -5 <= x <= 10,    0 <= y <= 15

The minima, z = 0.397887, lie at (-pi, 12.275), (pi, 2.275) and (3 pi, 2.475).

L. C. W. Dixon and G. P. Szego (1978), "The global optimisation problem: an introduction", in "Towards global
optimisation 2", North-Holland, 1-15.
"""

import numpy as np

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem


def surface(x: Array, y: Array) -> Array:
    """The formula above, elementwise.

    >>> round(float(surface(np.array(np.pi), np.array(2.275))), 6)
    0.397887
    """
    b, c, t = 5.1 / (4 * np.pi**2), 5 / np.pi, 1 / (8 * np.pi)
    z: Array = (y - b * x**2 + c * x - 6) ** 2 + 10 * (1 - t) * np.cos(x) + 10
    return z


def branin(noise: float = 0.0) -> Problem:
    """Samples uniform on the rectangle above; `noise` is the standard deviation of the noise on z, >= 0.

    Raises:
        ValueError: `noise` is out of range.
    """
    return synthetic.regression(
        "branin",
        surface,
        [(-5.0, 10.0), (0.0, 15.0)],
        inputs=("x", "y"),
        output="z",
        noise=noise,
        title="Branin's function",
        about="Dixon and Szego (1978), The global optimisation problem: an introduction",
    )

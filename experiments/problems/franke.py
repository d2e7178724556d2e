"""Franke's function: two hills, a lower one and a dip; smooth, easy to fit.

    z =   3/4 exp(-(9x - 2)^2 / 4 - (9y - 2)^2 / 4)
        + 3/4 exp(-(9x + 1)^2 / 49 - (9y + 1) / 10)
        + 1/2 exp(-(9x - 7)^2 / 4 - (9y - 3)^2 / 4)
        - 1/5 exp(-(9x - 4)^2 - (9y - 7)^2),          0 <= x, y <= 1

R. Franke (1979), "A critical comparison of some methods for interpolation of scattered data", report NPS-53-79-003,
Naval Postgraduate School.
"""

import numpy as np

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem


def surface(x: Array, y: Array) -> Array:
    """The formula above, elementwise.

    >>> round(float(surface(np.array(0.0), np.array(0.0))), 4)
    0.7664
    """
    z: Array = (
        0.75 * np.exp(-((9 * x - 2) ** 2) / 4 - (9 * y - 2) ** 2 / 4)
        + 0.75 * np.exp(-((9 * x + 1) ** 2) / 49 - (9 * y + 1) / 10)
        + 0.5 * np.exp(-((9 * x - 7) ** 2) / 4 - (9 * y - 3) ** 2 / 4)
        - 0.2 * np.exp(-((9 * x - 4) ** 2) - (9 * y - 7) ** 2)
    )
    return z


def franke(noise: float = 0.0) -> Problem:
    """Samples uniform on the unit square; `noise` is the standard deviation of the noise on z, >= 0.

    Raises:
        ValueError: `noise` is out of range.
    """
    return synthetic.regression(
        "franke",
        surface,
        [(0.0, 1.0), (0.0, 1.0)],
        inputs=("x", "y"),
        output="z",
        noise=noise,
        title="Franke's function",
        about="Franke (1979), A critical comparison of some methods for interpolation of scattered data",
    )

"""Friedman's first: five inputs matter, one pair jointly; others distract.

    y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5,    0 <= xi <= 1

Inputs after the fifth have no effect, which a network must learn. The noise of the paper has standard deviation 1.

J. H. Friedman (1991), "Multivariate adaptive regression splines", The Annals of Statistics 19(1), 1-67.

L. Breiman (1996), "Bagging predictors", Machine Learning 24, 123-140.
"""

import numpy as np

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem


def value(x1: Array, x2: Array, x3: Array, x4: Array, x5: Array, *_others: Array) -> Array:
    """The formula above, elementwise; inputs after the fifth have no effect.

    >>> half = np.array(0.5)
    >>> float(value(np.array(1.0), half, half, np.array(0.0), np.array(1.0)))
    15.0
    """
    y: Array = 10 * np.sin(np.pi * x1 * x2) + 20 * (x3 - 0.5) ** 2 + 10 * x4 + 5 * x5
    return y


def friedman1(noise: float = 0.0, inputs: int = 10) -> Problem:
    """Samples uniform on the unit cube.

    Args:
        noise: standard deviation of the noise on y, >= 0.
        inputs: number of inputs, 5 to 1,000; only the first five matter.

    Raises:
        ValueError: one of them is out of range.
    """
    synthetic.check_count("inputs", inputs, 5, 1000)
    return synthetic.regression(
        "friedman1",
        value,
        [(0.0, 1.0)] * inputs,
        inputs=tuple(f"x{i}" for i in range(1, inputs + 1)),
        noise=noise,
        title="Friedman 1",
        about="Friedman (1991), Multivariate adaptive regression splines",
    )

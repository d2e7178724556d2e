"""One period of a sine, with noise: the smallest problem to overfit.

    y = sin(2 pi x) + noise e,    0 <= x <= 1,    e Gaussian

With few samples and many epochs a network learns the noise: the training error falls below noise^2 and the test error
rises. The book's noise has standard deviation 0.3.

C. M. Bishop (2006), "Pattern recognition and machine learning", Springer, section 1.1 and appendix A.
"""

import numpy as np

from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Array, Problem


def value(x: Array) -> Array:
    """sin(2 pi x), elementwise.

    >>> float(value(np.array(0.25)))
    1.0
    """
    y: Array = np.sin(2 * np.pi * x)
    return y


def noisy_sine(noise: float = 0.1) -> Problem:
    """Samples uniform on [0, 1]; `noise` is the standard deviation of the noise on y, >= 0.

    Raises:
        ValueError: `noise` is out of range.
    """
    return synthetic.regression(
        "noisy_sine",
        value,
        [(0.0, 1.0)],
        inputs=("x",),
        noise=noise,
        title="Noisy sine",
        about="Bishop (2006), Pattern recognition and machine learning",
    )

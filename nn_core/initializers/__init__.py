"""Initializers: the weights a layer starts from. One variant a file. Biases start at zero."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator | np.random.RandomState


class Initializer(NamedTuple):
    """How a layer's weights are drawn.

    Attributes:
        draw: `draw(random, n_in, n_out)` returns the weights `(n_in, n_out)`, float64.
    """

    draw: Callable[[Random, int, int], NDArray[Any]]

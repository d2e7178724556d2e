"""Initializers: the weights a layer starts from. One variant a file. Biases start at zero."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator | np.random.RandomState


class Initializer(NamedTuple):
    """Attributes: `draw(random, n_in, n_out)` gives the weights `(n_in, n_out)`, float64."""

    draw: Callable[[Random, int, int], NDArray[Any]]

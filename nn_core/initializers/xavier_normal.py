"""Xavier's (Glorot's) initialization, normal: for activations that are linear near zero, such as tanh."""

import math
from typing import Any

from numpy.typing import NDArray

from knobwise.nn_core.initializers import Initializer, Random


def xavier_normal() -> Initializer:
    """W_ij ~ N(0, 2 / (n_in + n_out)): a compromise; 1/n_in keeps the variance forward, 1/n_out backward.

    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", eq. 12.
    """

    def draw(random: Random, n_in: int, n_out: int) -> NDArray[Any]:
        return random.normal(0.0, math.sqrt(2 / (n_in + n_out)), (n_in, n_out))

    return Initializer(draw)

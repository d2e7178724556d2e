"""Xavier's (Glorot's) initialization, uniform: for activations that are linear near zero, such as tanh."""

import math
from typing import Any

from numpy.typing import NDArray

from knobwise.nn_core.initializers import Initializer, Random


def xavier_uniform() -> Initializer:
    """W_ij ~ U(-b, b), b = sqrt(6 / (n_in + n_out)): variance 2 / (n_in + n_out).

    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural networks", eq. 16.
    """

    def draw(random: Random, n_in: int, n_out: int) -> NDArray[Any]:
        limit = math.sqrt(6 / (n_in + n_out))
        return random.uniform(-limit, limit, (n_in, n_out))

    return Initializer(draw)

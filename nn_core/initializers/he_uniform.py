"""He's initialization, uniform: keeps the variance of the signal through layers of ReLU."""

import math
from typing import Any

from numpy.typing import NDArray

from knobwise.nn_core.initializers import Initializer, Random


def he_uniform() -> Initializer:
    """W_ij ~ U(-b, b), b = sqrt(6 / n_in): variance 2 / n_in.

    He, Zhang, Ren and Sun (2015), "Delving deep into rectifiers", section 2.2.
    """

    def draw(random: Random, n_in: int, n_out: int) -> NDArray[Any]:
        limit = math.sqrt(6 / n_in)
        return random.uniform(-limit, limit, (n_in, n_out))

    return Initializer(draw)

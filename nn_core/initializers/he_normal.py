"""He's initialization, normal: keeps the variance of the signal through layers of ReLU."""

import math
from typing import Any

from numpy.typing import NDArray

from knobwise.nn_core.initializers import Initializer, Random


def he_normal() -> Initializer:
    """W_ij ~ N(0, 2 / n_in): the 2 compensates for the half of the perceptrons that do not fire.

    He, Zhang, Ren and Sun (2015), "Delving deep into rectifiers", section 2.2.
    """

    def draw(random: Random, n_in: int, n_out: int) -> NDArray[Any]:
        return random.normal(0.0, math.sqrt(2 / n_in), (n_in, n_out))

    return Initializer(draw)

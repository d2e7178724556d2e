"""Orthogonal initialization: a layer rotates its inputs and stretches none of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from knobwise.nn_core.initializers import Initializer, Random


def orthogonal(gain: float = 1.0) -> Initializer:
    """W = gain Q, with Q^T Q = I where n_in >= n_out, and Q Q^T = I where n_in <= n_out.

    Q is from the QR decomposition of a normal matrix, with the signs of its columns chosen so that the diagonal of R is
    positive: otherwise the draw would depend on the algorithm and not be uniform over the orthogonal matrices
    (Mezzadri, 2007, "How to generate random matrices from the classical compact groups").

    Args:
        gain: > 0; sqrt(2) suits ReLU.

    Saxe, McClelland and Ganguli (2014), "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks".
    """

    def draw(random: Random, n_in: int, n_out: int) -> NDArray[Any]:
        tall = random.normal(0.0, 1.0, (max(n_in, n_out), min(n_in, n_out)))
        q, r = np.linalg.qr(tall)
        q *= gain * np.copysign(1.0, np.diagonal(r))
        return q if n_in >= n_out else q.T

    return Initializer(draw)

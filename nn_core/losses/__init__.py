"""Losses: the distance of an output from its target. One variant a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Loss(NamedTuple):
    """A loss that is a mean over samples, computed for a chunk of them as a sum, so that chunks can be added up.

    Outputs and targets are `(k, m)`: k outputs, m samples, one sample a column (`(R, k, m)` for R stacked networks).

    Attributes:
        gradient: `gradient(output, target)` replaces `output` by the gradient of the loss *summed* over the samples,
            `(k, m)`, and returns that sum: a float, or an `(R,)` array for R stacked networks. `output` is that of the
            last, linear layer: a loss for classes takes logits, and includes its softmax or sigmoid.
        link: the activation that turns the output into a prediction: `identity`, `softmax` or `sigmoid`.
        unit: factor of the reported loss (2 for half the squared error, reported as the MSE).
    """

    gradient: Callable[[Array, Array], Any]
    link: str
    unit: float = 1.0


def inner(a: Array, b: Array) -> Any:
    """The sum of the products of all entries, sum_ij a_ij b_ij: a float, or `(R,)` for R stacked networks.

    >>> inner(np.ones((2, 3)), np.full((2, 3), 0.5))
    3.0
    """
    if a.ndim == 2:
        return float(np.vdot(a, b))
    return np.vecdot(a.reshape(len(a), -1), b.reshape(len(b), -1))

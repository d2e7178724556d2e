"""The random parts of training: the order of the samples, and dropout."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def shuffle(randoms: list[np.random.Generator], pairs: Sequence[tuple[Array, Array]]) -> None:
    """Put the samples of each replicate in a new order, inputs and targets alike.

    Args:
        randoms: a generator for each replicate.
        pairs: arrays `(d, n)` or `(R, d, n)` and where to put them reordered; all in the same order.
    """
    width = pairs[0][0].shape[-1]
    for r, random in enumerate(randoms):
        order = random.permutation(width)
        for source, out in pairs:
            # With "clip" NumPy writes to `out` without a buffer; the order is never out of range.
            rows, to = (source, out) if source.ndim == 2 else (source[r], out[r])
            np.take(rows, order, axis=-1, out=to, mode="clip")


def drop(randoms: list[np.random.Generator], mask: Array, keep: float) -> None:
    """Fill `mask` `(d, m)` or `(d, R, m)` with 1/keep where a perceptron is kept, 0 where it is left out.

    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting".
    """
    for r, random in enumerate(randoms):
        of_replicate = mask if mask.ndim == 2 else mask[:, r]
        np.less(random.random(of_replicate.shape, dtype=of_replicate.dtype.type), keep, out=of_replicate)
    np.multiply(mask, 1 / keep, out=mask)

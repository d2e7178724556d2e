"""What is random in training: the order of the samples, and the perceptrons that are left out of a step."""

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
            # "clip" only because NumPy then writes straight to `out`; the order is never out of range.
            at = (source, out) if source.ndim == 2 else (source[r], out[r])
            np.take(at[0], order, axis=-1, out=at[1], mode="clip")


def drop(randoms: list[np.random.Generator], mask: Array, keep: float) -> None:
    """Fill `mask` `(d, m)` or `(d, R, m)` with 1/keep where a perceptron is kept, 0 where it is left out.

    Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from overfitting".
    """
    for r, random in enumerate(randoms):
        own = mask if mask.ndim == 2 else mask[:, r]
        np.less(random.random(own.shape, dtype=own.dtype.type), keep, out=own)
    np.multiply(mask, 1 / keep, out=mask)

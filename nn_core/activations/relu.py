"""ReLU on the bits of the floats: no branch, no temporary, no boolean mask."""

from functools import lru_cache

import numpy as np
from numpy.typing import DTypeLike

from knobwise.nn_core import buffers
from knobwise.nn_core.activations import Activation, Array


def relu() -> Activation:
    """f(z) = max(0, z), f'(z) = 1 where z > 0 and 0 elsewhere (0 at 0, as in the article).

    Read as integers of the same width, floats >= 0 keep their order and floats < 0 are negative, so ReLU of the floats
    is ReLU of the integers. An activation is > 0 exactly where its integer is: the integer's sign is the slope, and
    multiplying the bits of `delta` by that 0 or 1 masks it. Two passes instead of the comparison, cast and product
    that floats would need.

    Nair and Hinton (2010), "Rectified linear units improve restricted Boltzmann machines".

    >>> z = np.array([-2.0, 0.0, 3.0])
    >>> relu().forward(z, None)
    >>> z
    array([0., 0., 3.])
    """

    def forward(z: Array, slope: Array | None) -> None:
        bits = _bits(z)
        np.maximum(bits, _zeros(bits.shape, bits.dtype), out=bits)

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        fired, bits = _bits(a), _bits(delta)
        np.sign(fired, fired)
        np.multiply(bits, fired, bits)

    return Activation(forward, backward, needs_slope=False, bits=True)


def _bits(floats: Array) -> Array:
    return floats if floats.dtype.kind == "i" else floats.view(f"i{floats.itemsize}")


# `maximum` has a vector loop for two whole arrays, and none for an array and a number. With zeros of the same shape,
# kept from step to step, it takes 0.8 us at (64, 100), where np.maximum(z, 0) takes 2.9 and z.clip(0, largest) 2.3.
@lru_cache(maxsize=16)
def _zeros(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    return buffers.zeros(shape, dtype)

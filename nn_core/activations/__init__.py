"""Activations: the functions applied to a perceptron's weighted sum. One variant a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]


class Activation(NamedTuple):
    """A pair of functions that work in place, on contiguous float32 or float64 arrays of the same shape.

    Attributes:
        forward: `forward(z, slope)` replaces the sums `z` by the activations `a = f(z)`. Where `needs_slope`, it also
            stores in `slope` what `backward` needs of `z`: the derivative `f'(z)`, or a value that gives it in fewer
            passes. `slope` is None when no gradient is needed.
        backward: `backward(delta, a, slope)` multiplies `delta` = dL/da by `f'(z)`, giving dL/dz. It may overwrite `a`
            and `slope`, which are not used afterwards.
        needs_slope: whether `slope` is used. Where `f'(z)` follows from `a` alone, no buffer is allocated for it.
        bits: whether `z`, `a` and `delta` are passed as views of their bits, integers of the same width: a view made
            for each call costs 0.2 us, one made for the whole training nothing.
    """

    forward: Callable[[Array, Array | None], None]
    backward: Callable[[Array, Array, Array | None], None]
    needs_slope: bool
    bits: bool = False

"""Activations: what a perceptron makes of its weighted sum. One variant a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

Array = NDArray[Any]


class Activation(NamedTuple):
    """A pair of functions that work in place, on contiguous float32 or float64 arrays of any one shape.

    Attributes:
        forward: `forward(z, slope)` replaces the sums `z` by the activations `a = f(z)`. Where `needs_slope`, it also
            leaves in `slope` what `backward` will want of `z`: the derivative `f'(z)`, or what gives it in fewer
            passes. `slope` is None when no gradient will be asked for.
        backward: `backward(delta, a, slope)` multiplies `delta` = dL/da by `f'(z)`, giving dL/dz. It may overwrite `a`
            and `slope`, which are not needed after.
        needs_slope: whether `slope` is used. Where the slope can be had from `a` alone, no buffer is kept for it.
        bits: whether `z`, `a` and `delta` may come as views of their bits, integers of the same width, and are wanted
            so: a view made for each call costs 0.2 us, one made for the whole training nothing.
    """

    forward: Callable[[Array, Array | None], None]
    backward: Callable[[Array, Array, Array | None], None]
    needs_slope: bool
    bits: bool = False

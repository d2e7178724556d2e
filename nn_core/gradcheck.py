"""Central differences: the check that trusts no derivation."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def numerical_gradient(f: Callable[[Array], float], x: Array, eps: float = 1e-5) -> Array:
    """The gradient of `f` at `x`: df/dx_i ~ (f(x + h e_i) - f(x - h e_i)) / 2h.

    The error of the formula is of order h^2 and that of rounding of order 1e-16 / h, so h = eps max(1, |x_i|) with eps
    near 1e-5 leaves about ten digits.

    Args:
        f: gives a number for an array shaped as `x`; may change the array it is given.
        x: float64, any shape; not changed.
        eps: the relative step, > 0.

    Returns:
        An array shaped as `x`.

    Nocedal and Wright (2006), "Numerical optimization", section 8.1.

    >>> numerical_gradient(lambda x: float(x @ x), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    gradient = np.empty_like(x)
    for at in np.ndindex(*x.shape):
        values = []
        h = eps * max(1.0, abs(float(x[at])))
        for moved in (x[at] + h, x[at] - h):
            there = x.copy()
            there[at] = moved
            values.append(f(there))
        gradient[at] = (values[0] - values[1]) / (2 * h)
    return gradient


def relative_error(a: Array, b: Array) -> float:
    """How far two gradients are apart: the largest entry of |a - b|, over the largest entry of either.

    Entries that are small beside the largest are held to the same absolute error, as rounding leaves it on all alike.

    Returns:
        0 for equal arrays (also two of zeros); inf where an entry is not finite.

    >>> relative_error(np.array([1.0, 2.0]), np.array([1.0, 2.002]))  # doctest: +ELLIPSIS
    0.000999...
    """
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("inf")
    apart = np.abs(np.asarray(a) - np.asarray(b)).max(initial=0.0)
    size = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    return float(apart / size) if size else 0.0

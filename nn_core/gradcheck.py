"""Gradients by central differences, to check analytic gradients against."""

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
        f: a number from an array shaped as `x`; may change its argument.
        x: float64, any shape; not changed.
        eps: the relative step, > 0.

    Returns:
        An array shaped as `x`.

    Nocedal and Wright (2006), "Numerical optimization", section 8.1.

    >>> numerical_gradient(lambda x: float(x @ x), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    gradient = np.empty_like(x)
    for index in np.ndindex(*x.shape):
        values = []
        h = eps * max(1.0, abs(float(x[index])))
        for value in (x[index] + h, x[index] - h):
            point = x.copy()
            point[index] = value
            values.append(f(point))
        gradient[index] = (values[0] - values[1]) / (2 * h)
    return gradient


def relative_error(a: Array, b: Array) -> float:
    """The largest entry of |a - b|, divided by the largest absolute entry of either.

    Small entries are measured by the same absolute error as the largest one, because rounding affects all alike.

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

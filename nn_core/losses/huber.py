"""Huber's loss: squared near the target, linear far from it, so that outliers have less weight."""

from typing import Any

import numpy as np

from knobwise.nn_core.losses import Array, Loss, inner


def huber(delta: float = 1.0) -> Loss:
    """L = 1/(km) sum_ij h(o_ij - y_ij), with h(e) = e^2/2 where |e| <= delta and delta (|e| - delta/2) beyond.

    With the error e clipped to c = max(-delta, min(delta, e)), which is also h'(e), both branches are h = c e - c^2/2.

    Args:
        delta: the error above which the loss is linear, > 0, in the units of the output.

    Huber (1964), "Robust estimation of a location parameter".

    >>> huber().gradient(np.array([[3.0, 0.5]]), np.array([[0.0, 0.0]]))
    2.625
    """

    def gradient(output: Array, target: Array) -> Any:
        k = output.shape[-2]
        error = output - target
        np.clip(error, -delta, delta, out=output)
        total = (inner(output, error) - 0.5 * inner(output, output)) / k
        np.multiply(output, 1 / k, out=output)
        return total

    return Loss(gradient, link="identity")

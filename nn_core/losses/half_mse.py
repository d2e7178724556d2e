"""Half the squared error: the loss whose gradient is `output - target`, as in the article."""

from typing import Any

import numpy as np

from knobwise.nn_core.losses import Array, Loss, inner


def half_mse() -> Loss:
    """L = 1/(2m) sum_i ||o_i - y_i||^2, reported without the half: for one output, as the mean squared error.

    The article starts its back-propagation from `output - target` and prints the mean squared error; this is both.
    Summed over the outputs and averaged over the samples, as `SimpleNN` does.
    """

    def gradient(output: Array, target: Array) -> Any:
        np.subtract(output, target, out=output)
        return 0.5 * inner(output, output)

    return Loss(gradient, link="identity", unit=2.0)

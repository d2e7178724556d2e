"""Cross-entropy of binary outputs, fused with the sigmoid that turns them into probabilities."""

from typing import Any

import numpy as np

from knobwise.nn_core.losses import Array, Loss, inner


def binary_cross_entropy() -> Loss:
    """L = -1/(km) sum_ij [y log p + (1 - y) log(1 - p)], with p = sigmoid(o) of each output.

    Outputs are logits, targets are in [0, 1]. In the logit the loss of one output is max(o, 0) - o y + log(1 +
    exp(-|o|)), finite for every o; its gradient is p - y, with p = (1 + tanh(o/2)) / 2, which cannot overflow.

    Good (1952), "Rational decisions"; the stable form is that of every current library.

    >>> round(binary_cross_entropy().gradient(np.array([[0.0, 1e4]]), np.array([[1.0, 1.0]])), 6)  # log 2 + 0
    0.693147
    """

    def gradient(output: Array, target: Array) -> Any:
        k = output.shape[-2]
        softplus = np.log1p(np.exp(-np.abs(output))) + np.maximum(output, 0.0)
        summed = softplus.sum(axis=(-2, -1))
        total = ((float(summed) if output.ndim == 2 else summed) - inner(output, target)) / k
        output *= 0.5
        np.tanh(output, out=output)
        output *= 0.5
        output += 0.5
        output -= target
        output *= 1 / k
        return total

    return Loss(gradient, link="sigmoid")

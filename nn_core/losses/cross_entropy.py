"""Cross-entropy of classes, fused with the softmax that turns outputs into probabilities."""

from typing import Any

import numpy as np

from knobwise.nn_core.losses import Array, Loss, inner


def cross_entropy() -> Loss:
    """L = -1/m sum_j sum_i y_ij log p_ij, with p = softmax(o) over the k outputs of a sample.

    Outputs are logits. As log p_i = o_i - log sum exp(o), and the sum is taken after the largest logit has been
    subtracted, no logarithm of 0 and no overflow can happen; the gradient is p - y. Targets are probabilities
    `(k, m)` whose columns sum to 1: for a known class, zeros and a single 1.

    Bridle (1990), "Probabilistic interpretation of feedforward classification network outputs".

    >>> loss = cross_entropy().gradient(np.array([[0.0], [0.0]]), np.array([[1.0], [0.0]]))
    >>> round(loss, 6)  # log 2
    0.693147
    """

    def gradient(output: Array, target: Array) -> Any:
        output -= output.max(axis=-2, keepdims=True)
        of_true_class = inner(output, target)
        np.exp(output, out=output)
        partition = output.sum(axis=-2, keepdims=True)
        output /= partition
        output -= target
        logs = np.log(partition).sum(axis=(-2, -1))
        return float(logs) - of_true_class if output.ndim == 2 else logs - of_true_class

    return Loss(gradient, link="softmax")

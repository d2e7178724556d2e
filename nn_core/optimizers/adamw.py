"""AdamW: Adam, with weight decay that shrinks the weights themselves."""

from knobwise.nn_core.optimizers import Optimizer
from knobwise.nn_core.optimizers.adam import adam


def adamw(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Optimizer:
    """p <- (1 - lr decay) p, then Adam's step.

    Decay that goes through the gradient, as in plain Adam, is divided by the gradient's size with the rest, and so
    hardly touches the parameters whose gradients are large. The shrinking itself is done by the training loop, which
    knows the weight decay; without decay this is Adam.

    Loshchilov and Hutter (2019), "Decoupled weight decay regularization".
    """
    return adam(beta1, beta2, eps)._replace(decoupled=True)

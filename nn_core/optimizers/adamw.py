"""AdamW: Adam, with weight decay applied to the weights directly."""

from knobwise.nn_core.optimizers import Optimizer
from knobwise.nn_core.optimizers.adam import adam


def adamw(beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8) -> Optimizer:
    """p <- (1 - lr decay) p, then Adam's step.

    Decay that is added to the gradient, as in plain Adam, is divided by the gradient's size too, and so has little
    effect on parameters with large gradients. The training loop applies the decay; without it this is Adam.

    Loshchilov and Hutter (2019), "Decoupled weight decay regularization".
    """
    return adam(beta1, beta2, eps)._replace(decoupled=True)

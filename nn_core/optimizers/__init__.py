"""Optimizers: how a gradient becomes a step. One variant a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from knobwise.nn_core import buffers

Array = NDArray[Any]
State = tuple[Array, ...]


class Step(NamedTuple):
    """The step that an optimizer is to make.

    Attributes:
        number: 1 for the first step of the run, counted through every resume.
        lr: the learning rate, schedule applied, > 0.
        loss: the loss at `params` before the step, on the samples that gave the gradient; `(R,)` for R stacked
            networks.
        work: scratch array for the optimizer, shaped as the parameters.
    """

    number: int
    lr: float
    loss: float | Array
    work: Array


class Optimizer(NamedTuple):
    """A pair of functions, as in optax, that work in place on the flat parameter vector.

    Attributes:
        init: `init(params)` returns the state: a tuple of arrays (any shapes), all that resuming needs. `update` writes
            to these arrays in place.
        update: `update(params, gradient, state, step)` changes `params` and `state`; `gradient` may be overwritten.
        decoupled: whether weight decay is applied to the weights (as in AdamW) and not added to the gradient.
        full_batch: whether every step needs the gradient of all samples.

    `params` has shape `(P,)`, or `(R, P)` for R stacked networks, whose steps must not depend on one another. An
    optimizer that needs sums over the parameters (a norm, a dot product) takes them over the last axis.
    """

    init: Callable[[Array], State]
    update: Callable[[Array, Array, State, Step], None]
    decoupled: bool = False
    full_batch: bool = False


def zeros(params: Array) -> Array:
    """A state array shaped as the parameters."""
    return buffers.zeros(params.shape, params.dtype)

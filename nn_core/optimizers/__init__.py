"""Optimizers: how a gradient becomes a step. One variant a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

from numpy.typing import NDArray

from knobwise.nn_core import buffers

Array = NDArray[Any]
State = tuple[Array, ...]


class Step(NamedTuple):
    """What an optimizer is told about the step it makes.

    Attributes:
        number: 1 for the first step of the run, counted through every resume.
        lr: the learning rate, schedule applied, > 0.
        loss: the loss at `params` before the step, on the samples that gave the gradient; `(R,)` for R stacked
            networks.
        work: an array shaped as the parameters, for the optimizer to scribble in.
    """

    number: int
    lr: float
    loss: float | Array
    work: Array


class Optimizer(NamedTuple):
    """A pair of functions, as in optax, that work in place on the flat parameter vector.

    Attributes:
        init: `init(params)` gives the state: a tuple of arrays (any shapes), everything that a resume needs. The state
            is written in place, so the tuple itself stays the same.
        update: `update(params, gradient, state, step)` changes `params` and `state`; `gradient` may be overwritten.
        decoupled: whether weight decay shrinks the weights themselves (as in AdamW) and not the gradient.
        full_batch: whether it needs the gradient of all samples in every step.

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

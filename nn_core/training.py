"""The training loop, as a generator of epochs over a state that can be checkpointed and resumed.

Nothing but `TrainState` is kept between epochs: the same state gives the same continuation, bit for bit. Replicates
(the same recipe from other initial weights, on other data) are trained side by side in arrays with a leading axis of R;
each is trained as if alone, and only the overhead is shared.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.nn_core import buffers
from knobwise.nn_core.buffers import chunks
from knobwise.nn_core.network import Network, Passes, quietly
from knobwise.nn_core.optimizers import Optimizer, State, Step
from knobwise.nn_core.sampling import drop, shuffle
from knobwise.nn_core.schedules import Schedule

Array = NDArray[Any]

SHARE = 1000  # samples that are worth a thread, and its chunk: each NumPy call releases the interpreter's lock


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train. Not checked here: `RunConfig` checks the same values.

    Attributes:
        lr: learning rate, > 0, before the schedule.
        epochs: of the whole run, also where it is cut into rungs: the total that schedules use.
        batch_size: samples in a step; 0 for all.
        weight_decay: >= 0; added to the gradient, or, by a decoupled optimizer, applied to weights and biases.
        dropout: probability in [0, 1) that a hidden perceptron is left out of a step.
        clip_norm: gradients longer than this are scaled down to it; 0 for no limit.
    """

    optimizer: Optimizer
    schedule: Schedule
    lr: float
    epochs: int
    batch_size: int = 0
    weight_decay: float = 0.0
    dropout: float = 0.0
    clip_norm: float = 0.0


@dataclass
class TrainState:
    """All that training carries from one epoch to the next.

    Attributes:
        params: `(P,)`, or `(R, P)` for R replicates.
        optimizer: the optimizer's state.
        randoms: one generator a replicate, for the order of batches and for dropout.
        epoch: epochs done.
        step: steps done.
        finite: for each replicate, whether its loss and parameters are still finite; `()` or `(R,)` bool.
    """

    params: Array
    optimizer: State
    randoms: list[np.random.Generator]
    epoch: int = 0
    step: int = 0
    finite: Any = True

    @classmethod
    def fresh(cls, params: Array, recipe: Recipe, randoms: Sequence[np.random.Generator]) -> "TrainState":
        """The state before the first epoch; `params` are not copied, training changes them."""
        finite = np.ones(params.shape[:-1], bool)
        return cls(params, recipe.optimizer.init(params), list(randoms), finite=finite)


class Epoch(NamedTuple):
    """An epoch of training.

    Attributes:
        number: 1 for the first.
        loss: the mean over the epoch's samples, each before its step, in the loss's reported unit: a float, or `(R,)`.
    """

    number: int
    loss: Any


def train(
    network: Network,
    state: TrainState,
    recipe: Recipe,
    columns: Array,
    target: Array,
    until: int | None = None,
    threads: int = 1,
) -> Iterator[Epoch]:
    """Train up to epoch `until` (the recipe's last where None), changing `state` in place; yields after every epoch.

    Stops early where no replicate is finite any more: divergence is a result, recorded in `state.finite`.

    Args:
        columns: `(d + 1, n)` inputs with a row of ones (`buffers.with_ones`); `(R, d + 1, n)` for replicates.
        target: `(k, n)` or `(R, k, n)`.
        until: an epoch >= 1.
        threads: number that share the samples of a step, at least 1,000 each. More than one: BLAS should have one.
    """
    n = columns.shape[-1]
    batch = recipe.batch_size or n
    gradient = Gradient(network, state, recipe, min(batch, n), threads)
    step = _stepper(state, recipe, gradient)
    ordered, ordered_target = (np.empty_like(columns), np.empty_like(target)) if batch < n else (columns, target)
    starts = range(0, n, batch)
    for epoch in range(state.epoch, recipe.epochs if until is None else min(until, recipe.epochs)):
        with quietly():
            if batch < n:
                shuffle(state.randoms, ((columns, ordered), (target, ordered_target)))
            total: Any = 0.0
            for i, start in enumerate(starts):
                part = slice(start, min(start + batch, n))
                loss = gradient.compute(ordered[..., part], ordered_target[..., part])
                total = total + loss
                step(loss / (part.stop - start), epoch + i / len(starts))
            state.epoch = epoch + 1
            # A weight can overflow without an effect on the loss (behind a ReLU), so both are checked; the squared
            # norm of the parameters is not finite where any of them is not, and costs 1 us.
            state.finite = state.finite & np.isfinite(total) & np.isfinite(np.vecdot(state.params, state.params))
        yield Epoch(state.epoch, total * (network.loss.unit / n))
        if not np.any(state.finite):
            return


class Gradient:
    """The gradient of the mean loss over any number of samples.

    With several threads each sums over its own share of the samples: NumPy releases the interpreter's lock, so they
    run in parallel. The sum is then taken in another order, which changes the last bits.
    """

    def __init__(self, network: Network, state: TrainState, recipe: Recipe, batch: int, threads: int = 1) -> None:
        # Dropout draws from one generator, in order: one thread.
        lanes = 1 if recipe.dropout else max(1, min(threads, batch // SHARE))
        chunk = network.chunk if lanes == 1 else max(network.chunk, SHARE)
        self._lanes = [_Lane(network, state, recipe, -(-batch // lanes), chunk) for _ in range(lanes)]
        self._pool = ThreadPoolExecutor(lanes - 1) if lanes > 1 else None
        self.value = self._lanes[0].value

    def compute(self, columns: Array, target: Array) -> Any:
        """Stores the gradient in `value`; returns the loss summed over the samples."""
        width = columns.shape[-1]
        if self._pool is None:
            return self._lanes[0].compute(columns, target, 1 / width)
        shares = list(chunks(width, -(-width // len(self._lanes))))
        others = [
            self._pool.submit(lane.in_thread, columns[..., share], target[..., share], 1 / width)
            for lane, share in zip(self._lanes[1:], shares[1:], strict=False)
        ]
        total = self._lanes[0].compute(columns[..., shares[0]], target[..., shares[0]], 1 / width)
        for lane, other in zip(self._lanes[1:], others, strict=False):
            total = total + other.result()
            np.add(self.value, lane.value, out=self.value)
        return total


class _Lane:
    """One thread's part of a gradient, computed a chunk at a time.

    With chunks the buffers stay in the cache, and the memory used does not depend on the number of samples.
    """

    def __init__(self, network: Network, state: TrainState, recipe: Recipe, most: int, chunk: int) -> None:
        params = state.params
        self._chunk = chunk
        self.value = buffers.empty(params.shape, params.dtype)
        self._part = buffers.empty(params.shape, params.dtype) if most > self._chunk else self.value
        self._randoms, self._keep = state.randoms, 1.0 - recipe.dropout
        self._passes = Passes(network, params, self._part, self._keep)

    def in_thread(self, columns: Array, target: Array, scale: float) -> Any:
        """`compute` in a thread of its own, where NumPy's error settings have to be made anew."""
        with quietly():
            return self.compute(columns, target, scale)

    def compute(self, columns: Array, target: Array, scale: float) -> Any:
        """Stores the gradient of the loss times `scale` in `value`; returns the loss summed over the samples."""
        if columns.shape[-1] <= self._chunk and self._part is self.value:
            return self._pass(columns, target, scale)
        total: Any = 0.0
        self.value.fill(0)
        for part in chunks(columns.shape[-1], self._chunk):
            total = total + self._pass(columns[..., part], target[..., part], scale)
            np.add(self.value, self._part, out=self.value)
        return total

    def _pass(self, columns: Array, target: Array, scale: float) -> Any:
        work = self._passes.for_width(columns.shape[-1])
        for mask in work.masks:
            drop(self._randoms, mask, self._keep)
        work.forward(columns)
        return work.backward(columns, target, scale)


def _stepper(state: TrainState, recipe: Recipe, gradient: Gradient) -> Any:
    """The function that makes one step of `recipe`."""
    optimizer, schedule, params, value = recipe.optimizer, recipe.schedule, state.params, gradient.value
    work = buffers.empty(params.shape, params.dtype)
    update, memory, factor, total = optimizer.update, state.optimizer, schedule.factor, float(recipe.epochs)

    def step(loss: Any, progress: float) -> None:
        lr = recipe.lr * factor(progress, total)
        if recipe.weight_decay and optimizer.decoupled:
            np.multiply(params, 1 - lr * recipe.weight_decay, out=params)
        elif recipe.weight_decay:  # the gradient of weight_decay/2 ||p||^2, which is then part of the loss
            np.multiply(params, recipe.weight_decay, out=work)
            np.add(value, work, out=value)
            loss = loss + 0.5 * np.vecdot(work, params)
        if recipe.clip_norm:
            norm = np.sqrt(np.vecdot(value, value))[..., None]
            np.multiply(value, np.minimum(1.0, recipe.clip_norm / (norm + 1e-6)), out=value)
        state.step += 1
        update(params, value, memory, Step(state.step, lr, loss, work))

    return step

"""The training loop, as a generator of epochs over a state that can be put away and taken up again.

Nothing is kept between epochs but `TrainState`: the same state gives the same continuation, bit for bit. Replicates
(the same recipe from other starts, on other data) are trained side by side by giving every array a leading axis of R;
each goes its own way, as if alone, and shares only the overhead.
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

SHARE = 1000  # samples that are worth a thread, and that it passes at once: each NumPy call hands the interpreter over


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How to train. `RunConfig` in `experiments` is where these are checked.

    Attributes:
        lr: learning rate, > 0, before the schedule.
        epochs: of the whole run, however it is cut: schedules that need the total see this.
        batch_size: samples in a step; 0 for all.
        weight_decay: >= 0; added to the gradient, or for a decoupled optimizer taken off the weights. Biases too.
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
        optimizer: what the optimizer keeps.
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
        """The state before the first epoch, from initial parameters, which it takes over."""
        finite = np.ones(params.shape[:-1], bool)
        return cls(params, recipe.optimizer.init(params), list(randoms), finite=finite)


class Epoch(NamedTuple):
    """Attributes: `number`, 1 for the first; `loss`, the mean over the epoch's samples, each before its step, in the
    loss's reported unit: a float, or `(R,)` for replicates.
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

    Stops early where no replicate is finite any more: divergence is a result, told by `state.finite`.

    Args:
        columns: `(d + 1, n)` inputs with a row of ones (`buffers.with_ones`); `(R, d + 1, n)` for replicates.
        target: `(k, n)` or `(R, k, n)`.
        until: an epoch >= 1.
        threads: that share the samples of a step, where there are at least 1,000 for each. BLAS should have one then.
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
                loss = gradient.of(ordered[..., part], ordered_target[..., part])
                total = total + loss
                step(loss / (part.stop - start), epoch + i / len(starts))
            state.epoch = epoch + 1
            # A weight can overflow and ReLU still hide it from the loss, so both are looked at; the squared norm of
            # the parameters is not finite where any of them is not, and costs 1 us.
            state.finite = state.finite & np.isfinite(total) & np.isfinite(np.vecdot(state.params, state.params))
        yield Epoch(state.epoch, total * (network.loss.unit / n))
        if not np.any(state.finite):
            return


class Gradient:
    """The gradient of the mean loss over any number of samples.

    With several threads each sums over its own share of the samples: NumPy lets go of the interpreter while it works,
    so they run side by side. The sum is then taken in another order, which shows in the last bits.
    """

    def __init__(self, network: Network, state: TrainState, recipe: Recipe, batch: int, threads: int = 1) -> None:
        # Dropout draws from one generator, in order: that is one thread's work.
        lanes = 1 if recipe.dropout else max(1, min(threads, batch // SHARE))
        chunk = network.chunk if lanes == 1 else max(network.chunk, SHARE)
        self._lanes = [_Lane(network, state, recipe, -(-batch // lanes), chunk) for _ in range(lanes)]
        self._pool = ThreadPoolExecutor(lanes - 1) if lanes > 1 else None
        self.value = self._lanes[0].value

    def of(self, columns: Array, target: Array) -> Any:
        """Leaves the gradient in `value`; returns the loss summed over the samples."""
        width = columns.shape[-1]
        if self._pool is None:
            return self._lanes[0].of(columns, target, 1 / width)
        shares = list(chunks(width, -(-width // len(self._lanes))))
        others = [
            self._pool.submit(lane.apart, columns[..., share], target[..., share], 1 / width)
            for lane, share in zip(self._lanes[1:], shares[1:], strict=False)
        ]
        total = self._lanes[0].of(columns[..., shares[0]], target[..., shares[0]], 1 / width)
        for lane, other in zip(self._lanes[1:], others, strict=False):
            total = total + other.result()
            np.add(self.value, lane.value, out=self.value)
        return total


class _Lane:
    """One thread's part of a gradient, formed a chunk at a time.

    Chunks keep the buffers in the cache and the memory used independent of the number of samples.
    """

    def __init__(self, network: Network, state: TrainState, recipe: Recipe, most: int, chunk: int) -> None:
        params = state.params
        self._chunk = chunk
        self.value = buffers.empty(params.shape, params.dtype)
        self._part = buffers.empty(params.shape, params.dtype) if most > self._chunk else self.value
        self._randoms, self._keep = state.randoms, 1.0 - recipe.dropout
        self._passes = Passes(network, params, self._part, self._keep)

    def apart(self, columns: Array, target: Array, scale: float) -> Any:
        """`of`, in a thread of its own, which knows nothing of the caller's settings."""
        with quietly():
            return self.of(columns, target, scale)

    def of(self, columns: Array, target: Array, scale: float) -> Any:
        """Leaves the gradient of the loss times `scale` in `value`; returns the loss summed over the samples."""
        if columns.shape[-1] <= self._chunk and self._part is self.value:
            return self._pass(columns, target, scale)
        total: Any = 0.0
        self.value.fill(0)
        for part in chunks(columns.shape[-1], self._chunk):
            total = total + self._pass(columns[..., part], target[..., part], scale)
            np.add(self.value, self._part, out=self.value)
        return total

    def _pass(self, columns: Array, target: Array, scale: float) -> Any:
        work = self._passes.of(columns.shape[-1])
        for mask in work.masks:
            drop(self._randoms, mask, self._keep)
        work.forward(columns)
        return work.backward(columns, target, scale)


def _stepper(state: TrainState, recipe: Recipe, gradient: Gradient) -> Any:
    """The function that makes one step, with the parts of the recipe that are not used left out of it."""
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

"""A network as one flat vector of parameters, and the passes through it that allocate nothing.

Samples are columns here: an array of activations is `(d, m)`, d perceptrons by m samples, with a row of ones below it.
So a layer's weights and biases form one block `(d_in + 1, d_out)`, biases in the last row, and one matrix product adds
the biases too; the product that gives a block's gradient gives the biases' with it. That saves a pass over every
layer's activations forward and another backward. The first d rows stay one contiguous piece of memory, which is what
the elementwise functions want.

A leading axis of R, where there is one, holds R networks trained side by side (see `training`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from knobwise.nn_core import buffers, variants
from knobwise.nn_core.activations import Activation
from knobwise.nn_core.buffers import chunks
from knobwise.nn_core.initializers import Initializer, Random
from knobwise.nn_core.losses import Loss

Array = NDArray[Any]
Call = tuple[Callable[..., Any], tuple[Any, ...]]

CACHED = 512  # samples whose activations and deltas, 64 wide in float32, stay within the cache of a core
SMALL = 1_000_000  # multiplications in a product below which OpenBLAS works without packing its operands first


class Layer(NamedTuple):
    """One layer's part of a parameter vector. Views: writing to them writes to the vector.

    Attributes: `W` `(d_in, d_out)` weights; `b` `(1, d_out)` biases.
    """

    W: Array
    b: Array


@dataclass(frozen=True)
class Network:
    """The structure that gives a flat parameter vector its meaning.

    Attributes:
        sizes: from inputs to outputs, `(2, 64, 64, 64, 1)`.
        activation: of every layer but the last, which is linear.
        loss: what training minimises; a loss for classes holds its own softmax or sigmoid.

    >>> net = Network.build((2, 3, 1), "relu", "half_mse")
    >>> net.n_parameters
    13
    >>> [layer.W.shape for layer in net.layers(np.zeros(13))]
    [(2, 3), (3, 1)]
    """

    sizes: tuple[int, ...]
    activation: Activation
    loss: Loss

    @classmethod
    def build(cls, sizes: tuple[int, ...], activation: str, loss: str) -> "Network":
        """A network from the names of its variants. Raises ValueError for a name that is none."""
        return cls(tuple(sizes), variants.load("activations", activation), variants.load("losses", loss))

    @property
    def chunk(self) -> int:
        """The most samples to pass at once, by what is fastest.

        Layers of 64 take 240 (0.68 us a sample; 512 take 0.79, and 1,024 0.90): their products are then small enough
        for OpenBLAS's kernels that do not pack. Where that would leave too few samples to be worth a call, the cache
        sets the limit.
        """
        unpacked = SMALL // max(d_in * d_out for d_in, d_out in pairwise(self.sizes)) // 16 * 16
        return unpacked if 128 <= unpacked < CACHED else CACHED

    @property
    def n_parameters(self) -> int:
        """P, the length of the flat vector: weights and biases of all layers."""
        return sum((d_in + 1) * d_out for d_in, d_out in pairwise(self.sizes))

    def blocks(self, flat: Array) -> list[Array]:
        """Each layer's view `(d_in + 1, d_out)` of `flat` `(P,)`, biases last; `(R, d_in + 1, d_out)` for `(R, P)`."""
        views, start = [], 0
        for d_in, d_out in pairwise(self.sizes):
            stop = start + (d_in + 1) * d_out
            views.append(flat[..., start:stop].reshape(*flat.shape[:-1], d_in + 1, d_out))
            start = stop
        return views

    def layers(self, flat: Array) -> list[Layer]:
        """The same as weights and biases."""
        return [Layer(block[..., :-1, :], block[..., -1:, :]) for block in self.blocks(flat)]

    def start(self, initializer: Initializer, random: Random, dtype: DTypeLike = np.float64) -> Array:
        """A parameter vector `(P,)`: weights drawn layer by layer from the first, biases zero."""
        flat = buffers.zeros((self.n_parameters,), dtype)
        for layer in self.layers(flat):
            layer.W[:] = initializer.draw(random, *layer.W.shape)
        return flat

    def predict(self, flat: Array, columns: Array) -> Array:
        """The predictions `(k, m)` for `columns` `(d + 1, m)`, link applied, a chunk at a time."""
        link: Activation = variants.load("activations", self.loss.link)
        width = columns.shape[-1]
        out = np.empty((*flat.shape[:-1], self.sizes[-1], width), flat.dtype)
        passes = Passes(self, flat)
        with quietly():
            for part in chunks(width, self.chunk):
                output = passes.of(part.stop - part.start).forward(columns[..., part])
                link.forward(output, None)
                out[..., part] = output
        return out

    def loss_of(self, flat: Array, columns: Array, target: Array) -> Any:
        """The mean loss over the samples, in its reported unit: a float, or `(R,)`."""
        total: Any = 0.0
        width = columns.shape[-1]
        passes = Passes(self, flat)
        with quietly():
            for part in chunks(width, self.chunk):
                output = passes.of(part.stop - part.start).forward(columns[..., part])
                total = total + self.loss.gradient(output, target[..., part])
        return total * (self.loss.unit / width)


def quietly() -> np.errstate:
    """NumPy without its warnings of overflow: divergence is a result, looked for once an epoch."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


class Passes:
    """The passes over one parameter vector, one for each number of samples that comes up, made on first use."""

    def __init__(self, network: Network, params: Array, gradient: Array | None = None, keep: float = 1.0) -> None:
        self._of = (network, params, gradient, keep)
        self._passes: dict[int, Pass] = {}

    def of(self, width: int) -> "Pass":
        """The pass for `width` samples."""
        if width not in self._passes:
            self._passes[width] = Pass(*self._of, width=width)
        return self._passes[width]


class Pass:
    """Forward and backward for a fixed number of samples, in buffers made once.

    Every view that the inner loop needs is made here, and the way up and the way down are lists of calls with their
    arguments, so that an epoch is a straight run of NumPy. Buffers are `(d, m)`, or `(d, R, m)` for stacked networks:
    BLAS takes any stack of matrices, but elementwise functions are 3x faster on one piece of memory than on R.

    Args:
        params: `(P,)` or `(R, P)`; read at every pass, never written.
        gradient: where `backward` leaves the gradient, shaped as `params`; None for a pass that goes forward only.
        keep: probability that dropout leaves a perceptron in a step; below 1, `masks` are made, for the caller to fill
            before every pass.
        width: m, the number of samples.
    """

    def __init__(self, network: Network, params: Array, gradient: Array | None, keep: float, width: int) -> None:
        lead, sizes, hidden = params.shape[:-1], network.sizes, network.sizes[1:-1]
        activation, dtype = network.activation, params.dtype

        def empty(rows: int) -> Array:
            return buffers.empty((rows, *lead, width), dtype)

        def stack(buffer: Array) -> Array:
            return buffer.swapaxes(0, 1) if lead else buffer

        def seen(buffer: Array) -> Array:
            return buffer.view(f"i{dtype.itemsize}") if activation.bits else buffer

        # The same BLAS call; np.ndarray.dot reaches it 0.9 us sooner, eleven times a step, but knows no stacks.
        self._product = product = np.matmul if lead else np.ndarray.dot
        self._loss, self._scale = network.loss, np.ones((), dtype)
        self._output = buffers.empty((*lead, sizes[-1], width), dtype)
        blocks = network.blocks(params)
        turned_blocks = [block.swapaxes(-1, -2) for block in blocks]
        above = [empty(d + 1) for d in hidden]
        for ones in above:
            ones[-1] = 1.0
        flat, below = [a[:-1] for a in above], [*map(stack, above)]
        sums = [*map(stack, flat), self._output]
        slopes = [empty(d) if gradient is not None and activation.needs_slope else None for d in hidden]
        self.masks = [empty(d) for d in hidden] if keep < 1 else []

        self._first = turned_blocks[0], sums[0]
        self._up: list[Call] = []
        for i, a in enumerate(flat):
            self._up.append((activation.forward, (seen(a), slopes[i])))
            if self.masks:
                self._up.append((np.multiply, (a, self.masks[i], a)))
            self._up.append((product, (turned_blocks[i + 1], below[i], sums[i + 1])))
        if gradient is None:
            return

        # Deltas of alternate layers share memory, which keeps it in the cache: each is needed only until the one below
        # it is formed.
        spare = [empty(max(hidden, default=0)) for _ in range(2)]
        flat_deltas = [spare[i % 2][:d] for i, d in enumerate(hidden)]
        deltas = [*map(stack, flat_deltas), self._output]
        gradients = network.blocks(gradient)
        self._down: list[Call] = []
        for i in reversed(range(len(hidden))):
            delta_t = deltas[i + 1].swapaxes(-1, -2)
            if sizes[i + 1] * sizes[i + 2] * width <= SMALL and min(sizes[i + 1], sizes[i + 2]) >= 16:
                # OpenBLAS's kernels for small products are slow where both operands run along the sum. With layers of
                # 64 a gradient of 100 samples takes 14.2 us; from a copy 8.4, and the copy 3.3 (of 240: 30.9, 19.0 and
                # 6.6).
                turned = buffers.empty(delta_t.shape, dtype)
                self._down += [(np.copyto, pair) for pair in buffers.strips(turned, delta_t)]
                delta_t = turned
            self._down.append((product, (below[i], delta_t, gradients[i + 1])))
            # With one output this is an outer product. matmul does not take it to BLAS: in a stack of 8 by 32 samples
            # it needs 38 us, broadcasting 16. np.dot does: 1.7 us for 100 samples, broadcasting 3.3.
            spread = np.multiply if lead and sizes[i + 2] == 1 else product
            self._down.append((spread, (blocks[i + 1][..., :-1, :], deltas[i + 1], deltas[i])))
            if self.masks:
                self._down.append((np.multiply, (flat_deltas[i], self.masks[i], flat_deltas[i])))
                # Activations as the perceptrons that were kept gave them, before they were scaled up.
                self._down.append((np.multiply, (flat[i], keep, flat[i])))
            self._down.append((activation.backward, (seen(flat_deltas[i]), seen(flat[i]), slopes[i])))
        self._last = deltas[0].swapaxes(-1, -2), gradients[0]

    def forward(self, columns: Array) -> Array:
        """The output `(k, m)` for `columns` `(d + 1, m)`, in a buffer that the next pass overwrites.

        Where there are `masks`, they hold 0 or 1/keep for every hidden perceptron (inverted dropout: Srivastava et
        al., 2014, "Dropout: a simple way to prevent neural networks from overfitting").
        """
        block, sums = self._first
        self._product(block, columns, sums)
        for call, arguments in self._up:
            call(*arguments)
        return self._output

    def backward(self, columns: Array, target: Array, scale: float) -> Any:
        """After `forward`: the gradient times `scale` into `gradient`; returns the loss summed over the samples."""
        total = self._loss.gradient(self._output, target)
        self._scale[()] = scale
        np.multiply(self._output, self._scale, self._output)
        for call, arguments in self._down:
            call(*arguments)
        delta_t, gradient = self._last
        self._product(columns, delta_t, gradient)
        return total

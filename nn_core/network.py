"""A network as one flat vector of parameters, and passes through it that allocate nothing.

Samples are columns: an array of activations is `(d, m)`, d perceptrons by m samples, with a row of ones below it. So a
layer's weights and biases form one block `(d_in + 1, d_out)`, biases in the last row; one matrix product adds the
biases too, and the product for a block's gradient includes the biases'. That saves a pass over every layer's
activations forward and another backward. The first d rows are contiguous in memory, as the elementwise functions need.

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

CACHED = 512  # samples whose activations and deltas, 64 wide in float32, fit in the cache of a core
SMALL = 1_000_000  # multiplications in a product up to which OpenBLAS does not pack its operands first


class Layer(NamedTuple):
    """One layer's part of a parameter vector. Views: writing to them writes to the vector.

    Attributes:
        W: weights `(d_in, d_out)`.
        b: biases `(1, d_out)`.
    """

    W: Array
    b: Array


@dataclass(frozen=True)
class Network:
    """The structure of a network, which a flat parameter vector belongs to.

    Attributes:
        sizes: of the layers from inputs to outputs, `(2, 64, 64, 64, 1)`.
        activation: of every layer but the last, which is linear.
        loss: what training minimises; a loss for classes includes its softmax or sigmoid.

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
        """A network from the names of its variants. Raises ValueError for an unknown name."""
        return cls(tuple(sizes), variants.load("activations", activation), variants.load("losses", loss))

    @property
    def chunk(self) -> int:
        """The fastest number of samples to pass at once.

        For layers of 64 that is 240 (0.68 us a sample; with 512 0.79, with 1,024 0.90): their products are then small
        enough for OpenBLAS's kernels that do not pack. Where so few samples would not be worth a call, the limit is
        set by the cache.
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
        """`blocks`, split into weights and biases."""
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
                output = passes.for_width(part.stop - part.start).forward(columns[..., part])
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
                output = passes.for_width(part.stop - part.start).forward(columns[..., part])
                total = total + self.loss.gradient(output, target[..., part])
        return total * (self.loss.unit / width)


def quietly() -> np.errstate:
    """NumPy without its warnings of overflow: divergence is a result, checked once an epoch."""
    return np.errstate(over="ignore", invalid="ignore", divide="ignore")


class Passes:
    """The passes over one parameter vector: one for each number of samples, made on first use."""

    def __init__(self, network: Network, params: Array, gradient: Array | None = None, keep: float = 1.0) -> None:
        self._arguments = (network, params, gradient, keep)
        self._passes: dict[int, Pass] = {}

    def for_width(self, width: int) -> "Pass":
        """The pass for `width` samples."""
        if width not in self._passes:
            self._passes[width] = Pass(*self._arguments, width=width)
        return self._passes[width]


class Pass:
    """Forward and backward for a fixed number of samples, in buffers made once.

    The constructor makes every view that the inner loop needs; the forward and the backward pass are lists of calls
    with their arguments, so that an epoch is NumPy calls alone. Buffers are `(d, m)`, or `(d, R, m)` for stacked
    networks: BLAS takes any stack of matrices, but elementwise functions are 3x faster on one array than on R.

    Args:
        params: `(P,)` or `(R, P)`; read at every pass, never written.
        gradient: where `backward` stores the gradient, shaped as `params`; None for forward passes only.
        keep: probability that dropout keeps a perceptron in a step; below 1, there are `masks` for the caller to fill
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

        def as_bits(buffer: Array) -> Array:
            return buffer.view(f"i{dtype.itemsize}") if activation.bits else buffer

        # Both make the same BLAS call; np.ndarray.dot takes 0.9 us less, eleven times a step, but not for stacks.
        self._product = product = np.matmul if lead else np.ndarray.dot
        self._loss, self._scale = network.loss, np.ones((), dtype)
        self._output = buffers.empty((*lead, sizes[-1], width), dtype)
        blocks = network.blocks(params)
        transposed = [block.swapaxes(-1, -2) for block in blocks]
        above = [empty(d + 1) for d in hidden]
        for ones in above:
            ones[-1] = 1.0
        flat, below = [a[:-1] for a in above], [*map(stack, above)]
        sums = [*map(stack, flat), self._output]
        slopes = [empty(d) if gradient is not None and activation.needs_slope else None for d in hidden]
        self.masks = [empty(d) for d in hidden] if keep < 1 else []

        self._first = transposed[0], sums[0]
        self._forward_calls: list[Call] = []
        for i, a in enumerate(flat):
            self._forward_calls.append((activation.forward, (as_bits(a), slopes[i])))
            if self.masks:
                self._forward_calls.append((np.multiply, (a, self.masks[i], a)))
            self._forward_calls.append((product, (transposed[i + 1], below[i], sums[i + 1])))
        if gradient is None:
            return

        # Deltas of alternate layers share memory, which keeps it in the cache: each is needed only until the one below
        # it is computed.
        spare = [empty(max(hidden, default=0)) for _ in range(2)]
        flat_deltas = [spare[i % 2][:d] for i, d in enumerate(hidden)]
        deltas = [*map(stack, flat_deltas), self._output]
        gradients = network.blocks(gradient)
        self._backward_calls: list[Call] = []
        for i in reversed(range(len(hidden))):
            delta_t = deltas[i + 1].swapaxes(-1, -2)
            if sizes[i + 1] * sizes[i + 2] * width <= SMALL and min(sizes[i + 1], sizes[i + 2]) >= 16:
                # OpenBLAS's kernels for small products are slow where both operands are contiguous along the sum. With
                # layers of 64 a gradient of 100 samples takes 14.2 us; from a copy 8.4, and the copy 3.3 (of 240: 30.9,
                # 19.0 and 6.6).
                copied = buffers.empty(delta_t.shape, dtype)
                self._backward_calls += [(np.copyto, pair) for pair in buffers.strips(copied, delta_t)]
                delta_t = copied
            self._backward_calls.append((product, (below[i], delta_t, gradients[i + 1])))
            # With one output this is an outer product, for which matmul does not call BLAS: a stack of 8 by 32
            # samples takes 38 us, broadcasting 16. np.dot does: 1.7 us for 100 samples, broadcasting 3.3.
            spread = np.multiply if lead and sizes[i + 2] == 1 else product
            self._backward_calls.append((spread, (blocks[i + 1][..., :-1, :], deltas[i + 1], deltas[i])))
            if self.masks:
                self._backward_calls.append((np.multiply, (flat_deltas[i], self.masks[i], flat_deltas[i])))
                # The activations of the kept perceptrons before they were scaled up.
                self._backward_calls.append((np.multiply, (flat[i], keep, flat[i])))
            self._backward_calls.append((activation.backward, (as_bits(flat_deltas[i]), as_bits(flat[i]), slopes[i])))
        self._last = deltas[0].swapaxes(-1, -2), gradients[0]

    def forward(self, columns: Array) -> Array:
        """The output `(k, m)` for `columns` `(d + 1, m)`, in a buffer that the next pass overwrites.

        Where there are `masks`, they hold 0 or 1/keep for every hidden perceptron (inverted dropout: Srivastava et
        al., 2014, "Dropout: a simple way to prevent neural networks from overfitting").
        """
        block, sums = self._first
        self._product(block, columns, sums)
        for call, arguments in self._forward_calls:
            call(*arguments)
        return self._output

    def backward(self, columns: Array, target: Array, scale: float) -> Any:
        """After `forward`: the gradient times `scale` into `gradient`; returns the loss summed over the samples."""
        total = self._loss.gradient(self._output, target)
        self._scale[()] = scale
        np.multiply(self._output, self._scale, self._output)
        for call, arguments in self._backward_calls:
            call(*arguments)
        delta_t, gradient = self._last
        self._product(columns, delta_t, gradient)
        return total

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

from nn_core import buffers, variants
from nn_core.activations import Activation
from nn_core.buffers import chunks
from nn_core.initializers import Initializer, Random
from nn_core.losses import Loss

Array = NDArray[Any]

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

    def __init__(self, network: Network, params: Array, gradient: Array | None = None, dropout: bool = False) -> None:
        self._of = (network, params, gradient, dropout)
        self._passes: dict[int, Pass] = {}

    def of(self, width: int) -> "Pass":
        """The pass for `width` samples."""
        if width not in self._passes:
            self._passes[width] = Pass(*self._of, width=width)
        return self._passes[width]


class _Up(NamedTuple):
    """What the way up through a hidden layer needs: views made once."""

    block: Array  # weights and biases, transposed
    z: Array  # sums, then activations, as one piece of memory
    sums: Array  # the same as a stack of matrices
    above: Array  # with the row of ones below
    slope: Array | None


class _Down(NamedTuple):
    """What the way down through a layer needs, but for the lowest."""

    gradient: Array
    below: Array  # the layer's inputs, with the row of ones
    delta_t: Array  # dL/dz, transposed
    turned: Array | None  # room for a copy of it
    spread: Callable[..., Array]
    W: Array
    delta: Array
    spread_to: Array  # dL/da of the layer's inputs
    delta_below: Array  # the same, as one piece of memory
    a: Array  # the layer's inputs, without the ones
    slope: Array | None


class Pass:
    """Forward and backward for a fixed number of samples, in buffers made once.

    Every view that the inner loop needs is made here, so that an epoch is a straight run of NumPy calls. Buffers are
    `(d, m)`, or `(d, R, m)` for stacked networks: BLAS takes any stack of matrices, but elementwise functions are 3x
    faster on one piece of memory than on R.

    Args:
        params: `(P,)` or `(R, P)`; read at every pass, never written.
        gradient: where `backward` leaves the gradient, shaped as `params`; None for a pass that goes forward only.
        dropout: whether `masks` are made, for the caller to fill before every pass.
        width: m, the number of samples.
    """

    def __init__(self, network: Network, params: Array, gradient: Array | None, dropout: bool, width: int) -> None:
        lead, sizes, hidden = params.shape[:-1], network.sizes, network.sizes[1:-1]

        def empty(rows: int) -> Array:
            return buffers.empty((rows, *lead, width), params.dtype)

        def stack(buffer: Array) -> Array:
            return buffer.swapaxes(0, 1) if lead else buffer

        blocks = network.blocks(params)
        # The same BLAS call; np.dot takes 0.6 us less to reach it, eleven times a step, but knows no stacks.
        self._product = product = np.matmul if lead else np.dot
        sloped = gradient is not None and network.activation.needs_slope
        self._activation, self._loss = network.activation, network.loss
        self._output = buffers.empty((*lead, sizes[-1], width), params.dtype)
        self._top = blocks[-1].swapaxes(-1, -2)
        self.masks = [empty(d) for d in hidden] if dropout else []
        self._up = []
        for d, block in zip(hidden, blocks, strict=False):
            above = empty(d + 1)
            above[-1] = 1.0
            slope = empty(d) if sloped else None
            self._up.append(_Up(block.swapaxes(-1, -2), above[:-1], stack(above[:-1]), stack(above), slope))
        if gradient is None:
            return
        # Deltas of alternate layers share memory, which keeps it in the cache: each is needed only until the one below
        # it is formed.
        spare = [empty(max(hidden, default=0)) for _ in range(2)]
        flat = [spare[i % 2][:d] for i, d in enumerate(hidden)]
        deltas = [*map(stack, flat), self._output]
        gradients = network.blocks(gradient)

        def turned(i: int) -> Array | None:
            # OpenBLAS's kernels for small products are slow where both operands run along the sum. With layers of 64 a
            # gradient of 100 samples takes 14.2 us; from a copy 8.4, and the copy 3.3 (of 240: 30.9, 19.0 and 6.6).
            small = sizes[i] * sizes[i + 1] * width <= SMALL and min(sizes[i], sizes[i + 1]) >= 16
            return buffers.empty((*lead, width, sizes[i + 1]), params.dtype) if small else None

        self._first = gradients[0], deltas[0].swapaxes(-1, -2)
        self._down = [
            _Down(
                gradients[i],
                self._up[i - 1].above,
                deltas[i].swapaxes(-1, -2),
                turned(i),
                # With one output the product with its weights is an outer product: 4.6 us by broadcasting, 11 by BLAS.
                np.multiply if sizes[i + 1] == 1 else product,
                blocks[i][..., :-1, :],
                deltas[i],
                deltas[i - 1],
                flat[i - 1],
                self._up[i - 1].z,
                self._up[i - 1].slope,
            )
            for i in reversed(range(1, len(blocks)))
        ]

    def forward(self, columns: Array) -> Array:
        """The output `(k, m)` for `columns` `(d + 1, m)`, in a buffer that the next pass overwrites.

        Where there are `masks`, they hold 0 or 1/keep for every hidden perceptron (inverted dropout: Srivastava et
        al., 2014, "Dropout: a simple way to prevent neural networks from overfitting").
        """
        below, product, activate = columns, self._product, self._activation.forward
        for layer, (block, z, sums, above, slope) in enumerate(self._up):
            product(block, below, out=sums)
            activate(z, slope)
            if self.masks:
                np.multiply(z, self.masks[layer], out=z)
            below = above
        output: Array = product(self._top, below, out=self._output)
        return output

    def backward(self, columns: Array, target: Array, scale: float, keep: float = 1.0) -> Any:
        """After `forward`: the gradient times `scale` into `gradient`; returns the loss summed over the samples."""
        product, passed_back = self._product, self._activation.backward
        total = self._loss.gradient(self._output, target)
        np.multiply(self._output, scale, out=self._output)
        layer = len(self.masks)
        for gradient, below, delta_t, turned, spread, W, delta, spread_to, delta_below, a, slope in self._down:
            if turned is not None:
                np.copyto(turned, delta_t)
            product(below, delta_t if turned is None else turned, out=gradient)
            spread(W, delta, out=spread_to)
            if self.masks:
                layer -= 1
                np.multiply(delta_below, self.masks[layer], out=delta_below)
                np.multiply(a, keep, out=a)  # as the perceptrons that were kept gave it, before it was scaled up
            passed_back(delta_below, a, slope)
        gradient, delta_t = self._first
        product(columns, delta_t, out=gradient)
        return total

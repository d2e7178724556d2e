"""The limit: the matrix products of a training step alone, which every trainer needs."""

import math
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from benchmarks.case import Task
from benchmarks.contenders import Contender, Trainer

Products = Callable[[tuple[int, ...], int], Callable[[], None]]

CHUNKS = (120, 240, 500, 1000, 2000)  # not powers of two, whose rows would fall on the same lines of the cache


def limit() -> Contender:
    """Forward, gradient and backward products in NumPy, into buffers made once; no bias, activation, loss or step."""
    return Contender("limit", prepare, trains=False, note="the matrix products alone, in their best layout and chunk")


def prepare(task: Task) -> Trainer:
    """A run of as many products as k epochs have, in whichever layout and chunk comes out fastest here."""
    case = task.case
    batch = case.batch or case.n
    ways = [
        _way(products, case.sizes, batch, size)
        for products in (rows, columns)
        for size in sorted({min(size, batch) for size in CHUNKS})
    ]
    step = min(ways, key=lambda way: min(_seconds(way) for _ in range(3)))

    def run(k: int) -> float:
        for _ in range(k * case.steps):
            for part in step:
                part()
        return math.nan

    return Trainer(run)


def _way(products: Products, sizes: tuple[int, ...], batch: int, size: int) -> list[Callable[[], None]]:
    """A step in chunks of `size`, which share their buffers."""
    whole, rest = divmod(batch, size)
    return [products(sizes, size)] * whole + ([products(sizes, rest)] if rest else [])


def rows(sizes: tuple[int, ...], m: int) -> Callable[[], None]:
    """The products for m samples as rows: activations `(m, d)`, times weights `(d_in, d_out)`."""
    A, D = ([np.ones((m, d), np.float32) for d in sizes] for _ in range(2))
    W, G = ([np.full(shape, 0.5**10, np.float32) for shape in pairwise(sizes)] for _ in range(2))

    def part() -> None:
        for i, weights in enumerate(W):
            np.dot(A[i], weights, out=A[i + 1])
        for i in reversed(range(len(W))):
            np.dot(A[i].T, D[i + 1], out=G[i])
            if i:
                (np.multiply if sizes[i + 1] == 1 else np.dot)(D[i + 1], W[i].T, out=D[i])

    return part


def columns(sizes: tuple[int, ...], m: int) -> Callable[[], None]:
    """The same for m samples as columns: activations `(d, m)`."""
    A, D = ([np.ones((d, m), np.float32) for d in sizes] for _ in range(2))
    W, G = ([np.full(shape, 0.5**10, np.float32) for shape in pairwise(sizes)] for _ in range(2))

    def part() -> None:
        for i, weights in enumerate(W):
            np.dot(weights.T, A[i], out=A[i + 1])
        for i in reversed(range(len(W))):
            np.dot(A[i], D[i + 1].T, out=G[i])
            if i:
                (np.multiply if sizes[i + 1] == 1 else np.dot)(W[i], D[i + 1], out=D[i])

    return part


def _seconds(step: list[Callable[[], None]]) -> float:
    """Time for a few steps, enough for about 4 ms."""
    start = time.perf_counter()
    times = 0
    while time.perf_counter() - start < 0.004:
        times += 1
        for part in step:
            part()
    return (time.perf_counter() - start) / times

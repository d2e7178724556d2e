"""`Problem`: something to fit, with its training, validation and test parts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.data.spec import Spec

if TYPE_CHECKING:
    from knobwise.experiments.data.tables.raw_rows import RawRows

Array = NDArray[np.float64]

TABLES = (".csv", ".tsv", ".parquet")
"""What the name of a table's file ends in."""


class Part(NamedTuple):
    """Attributes: `X` `(n, d)` inputs and `y` `(n, k)` targets, float64, on the problem's original scale."""

    X: Array
    y: Array


class Problem(NamedTuple):
    """Something to fit.

    Attributes:
        name: the whole of it, as `load` takes it: `str` of a `Spec`, its options included.
        inputs: names of the d inputs.
        outputs: names of the k outputs.
        train: `train(n, seed)` gives n training samples. A larger n contains the smaller's samples, in order.
        val: `val(seed)`: what a sweep selects by. Never the same samples as `train` or `test`.
        test: `test()`: what is reported, never selected by. Does not depend on a seed.
        most: the largest n that `train` can give, or None where there is no end.
        grid: for a surface over two inputs, the shape `(rows, columns)` in which the test part lies, for contours.
        surface: for a surface, the true function `surface(x, y)`; None where it is not known.
        title: what people call it; made of the name where it is empty.
        classes: for classification, what the classes are called; empty for regression. With two, the one output is
            the probability of the second, and `y` is `(n, 1)` of 0 and 1; with more, `y` is `(n, k)`, 1 for the
            class and 0 for the others.
        target: for classification, the name of what is predicted (`outputs` are names of classes).
        log_shift: for a skewed target, the number s for which the network learns log(y + s); None to learn y.
        raw: how rows as a file has them become inputs; None where they are the inputs themselves.
        about: where the data come from, for the record.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    train: Callable[[int, int], Part]
    val: Callable[[int], Part]
    test: Callable[[], Part]
    most: int | None = None
    grid: tuple[int, int] | None = None
    surface: Callable[[Array, Array], Array] | None = None
    title: str = ""
    classes: tuple[str, ...] = ()
    target: str = ""
    log_shift: float | None = None
    raw: "RawRows | None" = None
    about: str = ""

    @property
    def shown(self) -> str:
        """What people call it."""
        return self.title or Spec.parse(self.name).title

"""`Problem`: data to fit, with their training, validation and test parts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.data.spec import Spec

if TYPE_CHECKING:
    from knobwise.experiments.data.tables.encoding import RawRows

Array = NDArray[np.float64]


class Part(NamedTuple):
    """Samples, on the problem's original scale.

    Attributes:
        X: inputs `(n, d)`, float64.
        y: targets `(n, k)`, float64.
    """

    X: Array
    y: Array


class Problem(NamedTuple):
    """Data to fit.

    Attributes:
        name: in full, as `load` takes it: `str` of a `Spec`, with its options.
        inputs: names of the d inputs.
        outputs: names of the k outputs.
        train: `train(n, seed)` gives n training samples. A larger n contains the smaller's samples, in order.
        val: `val(seed)`: the samples that a sweep selects by. No sample of `train` or `test`.
        test: `test()`: the samples that are reported, never selected by. Does not depend on a seed.
        most: the largest n of `train`; None for no limit.
        grid: for a surface over two inputs, the shape `(rows, columns)` of the test part, for contours.
        surface: for a surface, the true function `surface(x, y)`; None where it is not known.
        title: name for people; made from `name` where it is empty.
        classes: for classification, the names of the classes; empty for regression. With two, the one output is the
            probability of the second, and `y` is `(n, 1)` of 0 and 1; with more, `y` is `(n, k)`, one-hot.
        target: for classification, the name of what is predicted (`outputs` are names of classes).
        log_shift: for a skewed target, the number s for which the network learns log(y + s); None to learn y.
        raw: encodes a file's rows as inputs; None where the rows are the inputs.
        about: the source of the data, for the record.
        notes: what is to be said of how the data were read, a line each.
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
    notes: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The name for people."""
        return self.title or Spec.parse(self.name).title

    @property
    def is_drawn_on_grid(self) -> bool:
        """Whether predictions can be drawn as a surface: one output over a grid of two inputs."""
        return self.grid is not None and len(self.outputs) == 1

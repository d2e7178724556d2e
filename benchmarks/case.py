"""A case to measure: a network, its data, its recipe, and the contenders, which all get the same."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing to measure.

    Attributes:
        name: as given to `--only`.
        title: for the table.
        contenders: by file name in `contenders/`; the others are compared with the first.
        n: training samples of each replicate.
        batch: samples in a step; 0 for all of them. Divides `n`, but for replicates.
        optimizer: `sgd` (plain) or `adam` (beta 0.9 and 0.999, epsilon 1e-8).
        lr: chosen so that the loss falls smoothly from the first epoch to the last: it shows steps left out.
        epochs: of the whole training, over which cosine annealing takes the learning rate to 0; 0 for a constant rate.
        sizes: of the layers, inputs to outputs.
        activation: of the hidden layers.
        replicates: networks trained, each on its own data.
        slow: contenders left out of a quick run, because they take long to start.
    """

    name: str
    title: str
    contenders: tuple[str, ...]
    n: int
    batch: int = 0
    optimizer: str = "sgd"
    lr: float = 0.01
    epochs: int = 0
    sizes: tuple[int, ...] = (2, 64, 64, 64, 1)
    activation: str = "relu"
    replicates: int = 1
    slow: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return -(-self.n // self.batch) if self.batch else 1

    def as_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Case":
        """The inverse of `as_dict`."""
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
        }
        return cls(**fields)


class Task(NamedTuple):
    """The input of a contender. All arrays float32; with several replicates they have a leading axis of that length.

    Attributes:
        case: what to train, and how.
        X: inputs `(n, d)`.
        y: targets `(n, 1)`.
        weights: of each layer at the start, `(d_in, d_out)`. All biases start at zero.
        threads: how many the contender may use.
    """

    case: Case
    X: Array
    y: Array
    weights: list[Array]
    threads: int


def save_data(case: Case, folder: Path) -> Path:
    """Draws the case's data and starting weights, once for all contenders, and writes them to a file in `folder`.

    The data are the article's surface, standardised; the weights He's, so that the loss falls from the first step.
    """
    from knobwise.experiments.problems.article import sample

    X, y, weights = [], [], []
    for replicate in range(case.replicates):
        table = sample(case.n, seed=replicate).to_numpy()
        table = ((table - table.mean(axis=0)) / table.std(axis=0)).astype(np.float32)
        X.append(table[:, :2])
        y.append(table[:, 2:])
        weights.append(_start(case.sizes, np.random.default_rng(replicate)))
    arrays = {"X": X, "y": y} | {f"W{i}": layer for i, layer in enumerate(zip(*weights, strict=True))}
    file = folder / f"{case.name}.npz"
    save_arrays(file, {key: np.stack(value) if case.replicates > 1 else value[0] for key, value in arrays.items()})
    return file


def save_arrays(file: Path, arrays: dict[str, Any]) -> None:
    """Writes `arrays` to `file` by their names."""
    with file.open("wb") as out:
        np.savez(out, **arrays)


def load_task(case: Case, file: Path, threads: int) -> Task:
    """The task as a contender gets it, from the file that `save_data` wrote."""
    with np.load(file) as data:
        return Task(case, data["X"], data["y"], [data[f"W{i}"] for i in range(len(case.sizes) - 1)], threads)


def _start(sizes: Sequence[int], random: np.random.Generator) -> list[Array]:
    return [(random.standard_normal(shape) * np.sqrt(2 / shape[0])).astype(np.float32) for shape in pairwise(sizes)]

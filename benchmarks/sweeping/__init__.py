"""Contenders of the sweep benchmark: ways to run the same forty trainings. One a file, found by its name.

A contender's module holds a function of the module's own name that returns its `Contender`. Each works in a process of
its own, in an empty folder: `python -m benchmarks.sweeping NAME WORK`, with the work as JSON. What it needs is imported
inside `run`, so that its own start-up is in its own time and the list of contenders is there without any library.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

CURVE = 100  # recorded points of a trial's loss curve


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be done: the article's network on the article's surface, its learning rate searched.

    Attributes:
        trials: how many trainings.
        epochs: of each, on the full batch by plain gradient descent.
        samples: that each trains on.
        jobs: trainings at once.
        low, high: the learning rates searched, on a log scale; none of them diverges, so that all trainings are whole.
    """

    trials: int
    epochs: int
    samples: int = 1000
    jobs: int = 1
    low: float = 1e-4
    high: float = 1e-3

    @property
    def every(self) -> int:
        """Epochs from one point of the loss curve to the next."""
        return max(1, self.epochs // CURVE)


class Left(NamedTuple):
    """What a contender has left in its folder.

    Attributes:
        trials: that are recorded with a learning rate and a final loss.
        points: of loss curves, of all trials together.
        pictures: of a surface.
    """

    trials: int
    points: int
    pictures: int


class Contender(NamedTuple):
    """One way to do the work.

    Attributes:
        label: for tables.
        run: `run(work)` does it in the current folder. What it returns is a figure that it has measured itself, by
            name; `seconds` among them stands for the whole process's, where that is not what counts.
        left: `left(folder)` says what is there afterwards; None for who records nothing.
        needs: modules that must be installed.
        note: what is particular about it, in one sentence.
    """

    label: str
    run: Callable[[Work], dict[str, float]]
    left: Callable[[Path], Left] | None = None
    needs: tuple[str, ...] = ()
    note: str = ""


def names() -> list[str]:
    """The names of all contenders, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "__main__")


def load(name: str) -> Contender:
    """The contender called `name`. Raises ValueError where there is none, with a list of those there are."""
    if name not in names():
        raise ValueError(f"contender must be one of {', '.join(names())}, got {name!r}")
    module: Any = importlib.import_module(f"{__name__}.{name}")
    contender: Contender = getattr(module, name)()
    return contender


def missing(contender: Contender) -> list[str]:
    """Which of the modules that the contender needs are not installed."""
    return [module for module in contender.needs if importlib.util.find_spec(module) is None]

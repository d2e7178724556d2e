"""Contenders: ways to train the same network. One a file, found by its name; each runs in its own process.

A contender's module has a function of the module's own name that returns its `Contender`. Its library is imported
inside `prepare`, so that contenders can be listed without the libraries.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.case import Array, Task

Run = Callable[[int], float]
Layers = list[tuple[Array, Array]]


class Trainer(NamedTuple):
    """A contender that is ready to train.

    Attributes:
        run: `run(k)` trains k epochs more, all at once or one by one as is fastest, and returns the last epoch's loss:
            the mean squared error over the epoch's samples, each before its step; nan where nothing is trained.
        layers: `layers()` gives the current weights `(d_in, d_out)` and biases `(d_out,)`; None where not needed.
    """

    run: Run
    layers: Callable[[], Layers] | None = None


class Unsupported(Exception):
    """Raised by `prepare` for a case that the contender cannot train; the message says why, in one line."""


class Contender(NamedTuple):
    """One way to train.

    Attributes:
        label: for tables and charts.
        prepare: `prepare(task)` makes everything ready. Raises `Unsupported`.
        needs: modules that must be installed.
        own_threads: whether it divides the work among its own threads, so that BLAS must have one.
        trains: whether it trains, so that its loss must agree with the others'.
        note: on the contender, in one sentence.
    """

    label: str
    prepare: Callable[[Task], Trainer]
    needs: tuple[str, ...] = ()
    own_threads: bool = False
    trains: bool = True
    note: str = ""


def names() -> list[str]:
    """The names of all contenders, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str, package: str = __name__) -> Contender:
    """The contender called `name`. Raises ValueError where there is none, with a list of those there are."""
    try:
        module = importlib.import_module(f"{package}.{name}")
    except ModuleNotFoundError as error:
        raise ValueError(f"contender must be one of {', '.join(names())}, got {name!r}") from error
    contender: Contender = getattr(module, name)()
    return contender


def missing(contender: Contender) -> list[str]:
    """Which of the modules that the contender needs are not installed."""
    return [module for module in contender.needs if importlib.util.find_spec(module) is None]

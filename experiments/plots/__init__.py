"""Figures of a run and of its data. One kind of figure a file.

A figure that is recorded with every run is a module with two functions:

    def applies(view: RunView) -> bool      whether this kind of figure can be drawn for this run
    def draw(view: RunView) -> Figure       the figure

It is saved as `pictures/<module>.png`. Nothing is registered: a file in this folder is a kind of figure. A module
without `applies` (a figure of the data, a detail) is drawn on request.
"""

import importlib
import pkgutil
import threading
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import NamedTuple

from knobwise.experiments.data.problem import Array, Part, Problem
from knobwise.experiments.outcome import Curves
from knobwise.experiments.plots.canvas import render

_DRAWING = threading.Lock()  # figures are reused from run to run, so two threads must not draw at once


class RunView(NamedTuple):
    """The data of a run's figures.

    Attributes:
        problem: of the run.
        test: the test part.
        predicted: `(n, k)`, on the original scale, a row for each of `test`; None for a run that diverged.
        curves: the losses.
        metrics: as in `Outcome.metrics`.
        predict: the model, from inputs `(m, d)` to predictions `(m, k)`, both on the original scale; None without one.
    """

    problem: Problem
    test: Part
    predicted: Array | None
    curves: Curves
    metrics: Mapping[str, float]
    predict: Callable[[Array], Array] | None = None


def kinds() -> dict[str, ModuleType]:
    """The kinds of figure that are recorded with a run, by name.

    >>> sorted(kinds())[:5]
    ['calibration', 'confusion_matrix', 'decision_regions', 'loss_curves', 'partial_slices']
    """
    modules = (importlib.import_module(f"{__name__}.{entry.name}") for entry in pkgutil.iter_modules(__path__))
    return {module.__name__.rpartition(".")[2]: module for module in modules if hasattr(module, "applies")}


def pictures_of(
    problem: Problem,
    test: Part,
    predicted: Array | None,
    curves: Curves,
    metrics: Mapping[str, float],
    predict: Callable[[Array], Array] | None = None,
) -> dict[str, bytes]:
    """Every figure that applies to a run, as PNG files by artifact path.

    Args:
        problem: of the run.
        test: the test part.
        predicted: `(n, k)` float64, original scale; None for a diverged run, which gets its loss curves only.
        curves: the losses.
        metrics: as in `Outcome.metrics`, for the titles.
        predict: the model; without it, figures that need other predictions than `predicted` are left out.
    """
    view = RunView(problem, test, predicted, curves, metrics, predict)
    with _DRAWING:
        return {
            f"pictures/{name}.png": render(module.draw(view))
            for name, module in kinds().items()
            if module.applies(view)
        }

"""Figures of a run and of its data. One kind of figure a file.

A module that belongs to every run's record has two functions:

    def applies(view: RunView) -> bool      whether this kind of figure can be drawn of this run
    def draw(view: RunView) -> Figure       the figure

and its picture is kept as `pictures/<module>.png`. Nothing is registered: put the file in this folder and it is there.
A module without `applies` (a picture of the data, a closer look) is drawn when it is asked for.
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
    """What a figure of a run is drawn from.

    Attributes:
        problem: what was fitted.
        test: the part that the predictions are for.
        predicted: `(n, k)`, on the original scale, a row for each of `test`; None for a run that diverged.
        curves: the losses.
        metrics: as in `Outcome.metrics`.
        predict: what the model says of other inputs, `(m, d)` to `(m, k)`, both on the original scale; None where it
            cannot be asked.
    """

    problem: Problem
    test: Part
    predicted: Array | None
    curves: Curves
    metrics: Mapping[str, float]
    predict: Callable[[Array], Array] | None = None


def kinds() -> dict[str, ModuleType]:
    """The kinds of figure that belong to a run's record, by name.

    >>> sorted(kinds())[:5]
    ['calibration', 'confusion_matrix', 'decision_regions', 'loss_curves', 'partial_slices']
    """
    modules = (importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__))
    return {module.__name__.rpartition(".")[2]: module for module in modules if hasattr(module, "applies")}


def pictures_of(
    problem: Problem,
    test: Part,
    predicted: Array | None,
    curves: Curves,
    metrics: Mapping[str, float],
    predict: Callable[[Array], Array] | None = None,
) -> dict[str, bytes]:
    """Every picture that applies to a run, as PNG files by artifact path.

    Args:
        problem: what was fitted.
        test: the part that the predictions are for.
        predicted: `(n, k)` float64, original scale; None for a diverged run, which gets its loss curves only.
        curves: the losses.
        metrics: as in `Outcome.metrics`; those there are go into the titles.
        predict: the model; without it, figures that ask it for more than `predicted` are left out.
    """
    view = RunView(problem, test, predicted, curves, metrics, predict)
    with _DRAWING:
        return {
            f"pictures/{name}.png": render(module.draw(view))
            for name, module in kinds().items()
            if module.applies(view)
        }

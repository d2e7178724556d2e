"""The true and the predicted surface, side by side on one colour scale."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from knobwise.experiments.data.problem import Array, Part
from knobwise.experiments.plots import RunView
from knobwise.experiments.plots.canvas import MUTED, colour_bar, fill, gridded, round_levels, surface_axes
from knobwise.experiments.text import scores_text


class _Panels(NamedTuple):
    """A figure without a prediction.

    Attributes:
        figure: with the true surface and both colour bars.
        axes: for the prediction.
        levels: of the contours.
        shown: the contours of the last prediction.
    """

    figure: Figure
    axes: Axes
    levels: Array
    shown: list[ContourSet]


def applies(view: RunView) -> bool:
    """Whether the run has predicted a surface."""
    return view.predicted is not None and view.problem.is_drawn_on_grid and not view.problem.classes


def draw(view: RunView) -> Figure:
    """Two panels of filled contours: true (viridis) and predicted (plasma).

    The colour scale of both spans the true surface, so the same height on both bars is the same value; predictions
    beyond it have the colour of the scale's end. The figure is reused: the true panel, the axes and the bars are drawn
    once a surface; a run changes the predicted panel alone, whose artists are animated.
    """
    assert view.predicted is not None
    assert view.problem.grid is not None
    shape, labels = view.problem.grid, (*view.problem.inputs, *view.problem.outputs)
    panels = _panels(shape, labels, view.test.X.tobytes(), view.test.y.tobytes())
    while panels.shown:
        panels.shown.pop().remove()
    panels.shown.append(fill(panels.axes, gridded(view.test, view.predicted, shape), panels.levels, "plasma"))
    panels.shown[0].set_animated(True)
    panels.axes.set_title(": ".join(filter(None, ["Predicted", scores_text(view.metrics)])), y=1.0)
    return panels.figure


@lru_cache(maxsize=2)
def _panels(shape: tuple[int, int], labels: tuple[str, ...], X: bytes, y: bytes) -> _Panels:
    """All but the prediction. Cached by the content of the test part, so that another problem has another figure."""
    test = Part(np.frombuffer(X).reshape(-1, 2), np.frombuffer(y).reshape(-1, 1))
    levels = round_levels(float(test.y.min()), float(test.y.max()))
    figure = Figure(figsize=(10, 4.7))
    true = surface_axes(figure, (0.06, 0.155, 0.37, 0.76), labels)
    predicted = surface_axes(figure, (0.55, 0.155, 0.37, 0.76), labels)
    fill(true, gridded(test, test.y, shape), levels, "viridis")
    true.set_title("True surface")
    colour_bar(true, levels, "viridis", labels[2])
    colour_bar(predicted, levels, "plasma", labels[2])
    predicted.set(xlim=true.get_xlim(), ylim=true.get_ylim())
    note = f"One colour scale for both: {labels[2]} from {levels[0]:g} to {levels[-1]:g}."
    figure.text(0.5, 0.02, note, ha="center", color=MUTED)
    for part in (predicted.title, *predicted.spines.values()):  # the frame lies over the contours
        part.set_animated(True)
    return _Panels(figure, predicted, levels, [])

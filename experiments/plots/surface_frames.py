"""A run's predicted surface after some of its epochs, one small picture each: the frames of a series."""

from collections.abc import Container
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from knobwise.experiments import snapshots
from knobwise.experiments.data.problem import Part, Problem
from knobwise.experiments.plots.canvas import fill, gridded, render, round_levels, surface_axes
from knobwise.experiments.snapshots import Snapshots
from knobwise.nn_core import checkpoint as checkpoints
from knobwise.nn_core import predictor


class Frame(NamedTuple):
    """One picture of the series.

    Attributes:
        epoch: epochs done, >= 1.
        png: the predicted surface after it, a PNG file.
    """

    epoch: int
    png: bytes


def epochs_of(checkpoint: bytes, taken: Snapshots) -> list[int]:
    """The epochs that there are frames of, rising: those of the snapshots, and the run's last.

    Args:
        checkpoint: of a run that is over.
        taken: its snapshots.
    """
    last = checkpoints.load(checkpoint).state.epoch
    return [*snapshots.before(taken, last), last]


def frames(problem: Problem, checkpoint: bytes, taken: Snapshots, recorded: Container[int] = ()) -> list[Frame]:
    """The frames of a run, by rising epoch; none where the problem has no surface that can be drawn.

    All have the colour scale of the true surface, so that what changes from one to the next is the surface. The axes
    are drawn once; the contours and the title, which change, are matplotlib's animated artists.

    Args:
        problem: what was fitted.
        checkpoint: of a run that is over and did not diverge.
        taken: its snapshots.
        recorded: the epochs that are not to be drawn.
    """
    *earlier, end = epochs_of(checkpoint, taken)
    missing = [epoch for epoch in (*earlier, end) if epoch not in recorded]
    if not missing or not problem.is_drawn_on_grid:
        return []
    assert problem.grid is not None
    test, last = problem.test(), predictor.load(checkpoint)
    levels = round_levels(float(test.y.min()), float(test.y.max()))
    figure = _axes(problem, test)
    axes = figure.axes[0]
    drawn = []
    for epoch in missing:
        model = last if epoch == end else last._replace(params=taken[epoch])  # at the end, the best by validation
        surface = fill(axes, gridded(test, model.predict(test.X), problem.grid), levels, "plasma")
        surface.set_animated(True)
        axes.set_title(f"epoch {epoch}", fontsize=18, pad=8)
        drawn.append(Frame(epoch, render(figure)))
        surface.remove()
    return drawn


def _axes(problem: Problem, test: Part) -> Figure:
    """The figure without a surface; 512 x 512 pixels, to be read at half that."""
    figure = Figure(figsize=(5.12, 5.12))
    axes = surface_axes(figure, (0.15, 0.13, 0.81, 0.78), (*problem.inputs, *problem.outputs))
    (left, bottom), (right, top) = np.min(test.X, axis=0), np.max(test.X, axis=0)
    axes.set(xlim=(left, right), ylim=(bottom, top))
    axes.tick_params(labelsize=14, length=4, pad=4)
    axes.xaxis.label.set_fontsize(16)
    axes.yaxis.label.set_fontsize(16)
    axes.xaxis.labelpad, axes.yaxis.labelpad = 0, 4
    for part in (axes.title, *axes.spines.values()):  # the frame lies over the contours
        part.set_animated(True)
    return figure

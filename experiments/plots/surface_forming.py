"""The predicted surface at one point of the training, small: one picture of a series."""

from matplotlib.figure import Figure

from knobwise.experiments.data.problem import Array, Part, Problem
from knobwise.experiments.plots.canvas import fill, gridded, round_levels, surface_axes


def drawable(problem: Problem) -> bool:
    """Whether the problem is a surface: one output over a grid of two inputs."""
    return problem.grid is not None and len(problem.outputs) == 1


def draw(problem: Problem, test: Part, predicted: Array, title: str) -> Figure:
    """Filled contours of the prediction on the true surface's colour scale; 512 x 512 pixels, to be read at half that.

    All pictures of a series have the same scale, so that what changes from one to the next is the surface.

    Args:
        problem: one that is `drawable`.
        test: its test part.
        predicted: `(n, 1)`, a row for each of `test`.
        title: which of the series it is.
    """
    assert problem.grid is not None
    levels = round_levels(float(test.y.min()), float(test.y.max()))
    figure = Figure(figsize=(5.12, 5.12))
    axes = surface_axes(figure, (0.15, 0.13, 0.81, 0.78), (*problem.inputs, *problem.outputs))
    fill(axes, gridded(test, predicted, problem.grid), levels, "plasma")
    axes.set_title(title, fontsize=18, pad=8)
    axes.tick_params(labelsize=14, length=4, pad=4)
    axes.xaxis.label.set_fontsize(16)
    axes.yaxis.label.set_fontsize(16)
    axes.xaxis.labelpad, axes.yaxis.labelpad = 0, 4
    return figure

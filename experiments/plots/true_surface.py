"""The true surface of a problem over two inputs, as filled contours."""

from matplotlib.figure import Figure

from knobwise.experiments.data.problem import Part, Problem
from knobwise.experiments.plots.canvas import colour_bar, fill, gridded, round_levels, surface_axes


def draw(problem: Problem, test: Part) -> Figure:
    """Filled contours (viridis) of `test`, the part of `problem` that lies on its grid.

    Raises:
        ValueError: the problem has no grid.
    """
    if problem.grid is None:
        raise ValueError(f"a surface needs a problem with a grid, and {problem.name} has none")
    levels = round_levels(float(test.y.min()), float(test.y.max()))
    figure = Figure(figsize=(5.6, 4.7))
    axes = surface_axes(figure, (0.12, 0.12, 0.66, 0.79), problem.inputs)
    fill(axes, gridded(test, test.y, problem.grid), levels, "viridis")
    axes.set_title("True surface")
    colour_bar(axes, levels, "viridis", problem.outputs[0])
    return figure

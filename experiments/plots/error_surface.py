"""The error of a predicted surface, with its sign."""

import numpy as np
from matplotlib.figure import Figure

from knobwise.experiments.plots import RunView
from knobwise.experiments.plots.canvas import colour_bar, fill, gridded, round_levels, surface_axes


def draw(view: RunView) -> Figure:
    """Filled contours of predicted - true on a diverging map that is symmetric about 0: red too high, blue too low.

    Raises:
        ValueError: the run has no predicted surface.
    """
    if view.predicted is None or view.problem.grid is None:
        raise ValueError(f"an error surface needs predictions on a grid; this run of {view.problem.name} has none")
    error = view.predicted[:, 0] - view.test.y[:, 0]
    worst = float(np.max(np.abs(error), where=np.isfinite(error), initial=0.0))
    levels = round_levels(-worst, worst)
    figure = Figure(figsize=(5.6, 4.7))
    axes = surface_axes(figure, (0.12, 0.12, 0.66, 0.79), view.problem.inputs)
    fill(axes, gridded(view.test, error, view.problem.grid), levels, "RdBu_r")
    axes.set_title(f"Error, predicted − true: worst {worst:.3g}")
    colour_bar(axes, levels, "RdBu_r", view.problem.outputs[0])
    return figure

"""The error over the cost of trials, with the Pareto front."""

import numpy as np
from matplotlib.figure import Figure

from knobwise.experiments.data.problem import Array
from knobwise.experiments.plots.canvas import SECOND
from knobwise.experiments.plots.study import trials as shared
from knobwise.experiments.plots.study.trials import Trials

COSTS = {
    "flops": "floating-point operations (flops)",
    "train_seconds": "seconds of training (train_seconds)",
    "n_parameters": "weights and biases (n_parameters)",
}
"""Axis labels of costs; any other cost has its name."""


def draw(trials: Trials, cost: Array, name: str) -> Figure:
    """Each trial at its cost and its error; an orange staircase through the Pareto front.

    Args:
        trials: the study's.
        cost: `(n,)`, NaN where it is not known.
        name: of the cost.
    """
    figure = Figure(figsize=(7, 4.6))
    axes = figure.add_axes((0.11, 0.12, 0.86, 0.75))
    finite = cost[np.isfinite(cost)]
    if shared.is_log(finite, asked=False):
        shared.log_axis(axes, "x", finite)
    axes.set_xlabel(COSTS.get(name, name))
    shared.error_axis(axes, trials)
    shared.draw_trials(axes, trials, cost)
    steps = shared.front(trials, cost)
    axes.step(cost[steps], trials.error[steps], where="post", color=SECOND, linewidth=1.4, marker="D", markersize=5)
    shared.plain(axes)
    shared.mark_named(axes, trials, cost)
    count = f"{len(steps)} on the front" if len(steps) != 1 else "one betters all others"
    caption = f"{trials.key}; orange: no other is lower in both"
    shared.titled(axes, f"{len(cost)} trials by {trials.error_name} and {name}: {count}", caption)
    return figure

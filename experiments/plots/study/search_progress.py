"""The progress of the search: trials in the order of their start, and the best so far."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from knobwise.experiments.plots.canvas import SECOND
from knobwise.experiments.plots.study import trials as shared
from knobwise.experiments.plots.study.trials import Trials


def draw(trials: Trials) -> Figure:
    """Errors by trial number, with a staircase for the best so far: while it is still falling, more trials may pay."""
    figure = Figure(figsize=(7, 4.6))
    axes = figure.add_axes((0.135, 0.12, 0.835, 0.75))
    across = trials.number.astype(float)
    shared.error_axis(axes, trials)
    shared.draw_trials(axes, trials, across)
    order = np.argsort(trials.number)
    so_far = np.fmin.accumulate(np.where(trials.having("complete"), trials.error, np.nan)[order])
    axes.step(across[order], so_far, where="post", color=SECOND, linewidth=1.6, zorder=2)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.set_xlabel("trial")
    shared.plain(axes)
    shared.mark_named(axes, trials, across)
    shared.titled(
        axes, f"{len(trials.number)} trials in the order they were begun", f"{trials.key}; line: the best so far"
    )
    return figure

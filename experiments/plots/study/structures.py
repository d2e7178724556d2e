"""The error over the size of the network: the effect of more and wider layers."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Array
from knobwise.experiments.plots.canvas import MUTED, SECOND
from knobwise.experiments.plots.study import trials as shared
from knobwise.experiments.plots.study.trials import Trials
from knobwise.experiments.text import counted

COLOURS = ("#56B4E9", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#000000")  # of Okabe and Ito, colour-blind safe
MARKERS = ("o", "s", "^", "D", "v", "P")


def draw(trials: Trials, widths: Sequence[tuple[int, ...]], n_parameters: Array) -> Figure:
    """Each trial at its number of weights and biases and its error, with a sign for its number of layers.

    The staircase joins the trials on the Pareto front, which are named by their widths.

    Args:
        trials: the study's.
        widths: the hidden layers of each trial.
        n_parameters: `(n,)`, NaN where it is not known.
    """
    figure = Figure(figsize=(7, 4.6))
    axes = figure.add_axes((0.11, 0.12, 0.86, 0.75))
    shared.log_axis(axes, "x", n_parameters[np.isfinite(n_parameters)])
    shared.error_axis(axes, trials)
    complete = trials.having("complete") & np.isfinite(n_parameters)
    depths = np.array([len(each) for each in widths])
    others = trials._replace(status=["" if each == "complete" else each for each in trials.status])
    shared.draw_trials(axes, others, n_parameters)
    for depth in sorted(set(depths[complete])):
        at, sign = complete & (depths == depth), (depth - 1) % len(COLOURS)
        axes.scatter(
            n_parameters[at],
            trials.error[at],
            s=46,
            color=COLOURS[sign],
            marker=MARKERS[sign],
            edgecolors="white",
            linewidths=0.6,
            zorder=3,
            label=counted(depth, "layer"),
        )
    steps = shared.front(trials, n_parameters)
    axes.step(n_parameters[steps], trials.error[steps], where="post", color=SECOND, linewidth=1.2, zorder=2)
    axes.margins(x=0.16)
    axes.set_xlabel("weights and biases of the network")
    shared.plain(axes)
    for at, words in trials.words.items():
        if complete[at]:
            shared.mark(axes, (float(n_parameters[at]), float(trials.error[at])), words, left=False)
    _name(figure, trials, widths, n_parameters, steps)
    axes.legend(loc="lower left", frameon=False, handletextpad=0.2)  # where a small network has a low error: empty
    caption = trials.key.replace("each dot a trial", "orange: no smaller network does better, named by its widths")
    shared.titled(axes, f"{len(widths)} trials over structures", caption)
    return figure


def _name(
    figure: Figure, trials: Trials, widths: Sequence[tuple[int, ...]], size: Array, steps: NDArray[np.intp]
) -> None:
    """Widths below and to the left of each step, where no trial lies, from the best down while there is room."""
    axes = figure.axes[0]
    last = np.inf
    for at in steps[::-1]:
        height = axes.transData.transform((size[at], trials.error[at]))[1]
        if abs(height - last) < 13:  # pixels: a line of text
            continue
        last = height
        axes.annotate(
            "-".join(map(str, widths[at])) or "none",
            (size[at], trials.error[at]),
            xytext=(-6, -11),
            textcoords="offset points",
            ha="right",
            fontsize="small",
            color=MUTED if at not in trials.words else "#222222",
            path_effects=[withStroke(linewidth=3, foreground="white")],
            zorder=5,
        )

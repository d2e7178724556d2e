"""Residuals over predictions, with a running median and spread.

A good fit has a band of constant width about 0. A bend is a shape that was not fitted; a funnel, an error that grows
with the prediction. Cleveland (1993), "Visualizing data".
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from knobwise.experiments.data.problem import Array, Problem
from knobwise.experiments.plots import RunView, predicted_against_true, target_axis
from knobwise.experiments.plots.canvas import MUTED, SECOND, TRUE

MOST_POINTS = 2000  # a panel; more would cover each other
MOST_SORTED = 20_000  # for the running median; more make no visible difference
FEWEST = 40  # samples in a window, for its quantiles
WINDOWS = 14


def applies(view: RunView) -> bool:
    """Whether the run has predicted numbers, and no surface, for which the error surface shows more."""
    return predicted_against_true.applies(view)


def draw(view: RunView) -> Figure:
    """A panel for each output (the first four): true - predicted over predicted.

    Where the network learns the target's logarithm: true / predicted, on log scales.
    """
    assert view.predicted is not None
    problem = view.problem
    outputs = problem.outputs[: predicted_against_true.MOST_OUTPUTS]
    figure = Figure(figsize=(0.6 + 5.4 * len(outputs), 4.2))
    wide = figure.get_figwidth()
    for panel, name in enumerate(outputs):
        axes = figure.add_axes(((0.85 + 5.4 * panel) / wide, 0.135, 4.75 / wide, 0.77))
        axes.spines[["top", "right"]].set_visible(False)
        true, predicted = (target_axis.shown(problem, each[:, panel]) for each in (view.test.y, view.predicted))
        with np.errstate(over="ignore"):
            residual = true - predicted if problem.log_shift is None else true / predicted
        drawn = np.isfinite(residual) & np.isfinite(predicted)
        _panel(axes, problem, predicted[drawn], residual[drawn])
        label = target_axis.named(problem, name)
        axes.set_xlabel(f"predicted {label}")
        axes.set_ylabel("true − predicted" if problem.log_shift is None else "true / predicted")
        axes.set_title(f"{name if len(outputs) > 1 else 'Residuals'}: {_summary(problem, residual[drawn])}")
    return figure


def _panel(axes: Axes, problem: Problem, predicted: Array, residual: Array) -> None:
    """The points, the line of no error, and the running median with the band of 80% of the points."""
    every = -(-len(residual) // MOST_POINTS) or 1
    axes.axhline(0.0 if problem.log_shift is None else 1.0, color=MUTED, linewidth=1, zorder=1)
    axes.scatter(predicted[::every], residual[::every], 12, TRUE, alpha=0.35, linewidths=0, zorder=2)
    at, low, middle, high = running(predicted, residual)
    if len(at) > 1:
        axes.fill_between(at, low, high, color=SECOND, alpha=0.18, linewidth=0, zorder=3, label="80% of the points")
        axes.plot(at, middle, color=SECOND, linewidth=1.8, zorder=4, label="median")
        axes.legend(loc="best", frameon=False, fontsize="small", ncols=2)
    target_axis.scale(axes, "x", problem, target_axis.limits(problem, predicted))
    target_axis.scale(axes, "y", problem, target_axis.limits(problem, residual))


def running(predicted: Array, residual: Array) -> tuple[Array, Array, Array, Array]:
    """The 10%, 50% and 90% quantiles of `residual` in windows along `predicted` that hold equally many points.

    Each window overlaps half of the next. Returns the medians of `predicted` in them, then the three quantiles, all
    `(w,)`; empty where there are too few points or `predicted` does not vary.
    """
    every = -(-len(residual) // MOST_SORTED) or 1
    order = np.argsort(predicted[::every], kind="stable")
    windows = min(WINDOWS, 2 * len(order) // FEWEST - 1)
    if windows < 2 or np.ptp(predicted) == 0:
        return (np.empty(0),) * 4
    ends = np.linspace(0, len(order), windows + 2).astype(int)
    parts = [order[a:b] for a, b in zip(ends, ends[2:], strict=False)]
    at = np.array([np.median(predicted[::every][part]) for part in parts])
    low, middle, high = np.array([np.quantile(residual[::every][part], (0.1, 0.5, 0.9)) for part in parts]).T
    return at, low, middle, high


def _summary(problem: Problem, residual: Array) -> str:
    """Half and nine tenths of the residuals, for the title."""
    if not len(residual):
        return "no prediction is finite"
    if problem.log_shift is None:
        half, most = np.quantile(np.abs(residual), (0.5, 0.9))
        return f"half within ±{half:.3g}, 90% within ±{most:.3g}"
    half, most = np.exp(np.quantile(np.abs(np.log(residual)), (0.5, 0.9)))
    return f"half within a factor of {half:.3g}, 90% of {most:.3g}"

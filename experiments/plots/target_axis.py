"""The axis of a target: linear, or logarithmic where the network learns the logarithm."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator, ScalarFormatter

from knobwise.experiments.data.problem import Array, Problem


def shown(problem: Problem, y: Array) -> Array:
    """`y` for drawing: y + `log_shift` where the problem has one, for a log scale; otherwise `y`.

    A value that cannot be drawn is NaN: one that is not finite, or has no logarithm.
    """
    if problem.log_shift is None:
        return np.where(np.isfinite(y), y, np.nan)
    shifted = y + problem.log_shift
    return np.where(np.isfinite(shifted) & (shifted > 0), shifted, np.nan)


def named(problem: Problem, name: str) -> str:
    """The name of the values of `shown`: "price", or "price + 1".

    >>> from knobwise.experiments import problems
    >>> named(problems.load("article")._replace(log_shift=1.0), "price")
    'price + 1'
    """
    return f"{name} {'+' if problem.log_shift > 0 else '-'} {abs(problem.log_shift):g}" if problem.log_shift else name


def limits(problem: Problem, *values: Array) -> tuple[float, float]:
    """Ends of an axis for all of `values`, from `shown`, with a margin of 4%; 0..1 where there are none."""
    drawn = np.concatenate([each[np.isfinite(each)].ravel() for each in values])
    if not drawn.size:
        return (0.0, 1.0) if problem.log_shift is None else (0.1, 1.0)
    low, high = float(drawn.min()), float(drawn.max())
    if problem.log_shift is not None:
        margin = (high / low) ** 0.04 if high > low else 1.5
        return low / margin, high * margin
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin


def scale(axes: Axes, which: str, problem: Problem, ends: tuple[float, float]) -> None:
    """Scale, ends and ticks of the axis `which`, "x" or "y", for the target."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    if problem.log_shift is None:
        axes.set(**{f"{which}scale": "linear", f"{which}lim": ends})
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(ScalarFormatter())
    else:
        axes.set(**{f"{which}scale": "log", f"{which}lim": ends})
        few_ticks(axes, which, ends)


def few_ticks(axes: Axes, which: str, ends: tuple[float, float]) -> None:
    """Plain numbers at a few places of a log scale: labelled minor ticks take as long to draw as everything else."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    decades = np.log10(ends[1] / ends[0])
    every = 9 if decades > 2.5 else 0 if decades > 0.8 else 1 if decades > 0.3 else 0.5
    subs: Sequence[float] = np.arange(1, 10, every).tolist() if every else (1, 2, 5)
    axis.set_major_locator(LogLocator(subs=subs, numticks=6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())

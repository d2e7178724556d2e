"""The error over one knob: every trial a dot, and the best for each value where values repeat."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Array
from knobwise.experiments.plots.canvas import SECOND
from knobwise.experiments.plots.study import trials as shared
from knobwise.experiments.plots.study.trials import Trials

FEW = 12  # values that a line through the best of each can be drawn for


def draw(trials: Trials, knob: str, *, drawn: Array | None = None, drawn_name: str = "") -> Figure:
    """One panel: `knob` across, the error up.

    Args:
        trials: the study's.
        knob: one of `trials.knobs`; the best for each of its values are chosen by `trials.error`.
        drawn: `(n,)` drawn instead of `trials.error` (the test error), NaN where a trial has none.
        drawn_name: name of `drawn`.
    """
    best = best_of_each(trials, knob)
    shown = trials if drawn is None else trials._replace(error=drawn, error_name=drawn_name)
    figure = Figure(figsize=(7, 4.6))
    axes = figure.add_axes((0.11, 0.14, 0.86, 0.73))
    panel(axes, shown, knob, best=best)
    if knob in trials.choices:  # long names, broken in two, stand side by side
        names = [label.get_text().replace("_", "_\n") for label in axes.get_xticklabels()]
        axes.set_xticks(range(len(names)), names)
    shared.mark_named(axes, shown, places(shown, knob, best))
    by = f" by {trials.error_name}" if drawn is not None else ""
    caption = f"{trials.key}; orange: the best{by} for each {knob}" if best.size else trials.key
    shared.titled(axes, f"{len(trials.number)} trials: {shown.error_name} against {knob}", caption)
    return figure


def panel(axes: Axes, trials: Trials, knob: str, *, best: NDArray[np.intp], small: bool = False) -> None:
    """Axes and dots of one knob, with `best` (places in the columns) in orange.

    In a large panel these are joined, where the knob is a number.
    """
    across = places(trials, knob, best)
    shared.knob_axis(axes, "x", trials, knob, 5 if small else 9)
    shared.error_axis(axes, trials)
    shared.draw_trials(axes, trials, across, 26 if small else 42)
    best = best[np.isfinite(trials.error[best])]
    joined = not small and all(isinstance(trials.knobs[knob][at], int | float) for at in best)
    axes.plot(
        across[best],
        trials.error[best],
        color=SECOND,
        linestyle="-" if joined else "",
        marker="D",
        markersize=4 if small else 6,
        zorder=3.5,
    )
    shared.plain(axes)


def places(trials: Trials, knob: str, best: NDArray[np.intp]) -> Array:
    """`(n,)` places of the dots: those of a choice spread a little, always the same way, except its `best`."""
    across = shared.positions(trials, knob)
    if knob in trials.choices:
        aside = 0.36 * ((trials.number * 0.618034) % 1 - 0.5)
        aside[best] = 0.0
        across = across + aside
    return across


def best_of_each(trials: Trials, knob: str) -> NDArray[np.intp]:
    """The places of the complete trials with the lowest error for each value of `knob`, in the order of the values.

    Empty where few values repeat: then almost every trial would be the best of its value.
    """
    across, complete = shared.positions(trials, knob), trials.having("complete")
    values = np.unique(across[complete & np.isfinite(across)])
    if len(values) > FEW or (knob not in trials.choices and len(values) * 2 > complete.sum()):
        return np.array([], np.intp)
    ranked = np.argsort(np.where(complete, trials.error, np.inf), kind="stable")
    return np.array([next(at for at in ranked if across[at] == value) for value in values], np.intp)

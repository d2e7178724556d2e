"""All trials of a study over two of its knobs: where the good ones lie, and where training diverges."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator
from numpy.typing import NDArray

from experiments.plots.canvas import MUTED, SECOND, colour_bar_of
from experiments.problems import Array

WIDE = 8.0  # times: a knob that spans more is drawn on a log scale


def draw(
    knobs: tuple[str, str],
    settings: NDArray[np.float64],
    values: Array,
    *,
    value: str,
    marked: Sequence[tuple[int, str]] = (),
) -> Figure:
    """Each trial a dot at its two knobs, darker where `value` is lower; a cross where it has none.

    Args:
        knobs: names of the two, across and up.
        settings: `(n, 2)`, the knobs of each trial.
        values: `(n,)`, lower is better; NaN for a trial without a result (diverged, pruned, failed).
        value: what `values` are, for the colour bar.
        marked: trials by row, with the words to put beside them.
    """
    figure = Figure(figsize=(7, 4.6))
    axes = figure.add_axes((0.11, 0.12, 0.73, 0.75))
    done = np.isfinite(values)
    for axis, column in ((axes.xaxis, 0), (axes.yaxis, 1)):
        _scale(axes, "x" if axis is axes.xaxis else "y", settings[:, column])
    across, up = settings.T
    axes.scatter(across[~done], up[~done], marker="x", color=MUTED, linewidths=1.4, s=46)
    if done.any():
        shown = values[done]
        norm = LogNorm(shown.min(), shown.max()) if 0 < shown.min() < shown.max() else Normalize()
        dots = axes.scatter(
            across[done],
            up[done],
            c=shown,
            norm=norm,
            cmap="viridis",
            s=74,
            edgecolors="white",
            linewidths=0.8,
            zorder=3,
        )
        bar = colour_bar_of(axes, dots, value, LogLocator(subs=(1, 2, 3, 5)) if isinstance(norm, LogNorm) else None)
        bar.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        bar.yaxis.set_minor_locator(NullLocator())
    for row, words in marked:
        _mark(axes, settings[row], words, settings)
    axes.set(xlabel=knobs[0], ylabel=knobs[1])
    axes.set_title(f"{len(values)} trials over {knobs[0]} and {knobs[1]}", loc="left", pad=22)
    told = f"darker is a lower {value}" + ("" if done.all() else "; a cross diverged or was cut short")
    axes.text(0, 1.025, told, transform=axes.transAxes, color=MUTED)
    axes.grid(color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _scale(axes: Axes, which: str, settings: Array) -> None:
    """A log scale where the knob spans much, with plain numbers on it."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    if settings.size and settings.min() > 0 and settings.max() / settings.min() > WIDE:
        (axes.set_xscale if which == "x" else axes.set_yscale)("log")
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}" if x >= 1 else f"{x:g}"))


def _mark(axes: Axes, place: Array, words: str, settings: Array) -> None:
    """A ring around a trial, with its words on the side where there is room."""
    across, up = float(place[0]), float(place[1])
    axes.scatter([across], [up], s=190, facecolors="none", edgecolors=SECOND, linewidths=2, zorder=4)
    left = (settings[:, 0] < place[0]).mean() > 0.5
    high = (settings[:, 1] <= place[1]).mean() > 0.9
    axes.annotate(
        words,
        (across, up),
        xytext=(-12 if left else 12, -18 if high else 9),
        textcoords="offset points",
        ha="right" if left else "left",
        color="#222222",
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground="white")],
        zorder=5,
    )

"""All trials of a study over two of its knobs, coloured by error."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from knobwise.experiments.data.problem import Array
from knobwise.experiments.plots.canvas import MUTED, colour_bar_of
from knobwise.experiments.plots.study import trials as shared
from knobwise.experiments.plots.study.trials import Trials


def draw(trials: Trials, knobs: tuple[str, str]) -> Figure:
    """Each complete trial a dot at its two knobs, darker where its error is lower; a ring where it was cut short; a
    cross where it diverged.

    Args:
        trials: the study's.
        knobs: two of `trials.knobs`, both numbers: across and up.
    """
    figure = Figure(figsize=(7, 4.6))
    axes = figure.add_axes((0.11, 0.12, 0.73, 0.75))
    for which, knob in zip("xy", knobs, strict=True):
        shared.knob_axis(axes, which, trials, knob)
    across, up = (shared.positions(trials, knob) for knob in knobs)
    diverged, pruned, complete = (trials.having(status) for status in ("diverged", "pruned", "complete"))
    axes.scatter(across[diverged], up[diverged], marker="x", color=MUTED, linewidths=1.4, s=46)
    axes.scatter(across[pruned], up[pruned], facecolors="none", edgecolors=MUTED, linewidths=1.2, s=46)
    if complete.any():
        _dots(axes, across[complete], up[complete], trials.error[complete], trials.error_name)
    for row, words in trials.words.items():
        place = float(across[row]), float(up[row])
        shared.mark(axes, place, words, left=(across < place[0]).mean() > 0.5, high=(up <= place[1]).mean() > 0.9)
    shared.titled(
        axes,
        f"{len(trials.number)} trials over {knobs[0]} and {knobs[1]}",
        trials.key.replace("each dot a trial", f"darker is a lower {trials.error_name}").replace(
            ", at its last error", ""
        ),
    )
    shared.plain(axes)
    return figure


def _dots(axes: Axes, across: Array, up: Array, error: Array, name: str) -> None:
    """The complete trials, with a colour bar."""
    norm = LogNorm(error.min(), error.max()) if 0 < error.min() < error.max() else Normalize()
    dots = axes.scatter(
        across, up, c=error, norm=norm, cmap="viridis", s=74, edgecolors="white", linewidths=0.8, zorder=3
    )
    far = np.log10(error.max() / error.min()) > 2 if isinstance(norm, LogNorm) else False
    ticks = LogLocator(subs=(1,) if far else (1, 2, 3, 5)) if isinstance(norm, LogNorm) else None
    bar = colour_bar_of(axes, dots, name, ticks)
    bar.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    bar.yaxis.set_minor_locator(NullLocator())

"""Common parts of a study's figures: trials as columns, axes for knobs and errors, markers of trials."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Array
from knobwise.experiments.pareto import pareto_front
from knobwise.experiments.plots.canvas import MUTED, SECOND, TRUE

WIDE = 8.0  # times: numbers with a larger range are drawn on a log scale, whatever the space's scale
BAND = 0.06  # share of a panel's height, at its top, for trials without an error

LABELS = {
    "lr": "learning rate (lr)",
    "n_samples": "training samples (n_samples)",
    "dropout": "dropout (probability)",
    "batch_size": "samples in a step (batch_size; 0: all)",
    "layers": "hidden layers",
    "perceptrons": "perceptrons in hidden layers",
}
"""Axis labels of knobs; any other knob has its name."""


class Trials(NamedTuple):
    """A study's trials, one entry each in every column.

    Attributes:
        number: of each trial.
        status: `complete`, `pruned`, `diverged` or `failed`.
        error: `(n,)` by which trials are ranked, lower is better; NaN where there is none.
        knobs: by name, the value in each trial; None where the trial does not have it.
        choices: the values of categorical knobs, in order.
        log: knobs on a log scale in the space.
        words: labels of trials ("best", "baseline"), by their index in the columns.
        error_name: name of `error`, for axes.
    """

    number: NDArray[np.int64]
    status: Sequence[str]
    error: Array
    knobs: Mapping[str, Sequence[Any]]
    choices: Mapping[str, Sequence[Any]]
    log: frozenset[str]
    words: Mapping[int, str]
    error_name: str = "val MSE"

    def having(self, status: str) -> NDArray[np.bool_]:
        """`(n,)` which trials have this status; `complete` and `pruned` ones only with a finite error."""
        matches = np.array([each == status for each in self.status], bool)
        return matches & np.isfinite(self.error) if status in ("complete", "pruned") else matches

    @property
    def key(self) -> str:
        """The meaning of the markers in the figure."""
        meanings = {"pruned": "grey ring: cut short, at its last error", "diverged": "cross: diverged"}
        return "; ".join(
            ["each dot a trial", *(words for status, words in meanings.items() if self.having(status).any())]
        )


def positions(trials: Trials, knob: str) -> Array:
    """`(n,)` the place of each trial on a knob's axis; NaN where the trial does not have the knob.

    For a categorical knob: 0, 1, 2, ... in the order of its choices.
    """
    values, choices = trials.knobs[knob], trials.choices.get(knob)
    if choices is not None:
        return np.array([np.nan if value is None else list(choices).index(value) for value in values], float)
    return np.array([np.nan if value is None else value for value in values], float)


def knob_axis(axes: Axes, which: str, trials: Trials, knob: str, ticks: int = 9) -> None:
    """Scale, label and about `ticks` ticks for `knob` on the axis `which`: "x" or "y"."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    places, choices = positions(trials, knob), trials.choices.get(knob)
    axis.set_label_text(LABELS.get(knob, knob))
    if choices is not None:
        axis.set_ticks(range(len(choices)), [_text(choice) for choice in choices])
        (axes.set_xlim if which == "x" else axes.set_ylim)(-0.6, len(choices) - 0.4)
        return
    finite = places[np.isfinite(places)]
    if is_log(finite, knob in trials.log):
        log_axis(axes, which, finite, ticks)
        return
    whole = bool(finite.size) and np.array_equal(finite, np.round(finite))
    axis.set_major_locator(MaxNLocator(min(ticks, 6), integer=whole))
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))


def is_log(values: Array, asked: bool) -> bool:
    """Whether `values` belong on a log scale: all above 0, and `asked` for or with a large range."""
    return bool(values.size and values.min() > 0 and (asked or values.max() / values.min() > WIDE))


def log_axis(axes: Axes, which: str, values: Array, ticks: int = 9) -> None:
    """A log scale for `values`, all > 0, with plain numbers and at most `ticks` ticks."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    decades = float(np.log10(values.max() / values.min()))
    subs = next((each for each in ((1, 2, 5), (1, 3), (1,)) if len(each) * decades < ticks - 1), (1,))
    axis.set_major_locator(LogLocator(subs=subs, numticks=ticks))
    axis.set_minor_locator(NullLocator())  # their ticks would take as long to draw as everything else
    axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))


def error_axis(axes: Axes, trials: Trials) -> None:
    """The axis of errors, on a log scale where all are above 0, with a band for diverged trials at the top."""
    drawn = trials.error[trials.having("complete") | trials.having("pruned")]
    axes.set_ylabel(trials.error_name)
    if not drawn.size:
        axes.set_yticks([])
        return
    low, high = float(drawn.min()), float(drawn.max())
    room = BAND + 0.06 if trials.having("diverged").any() else 0.06
    if low > 0:
        log_axis(axes, "y", drawn)
        span = max(np.log10(high / low), 0.1)
        axes.set_ylim(low * 10 ** (-0.08 * span), high * 10 ** (span * room / (1 - room)))
    else:
        span = (high - low) or 1.0
        axes.set_ylim(low - 0.08 * span, high + span * room / (1 - room))


def draw_trials(axes: Axes, trials: Trials, across: Array, size: float = 42) -> None:
    """Every trial at its place `across` `(n,)` and its error: a dot; a ring if cut short; a cross if diverged."""
    complete, pruned, diverged = (trials.having(status) for status in ("complete", "pruned", "diverged"))
    axes.scatter(across[pruned], trials.error[pruned], size * 0.7, facecolors="none", edgecolors=MUTED, linewidths=0.9)
    axes.scatter(across[complete], trials.error[complete], size, TRUE, edgecolors="white", linewidths=0.7, zorder=3)
    on_top = axes.get_xaxis_transform()
    axes.scatter(
        across[diverged],
        np.full(int(diverged.sum()), 1 - BAND / 2),
        size * 0.7,
        marker="x",
        color=MUTED,
        linewidths=1.2,
        transform=on_top,
    )


def front(trials: Trials, cost: Array) -> NDArray[np.intp]:
    """The indices of the complete trials on the Pareto front of `cost` `(n,)` and error, cheapest first."""
    candidates = np.flatnonzero(trials.having("complete") & np.isfinite(cost))
    return candidates[pareto_front([(float(cost[at]), float(trials.error[at])) for at in candidates])]


def mark(axes: Axes, place: tuple[float, float], words: str, *, left: bool, high: bool = False) -> None:
    """A ring around a trial with its words: to the `left` or the right of it, below it where it is `high`."""
    axes.scatter([place[0]], [place[1]], s=150, facecolors="none", edgecolors=SECOND, linewidths=2, zorder=4)
    axes.annotate(
        words,
        place,
        xytext=(-11 if left else 11, -15 if high else 7),
        textcoords="offset points",
        ha="right" if left else "left",
        color="#222222",
        fontweight="bold",
        path_effects=[withStroke(linewidth=3, foreground="white")],
        zorder=5,
    )


def mark_named(axes: Axes, trials: Trials, across: Array) -> None:
    """Rings around the trials that have words and a place."""
    low, high = axes.get_xlim()
    middle = np.sqrt(low * high) if axes.get_xscale() == "log" else (low + high) / 2
    for at, words in trials.words.items():
        if np.isfinite(across[at]) and np.isfinite(trials.error[at]):
            mark(axes, (float(across[at]), float(trials.error[at])), words, left=bool(across[at] > middle))


def titled(axes: Axes, title: str, caption: str) -> None:
    """The figure's title, with a line below on how to read it."""
    axes.set_title(title, loc="left", pad=22)
    axes.text(0, 1.025, caption, transform=axes.transAxes, color=MUTED)


def plain(axes: Axes) -> None:
    """A pale grid, and no frame on the sides without an axis."""
    axes.grid(color="#e5e5e5", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _text(choice: Any) -> str:
    return f"{choice:,g}" if isinstance(choice, int | float) and not isinstance(choice, bool) else str(choice)

"""Training and validation loss by epoch, on a log scale."""

from functools import lru_cache

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Array
from knobwise.experiments.outcome import Curves
from knobwise.experiments.plots import RunView
from knobwise.experiments.plots.canvas import MUTED, SECOND, TRUE

HIGHEST = 1e3  # times the first loss: the upper limit of the axis, so that the rest of a diverging curve is readable


def applies(view: RunView) -> bool:
    """Whether there is a loss to draw."""
    return len(view.curves.epoch) > 0


def draw(view: RunView) -> Figure:
    """Both curves, each named with its last value; where the run diverged, a line and the words "diverged at epoch N".

    A log scale cannot show a loss of 0: such points are left out, with a note. The figure is reused: each run removes
    the lines of the previous one.
    """
    curves = view.curves
    figure = _figure()
    axes = figure.axes[0]
    for artist in [*axes.lines, *axes.texts]:
        artist.remove()
    lines = (("train", curves.epoch, curves.train_loss, TRUE), ("val", curves.val_epoch, curves.val_loss, SECOND))
    both = np.concatenate([curves.train_loss, curves.val_loss])
    _scale(axes, both[np.isfinite(both) & (both > 0)])  # first: matplotlib would choose limits beyond the largest float
    for place, (name, epoch, loss, colour) in enumerate(lines):
        _line(axes, name, epoch, loss, colour, place)
    diverged = _diverged_at(curves, view.predicted is None)
    if diverged is not None:
        axes.axvline(diverged, color=MUTED, linewidth=1, linestyle="--")
    axes.set_title("Loss by epoch" if diverged is None else f"Loss by epoch: diverged at epoch {diverged:,}", y=1.0)
    if (both == 0).any():
        axes.text(0.01, 0.02, "a loss of 0 is not drawn", transform=axes.transAxes, color=MUTED)
    last = max(int(curves.epoch[-1]), diverged or 0)
    axes.set_xlim(0, last * 1.02)
    for artist in (axes.title, axes.yaxis, *axes.lines, *axes.texts):
        artist.set_animated(True)
    figure.set_label(str(last))  # trials with the same number of epochs share the background
    return figure


@lru_cache(maxsize=1)
def _figure() -> Figure:
    """The part that is the same for every run. Labels have fixed places: computing them takes as long as drawing."""
    figure = Figure(figsize=(7, 4.2))
    axes = figure.add_axes((0.125, 0.125, 0.845, 0.79), xlabel="epoch")
    axes.xaxis.set_label_coords(0.5, -0.088)
    axes.yaxis.set_label_coords(-0.109, 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    axes.grid(axis="y", color="#dddddd", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _line(axes: Axes, name: str, epoch: NDArray[np.int64], loss: Array, colour: str, place: int) -> None:
    if not len(epoch):
        return
    shown = np.where(np.isfinite(loss) & (loss > 0), loss, np.nan)
    last = f"{loss[-1]:.3g}" if np.isfinite(loss[-1]) else "not finite"
    marker = "o" if np.isfinite(shown).sum() == 1 else ""  # a single point makes no line
    axes.plot(epoch, shown, color=colour, linewidth=1.8, marker=marker, label=name)
    # Instead of a legend, which takes as long to draw as an axis with all its numbers.
    height, words = 0.97 - 0.07 * place, f"{name}, last {last}"
    axes.text(0.99, height, words, transform=axes.transAxes, color=colour, ha="right", va="top", weight="bold")


def _scale(axes: Axes, drawable: Array) -> None:
    """A log scale for the losses `drawable`; a plain one where there are none."""
    if not drawable.size:
        axes.set(yscale="linear", ylim=(-0.055, 0.055), ylabel="loss")
        return
    lowest, highest, first = float(drawable.min()), float(drawable.max()), float(drawable[0])
    limits = max(lowest / 1.5, 1e-300), min(highest * 1.5, first * HIGHEST, 1e300)
    axes.set(yscale="log", ylim=limits, ylabel="loss (log scale)")
    decades = np.log10(limits[1] / limits[0])
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1, 2, 5) if decades < 2 else (1, 3) if decades < 4 else (1,), numticks=8)
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    axes.yaxis.set_minor_locator(NullLocator())  # their labels would take as long to draw as everything else


def _diverged_at(curves: Curves, no_model: bool) -> int | None:
    """The first epoch with a loss that is not finite; the last one where only the weights are not."""
    bad = [
        int(epoch[~np.isfinite(loss)][0])
        for epoch, loss in ((curves.epoch, curves.train_loss), (curves.val_epoch, curves.val_loss))
        if not np.isfinite(loss).all()
    ]
    return min(bad) if bad else int(curves.epoch[-1]) if no_model else None

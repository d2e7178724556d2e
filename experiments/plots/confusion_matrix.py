"""The confusion matrix: counts, and shares of each true class."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from knobwise.experiments.data.problem import Array
from knobwise.experiments.metrics import class_of
from knobwise.experiments.plots import RunView
from knobwise.experiments.plots.canvas import MUTED
from knobwise.experiments.plots.class_signs import short
from knobwise.experiments.text import scores_text

WITH_SHARES = 12  # classes; with more, a cell has room for its count only
WITH_COUNTS = 40  # classes; with more, for its colour only
LABELLED = 0.05  # with many classes, counts are written from this share of their row
CELL = 0.62  # inches; smaller where there are many
MOST = 7.2  # inches of the whole matrix


def applies(view: RunView) -> bool:
    """Whether the run has predicted classes."""
    return view.predicted is not None and bool(view.problem.classes)


def draw(view: RunView) -> Figure:
    """A row for each true class, a column for each predicted one; darker is a larger share of the row.

    Empty cells are blank; with many classes, also those with less than 5% of their row.
    """
    assert view.predicted is not None
    classes = view.problem.classes
    counts = matrix(class_of(view.test.y), class_of(view.predicted), len(classes))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [short(name) for name in classes]
    side = max(2.2, min(MOST, (1.0 if len(classes) < 4 else CELL) * len(classes)))
    askew = max(map(len, names)) * 0.085 * len(classes) > side
    left, below = 0.55 + 0.08 * max(map(len, names)), 0.55 + (0.055 * max(map(len, names)) if askew else 0.1)
    wide, high = max(left + side + 0.3, 4.9), below + side + 0.75
    figure = Figure(figsize=(wide, high))
    axes = figure.add_axes((left / wide, below / high, side / wide, side / high))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15, interpolation="nearest")  # 1.15: no cell is all dark
    ticks = np.arange(len(classes))
    size = "medium" if len(classes) <= WITH_SHARES else max(4.5, min(9.0, 50 * side / len(classes)))
    axes.set_xticks(ticks, names, fontsize=size)
    axes.set_yticks(ticks, names, fontsize=size)
    if askew:
        for words in axes.get_xticklabels():
            words.set(rotation=40, ha="right", rotation_mode="anchor")
    axes.tick_params(length=0)
    axes.set(xlabel="predicted", ylabel="true")
    _write(axes, counts, shares, 72 * side / len(classes))
    _rule(axes, len(classes))
    title = ": ".join(filter(None, ["Predicted classes", scores_text(view.metrics)]))
    figure.text(0.15 / wide, 1 - 0.3 / high, title, fontsize="large")
    note = f"{len(view.test.y):,} test samples; darker: a larger share of the true class"
    if WITH_SHARES < len(classes) <= WITH_COUNTS:
        note += "; counts from 5% of it"
    figure.text(0.15 / wide, 1 - 0.54 / high, note, fontsize="small", color=MUTED)
    return figure


def matrix(true: NDArray[np.intp], predicted: NDArray[np.intp], k: int) -> NDArray[np.intp]:
    """`(k, k)`: number of samples of class i that were predicted as class j.

    >>> matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    return np.bincount(true * k + predicted, minlength=k * k).reshape(k, k)


def _write(axes: Axes, counts: NDArray[np.intp], shares: Array, cell: float) -> None:
    """The text of the cells, each `cell` points wide."""
    k = len(counts)
    if k > WITH_COUNTS:
        return
    size = min(11.0, cell / 3.6) if k <= WITH_SHARES else min(9.0, cell / (0.7 * len(str(counts.max()))), cell / 1.5)
    for row, column in np.argwhere(counts if k <= WITH_SHARES else shares >= LABELLED):
        share = shares[row, column]
        words = f"{counts[row, column]:,}"
        if k <= WITH_SHARES:
            words += f"\n{100 * share:.0f}%" if 0.005 <= share < 0.995 or share == 1 else f"\n{100 * share:.1f}%"
        colour = "white" if share > 0.55 else "#222222"
        axes.text(column, row, words, ha="center", va="center", fontsize=size, color=colour, linespacing=1.25)


def _rule(axes: Axes, k: int) -> None:
    """Pale lines between the cells, where these are wide enough, and around them."""
    axes.spines[:].set_color("#c9d3df")
    if k <= WITH_COUNTS:
        at = np.arange(1, k) - 0.5
        axes.hlines(at, -0.5, k - 0.5, color="#e6ebf2", linewidth=0.8)
        axes.vlines(at, -0.5, k - 0.5, color="#e6ebf2", linewidth=0.8)

"""The prediction along each input, with the others fixed at a typical sample.

A slice shows the model at one point: with other values of the other inputs, it may look different. Slices of many
samples are the individual conditional expectation of Goldstein, Kapelner, Bleich and Pitkin (2015), "Peeking inside the
black box"; their mean is the partial dependence of Friedman (2001), "Greedy function approximation".
"""

from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, ScalarFormatter

from knobwise.experiments.data.problem import Array
from knobwise.experiments.plots import RunView, decision_regions, target_axis, true_vs_predicted
from knobwise.experiments.plots.canvas import MUTED, SECOND, TRUE
from knobwise.experiments.plots.class_signs import COLOURS, colour, short
from knobwise.experiments.plots.slicing import FEW, Slice, slices
from knobwise.experiments.text import scores_text

SHOWN = 9  # inputs, those with the largest effect on the prediction
ACROSS = 3  # panels in a row
WIDE, HIGH = 3.0, 2.25  # inches of a panel with its labels
LEFT, TOP = 0.75, 0.84  # inches for the numbers of the first column, and for the title
MOST_INPUTS = 1000  # with more, predicting would take longer than drawing
MOST_CLASSES = 5  # lines in a panel
MOST_POINTS = 2000
TICKS = 40  # of the rug, at quantiles of the data


def applies(view: RunView) -> bool:
    """Whether there is a model, and no figure of two inputs that shows all of it."""
    whole = true_vs_predicted.applies(view) or decision_regions.applies(view)
    return (
        view.predict is not None
        and view.predicted is not None
        and bool(np.isfinite(view.predicted).any())
        and len(view.problem.inputs) <= MOST_INPUTS
        and not whole
    )


def draw(view: RunView) -> Figure:
    """A panel for each input, at most nine, on one scale; for a single input, its curve with the test points.

    With several outputs the first is drawn; with two classes the probability of the second; with more, those of the
    five that change most.
    """
    assert view.predict is not None
    ranked = slices(view.predict, view.test.X, view.problem.inputs)
    lines = _lines(view, ranked)
    return _curve(view, lines) if len(view.problem.inputs) == 1 else _panels(view, ranked, lines)


def _lines(view: RunView, ranked: list[Slice]) -> list[int]:
    """Which outputs are drawn."""
    outputs = len(view.problem.outputs)
    if not view.problem.classes or outputs == 1:
        return [0]
    most = np.max([each.ranges for each in ranked[:SHOWN]], axis=0)
    return sorted(np.argsort(-most, kind="stable")[:MOST_CLASSES].tolist())


def _curve(view: RunView, lines: list[int]) -> Figure:
    """The prediction over the only input, with the test points."""
    figure = Figure(figsize=(7, 4.6))
    axes = figure.add_axes((0.115, 0.125, 0.855, 0.765))
    every = -(-len(view.test.X) // MOST_POINTS)
    x, y = view.test.X[::every, 0], target_axis.shown(view.problem, view.test.y[::every])
    assert view.predict is not None
    along = np.linspace(float(view.test.X.min()), float(view.test.X.max()), 400)
    predicted = target_axis.shown(view.problem, view.predict(along[:, None]))
    for place, line in enumerate(lines):
        shade = _shade(view, lines, place) if len(lines) > 1 else SECOND
        points = y[:, line]
        axes.scatter(x, points, 14, MUTED if len(lines) == 1 else shade, alpha=0.45, linewidths=0, zorder=2)
        axes.plot(
            along, predicted[:, line], color=shade, linewidth=2.2, zorder=3, label=short(view.problem.outputs[line], 24)
        )
    _value_axis(axes, view, [y[:, lines], predicted[:, lines]])
    axes.set(xlabel=view.problem.inputs[0], ylabel=_label(view))
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    if len(lines) > 1:
        axes.legend(frameon=False, title=view.problem.target)
    title = ": ".join(filter(None, ["Predicted, over the test points", scores_text(view.metrics)]))
    axes.set_title(title)
    return figure


def _panels(view: RunView, ranked: list[Slice], lines: list[int]) -> Figure:
    """The figure is reused by problems with the same number of inputs: each run removes the lines of the previous."""
    shown = ranked[:SHOWN]
    figure = _figure(len(shown))
    shades = [_shade(view, lines, place) for place in range(len(lines))]
    values = [target_axis.shown(view.problem, each.predicted[:, lines]) for each in shown]
    for number, (axes, slice_, values_shown) in enumerate(zip(figure.axes, shown, values, strict=True)):
        for line in list(axes.lines):
            line.remove()
        _panel(axes, slice_, values_shown, shades)
        _value_axis(axes, view, values)
        axes.set_ylabel("" if number % ACROSS else _label(view))
    _heading(figure, view, len(ranked), lines)
    return figure


@lru_cache(maxsize=2)
def _figure(panels: int) -> Figure:
    """Empty axes in rows; only the leftmost have numbers."""
    columns = min(ACROSS, panels)
    rows = -(-panels // columns)
    width, height = max(columns * WIDE + LEFT, 6.6), rows * HIGH + TOP
    figure = Figure(figsize=(width, height))
    for at in range(panels):
        column, row = at % columns, at // columns
        left, bottom = LEFT + column * WIDE, height - TOP - (row + 1) * HIGH + 0.52
        axes = figure.add_axes((left / width, bottom / height, (WIDE - 0.25) / width, (HIGH - 0.62) / height))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
        if column:
            axes.tick_params("y", labelleft=False)
    return figure


def _shade(view: RunView, lines: list[int], place: int) -> str:
    """The colour of a line: that of its class, where there are no more classes than colours."""
    if len(lines) == 1:
        return TRUE
    return colour(lines[place] if len(view.problem.classes) <= len(COLOURS) else place)


def _panel(axes: Axes, slice_: Slice, predicted: Array, shades: list[str]) -> None:
    """The line, or dots for categories; the point common to all slices; the distribution of the data."""
    style: dict[str, Any] = {
        "linestyle": "none" if slice_.categories else "-",
        "marker": "o" if len(slice_.values) <= FEW else "",
    }
    for place, shade in enumerate(shades):
        axes.plot(slice_.values, predicted[:, place], color=shade, linewidth=1.8, markersize=5, **style)
    if np.isfinite(slice_.at):
        axes.axvline(slice_.at, color=MUTED, linewidth=0.9, linestyle=":", zorder=1)
    low, high = float(slice_.values[0]), float(slice_.values[-1])
    margin = 0.5 if slice_.categories else 0.04 * (high - low) or 1.0
    axes.set_xlim(low - margin, high + margin)
    axes.set_xlabel(short(slice_.name, 32), labelpad=2)
    if slice_.categories:
        _name_categories(axes, [short(each, 10) for each in slice_.categories])
        return
    few = len(slice_.values) <= FEW - 3
    axes.xaxis.set_major_locator(
        FixedLocator(slice_.values.tolist()) if few else MaxNLocator(4, steps=[1, 2, 2.5, 5, 10])
    )
    axes.xaxis.set_major_formatter(ScalarFormatter())
    _write_ticks(axes)
    rug = np.quantile(slice_.data, np.linspace(0, 1, TICKS))
    height = axes.get_xaxis_transform()
    marks = axes.plot(rug, np.zeros(TICKS), "|", markersize=7, color=MUTED, alpha=0.6, transform=height)
    marks[0].set_clip_on(True)


def _name_categories(axes: Axes, names: list[str]) -> None:
    axes.xaxis.set_major_locator(FixedLocator(list(range(len(names)))))
    axes.xaxis.set_major_formatter(FixedFormatter(names))
    if sum(map(len, names)) > 26:  # letters that fit side by side
        _write_ticks(axes, rotation=25, ha="right", rotation_mode="anchor", fontsize="x-small")
    else:
        _write_ticks(axes, fontsize="small")


def _write_ticks(axes: Axes, **style: Any) -> None:
    """The tick labels in this style, whatever style the previous run gave them."""
    plain = {"rotation": 0, "ha": "center", "rotation_mode": "default", "fontsize": "medium"}
    for words in axes.get_xticklabels():
        words.set(**plain | style)


def _value_axis(axes: Axes, view: RunView, values: list[Array]) -> None:
    if view.problem.classes:
        axes.set(yscale="linear", ylim=(-0.05, 1.05), yticks=[0, 0.25, 0.5, 0.75, 1])
    else:
        target_axis.scale(axes, "y", view.problem, target_axis.limits(view.problem, *values))


def _label(view: RunView) -> str:
    if not view.problem.classes:
        return target_axis.named(view.problem, short(view.problem.outputs[0], 26))
    return f"P({short(view.problem.classes[1], 18)})" if len(view.problem.classes) == 2 else "probability"


def _heading(figure: Figure, view: RunView, inputs: int, lines: list[int]) -> None:
    for words in list(figure.texts):
        words.remove()
    for legend in list(figure.legends):
        legend.remove()
    width, height = figure.get_size_inches()
    names = view.problem.outputs
    many = f", the {SHOWN} of {inputs} that change it most" if inputs > SHOWN else ""
    first = f" of {names[0]}, first of {len(names)} outputs," if len(names) > 1 and not view.problem.classes else ""
    figure.text(LEFT / width, 1 - 0.28 / height, f"Prediction{first} along each input{many}", fontsize="large")
    note = "the others fixed at the dotted lines: the test point nearest to the medians; ticks: where the data are"
    figure.text(LEFT / width, 1 - 0.52 / height, note, color=MUTED, fontsize="small")
    if len(lines) > 1:
        shades = [_shade(view, lines, place) for place in range(len(lines))]
        keys = [
            Line2D([], [], color=shade, linewidth=2.2, label=short(names[line]))
            for line, shade in zip(lines, shades, strict=True)
        ]
        rest = "" if len(lines) == len(names) else f"({len(lines)} of {len(names)} classes)"
        keys += [Line2D([], [], linestyle="none", label=rest)] if rest else []
        place = ((LEFT - 0.1) / width, 1 - 0.56 / height)
        figure.legend(
            handles=keys, loc="upper left", bbox_to_anchor=place, ncols=len(keys), frameon=False, fontsize="small",
            borderpad=0.2, columnspacing=1.4, handlelength=1.4,
        )  # fmt: skip

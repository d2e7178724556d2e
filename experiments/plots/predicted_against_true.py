"""Predicted over true values, for problems that are not a surface."""

from matplotlib.figure import Figure

from knobwise.experiments.plots import RunView, target_axis, true_vs_predicted
from knobwise.experiments.plots.canvas import MUTED, TRUE
from knobwise.experiments.text import scores_text

MOST_POINTS = 2000  # a panel; more would cover each other
MOST_OUTPUTS = 4


def applies(view: RunView) -> bool:
    """Whether the run has predicted numbers, and no surface."""
    return view.predicted is not None and not view.problem.classes and not true_vs_predicted.applies(view)


def draw(view: RunView) -> Figure:
    """A panel for each output (the first four): predicted over true, with the line where the two are equal.

    Both axes are logarithmic where the network learns the target's logarithm.
    """
    assert view.predicted is not None
    problem = view.problem
    outputs = problem.outputs[:MOST_OUTPUTS]
    every = -(-len(view.test.y) // MOST_POINTS)
    figure = Figure(figsize=(0.5 + 4.3 * len(outputs), 4.7))
    wide = figure.get_figwidth()
    for panel, name in enumerate(outputs):
        true, predicted = (target_axis.shown(problem, each[::every, panel]) for each in (view.test.y, view.predicted))
        axes = figure.add_axes(((0.8 + 4.3 * panel) / wide, 0.13, 3.6 / wide, 0.77), aspect="equal", adjustable="box")
        ends = target_axis.limits(problem, true, predicted)
        axes.plot(ends, ends, color=MUTED, linewidth=1, zorder=1)
        axes.scatter(true, predicted, 12, TRUE, alpha=0.5, linewidths=0, zorder=2)
        target_axis.scale(axes, "x", problem, ends)
        target_axis.scale(axes, "y", problem, ends)
        label = target_axis.named(problem, name)
        axes.set(xlabel=f"true {label}", ylabel=f"predicted {label}", title=_title(view, panel, name))
    return figure


def _title(view: RunView, panel: int, name: str) -> str:
    total = len(view.problem.outputs)
    if total > 1:
        return f"{name} ({panel + 1} of {total} outputs)"
    return ": ".join(filter(None, ["Predicted against true", scores_text(view.metrics)]))

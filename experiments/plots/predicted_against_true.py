"""Predicted against true, for problems that are not a surface: on the line is right."""

import numpy as np
from matplotlib.figure import Figure

from experiments.metrics import scores_text
from experiments.plots import RunView, true_vs_predicted
from experiments.plots.canvas import MUTED, TRUE

MOST_POINTS = 2000  # a panel; more only blacken it
MOST_OUTPUTS = 4


def applies(view: RunView) -> bool:
    """Whether the run has predicted something, and no surface."""
    return view.predicted is not None and not true_vs_predicted.applies(view)


def draw(view: RunView) -> Figure:
    """A panel for each output (the first four): predicted over true, with the line where the two are equal."""
    assert view.predicted is not None
    outputs = view.problem.outputs[:MOST_OUTPUTS]
    every = -(-len(view.test.y) // MOST_POINTS)
    figure = Figure(figsize=(0.5 + 4.3 * len(outputs), 4.7))
    wide = figure.get_figwidth()
    for panel, name in enumerate(outputs):
        true, predicted = view.test.y[::every, panel], view.predicted[::every, panel]
        finite = true[np.isfinite(true)], predicted[np.isfinite(predicted)]
        ends = min(part.min() for part in finite if part.size), max(part.max() for part in finite if part.size)
        axes = figure.add_axes(((0.8 + 4.3 * panel) / wide, 0.13, 3.6 / wide, 0.77), aspect="equal", adjustable="box")
        axes.axline((ends[0], ends[0]), slope=1, color=MUTED, linewidth=1, zorder=1)
        axes.scatter(true, predicted, 12, TRUE, alpha=0.5, linewidths=0, zorder=2)
        margin = 0.04 * (ends[1] - ends[0]) or 1.0
        axes.set(xlim=(ends[0] - margin, ends[1] + margin), ylim=(ends[0] - margin, ends[1] + margin))
        axes.set(xlabel=f"true {name}", ylabel=f"predicted {name}", title=_title(view, panel, name))
        axes.locator_params(nbins=5)
    return figure


def _title(view: RunView, panel: int, name: str) -> str:
    total = len(view.problem.outputs)
    if total > 1:
        return f"{name} ({panel + 1} of {total} outputs)"
    return ": ".join(filter(None, ["Predicted against true", scores_text(view.metrics)]))

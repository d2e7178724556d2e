"""Cost against accuracy: what each trial's error took in training, and which trials no other beats in both."""

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.report.charts import Frame, Size, dots, figure, line, special
from knobwise.experiments.report.facts import Facts, Missing
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.report.ramp import ramp
from knobwise.experiments.report.scales import scale_of
from knobwise.experiments.text import counted, seconds

TITLE = "Cost against accuracy"
NEAR = 1.1  # times the lowest error: as good, at a lower cost

Array = NDArray[np.float64]


def content(facts: Facts) -> Markup:
    """A chart with the front of the trials that are both cheap and good.

    Raises:
        Missing: no trial has both a time and an error.
    """
    costs, errors = facts.column("train_seconds"), facts.errors_of_complete
    rows = np.flatnonzero(np.isfinite(costs) & np.isfinite(errors) & (costs > 0))
    if not rows.size:
        raise Missing("No complete trial says how long it trained.")
    front = pareto(costs[rows], errors[rows])
    chosen = rows[front]
    return figure(
        lambda size: _draw(size, facts, rows, chosen),
        f"Val MSE against seconds of training for {counted(len(rows), 'trial')}; "
        f"{counted(len(chosen), 'trial')} of them are beaten by no other in both.",
        _caption(facts, costs, errors, chosen),
    )


def pareto(costs: Array, errors: Array) -> NDArray[np.int64]:
    """The trials that no other is both cheaper and better than, cheapest first.

    >>> pareto(np.array([1.0, 2.0, 3.0, 4.0]), np.array([9.0, 5.0, 6.0, 1.0])).tolist()
    [0, 1, 3]
    """
    order = np.lexsort((errors, costs))
    lowest = np.minimum.accumulate(errors[order])
    better = np.r_[True, lowest[1:] < lowest[:-1]]
    return np.asarray(order[better], np.int64)


def _draw(size: Size, facts: Facts, rows: NDArray[np.int64], front: NDArray[np.int64]) -> Markup:
    costs, errors = facts.column("train_seconds"), facts.errors_of_complete
    frame = Frame(size=size, x=scale_of(costs[rows]), y=scale_of(errors[rows]))
    places = frame.places(costs, errors)
    corners = np.repeat(places[front], 2, axis=0)
    steps = np.column_stack([corners[1:, 0], corners[:-1, 1]])  # level until the next trial that is better
    small = len(rows) <= 300
    titles = facts.described() if small else []
    back = rows[np.argsort(-errors[rows], kind="stable")]
    parts = [
        frame.axes("seconds of training", "val MSE"),
        tag("path", d=line(steps), class_="front"),
        dots(
            places[back],
            ramp(errors).classes(errors[back]),
            4.2 if small else 2.6,
            [f"{titles[row]}, {seconds(float(costs[row]))}" for row in back] if small else [],
        ),
    ]
    best, baseline = facts.best, facts.baseline
    if baseline is not None and baseline.number != best.number and baseline.row in rows:
        parts.append(special(places[baseline.row], "baseline", "baseline", frame))
    if best.row in rows:
        parts.append(special(places[best.row], "best", "best", frame))
    return join(parts)


def _caption(facts: Facts, costs: Array, errors: Array, front: NDArray[np.int64]) -> str:
    """What a little less accuracy would save."""
    best = facts.best
    text = "The line joins the trials that no other beats in both. "
    enough = [int(row) for row in front if errors[row] <= NEAR * errors[front].min() and row != best.row]
    if enough and costs[enough[0]] < 0.8 * best.seconds:
        row = enough[0]
        number = int(facts.runs["trial"].iloc[row])
        text += (
            f"Trial {number} comes within 10% of the lowest error in {seconds(float(costs[row]))} "
            f"instead of {seconds(best.seconds)}. "
        )
    if np.isfinite(facts.training_seconds):
        text += f"All trials together trained for {seconds(facts.training_seconds)}."
    return text.strip()

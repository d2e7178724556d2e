"""Slices: the error against each knob alone, whatever the others were."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.report.charts import HALF_NARROW, HALF_WIDE, Frame, Size, crosses, dots, figure, special
from knobwise.experiments.report.facts import Facts, Missing
from knobwise.experiments.report.knobs import Knob
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.report.scales import Scale, scale_of
from knobwise.experiments.text import typeset

TITLE = "Each knob alone"
MOST = 10
ALL_OVER = 0.75  # of a knob's range
SIZES = (HALF_WIDE, HALF_NARROW)
JITTER = 0.28  # of the room of a choice, so that trials with the same one do not hide each other

Array = NDArray[np.float64]


def content(facts: Facts) -> Markup:
    """A small chart for each knob.

    Raises:
        Missing: no knob was turned, or no trial is complete.
    """
    if not facts.knobs:
        raise Missing("All trials had the same setting, so there is no knob to show.")
    if not facts.order:
        raise Missing("No trial is complete, so there is no error to show.")
    drawn = [
        figure(partial(_draw, facts, knob), _alt(facts, knob), _caption(facts, knob), SIZES)
        for knob in facts.knobs[:MOST]
    ]
    note = "Every trial’s val MSE against one knob; the other knobs differ from dot to dot."
    if np.isin(facts.status, ("diverged", "failed")).any():
        note += " A cross at the top is a trial that diverged or failed."
    return join([tag("p", note), tag("div", *drawn, class_="slices")])


def _draw(facts: Facts, knob: Knob, size: Size) -> Markup:
    errors = facts.errors_of_complete
    done, known = np.isfinite(errors), np.isfinite(knob.settings)
    across = Scale(-0.5, len(knob.choices) - 0.5) if knob.choices else scale_of(knob.settings, log=knob.log)
    up = scale_of(errors, margin=0.08)
    frame = Frame(size=size, x=across, y=up)
    places = frame.places(knob.settings, np.where(done, errors, up.high))
    places[:, 0] += _spread(len(errors)) * (
        frame.width / len(knob.choices) if knob.choices else 22.0 * bool(knob.levels)
    )
    dense = len(errors) > 300
    ticks = [] if knob.choices else knob.levels or None
    parts = [frame.axes(knob.name, "val MSE", ticks), _names(frame, knob)]
    lost = known & np.isin(facts.status, ("diverged", "failed"))
    parts.append(crosses(places[lost] + [0.0, 5.0], 3.0))
    rows = done & known
    parts.append(dots(places[rows], ["plain faint" if dense else "plain"] * int(rows.sum()), 2.4 if dense else 3.4))
    best, baseline = facts.best, facts.baseline
    if baseline is not None and baseline.number != best.number and rows[baseline.row]:
        parts.append(special(places[baseline.row], "baseline", "baseline", frame))
    if rows[best.row]:
        parts.append(special(places[best.row], "best", "best", frame, below=True))
    return join(parts)


def _names(frame: Frame, knob: Knob) -> Markup:
    """The choices below their columns; every second one lower where they would touch."""
    room = frame.width / max(1, len(knob.choices))
    most = max(4, int(room / 6.5))
    return join(
        tag(
            "text",
            choice if len(choice) <= most else choice[: most - 1] + "…",
            x=frame.left + room * (at + 0.5),
            y=frame.top + frame.height + 17,
            class_="tick",
            text_anchor="middle",
        )
        for at, choice in enumerate(knob.choices)
    )


def _spread(n: int) -> Array:
    """Offsets that look random and are the same each time: multiples of the golden ratio."""
    return np.asarray(JITTER * (2 * (np.arange(n) * 0.618034 % 1) - 1))


def _caption(facts: Facts, knob: Knob) -> Markup:
    """Where the best tenth lies."""
    order = facts.order
    top = order[: max(3, len(order) // 10)]
    of = f"the best {len(top)}"
    if len(order) < 6:
        return join([tag("b", knob.name), f": the best had {facts.value(knob, facts.best.row)}."])
    if knob.choices:
        had = sorted({facts.value(knob, row) for row in top})
        return join([tag("b", knob.name), f": {of} had {', '.join(had)}."])
    low, high = float(np.nanmin(knob.settings[top])), float(np.nanmax(knob.settings[top]))
    share = float(np.diff(scale_of(knob.settings, log=knob.log, margin=0.0).at([low, high]))[0])
    ends = [typeset(int(value) if value.is_integer() else value) for value in (low, high)]
    where = (
        "lie all over it" if share > ALL_OVER else f"had {ends[0]}" if low == high else f"had {ends[0]} to {ends[1]}"
    )
    return join([tag("b", knob.name), f": {of} {where}."])


def _alt(facts: Facts, knob: Knob) -> str:
    best = facts.best
    return (
        f"Val MSE of every trial against {knob.name}; the best, trial {best.number}, has {typeset(best.val_mse)} "
        f"at {knob.name} {facts.value(knob, best.row)}."
    )

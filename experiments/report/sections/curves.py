"""The loss curves of all trials, coloured by how they ended."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.record import names
from knobwise.experiments.report.charts import Frame, Size, figure, line
from knobwise.experiments.report.facts import Facts, Missing
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.report.ramp import BANDS, Ramp, ramp
from knobwise.experiments.report.scales import scale_of
from knobwise.experiments.text import counted

TITLE = "Loss curves"
POINTS = 3000  # on a narrow page; there is no room to see more, and the file stays small
LEARNT = 3.0  # loss on standardised targets, where always guessing their mean has about 1

Array = NDArray[np.float64]


class _Curve(NamedTuple):
    """The loss curve of a trial.

    Attributes:
        row: of the trial in `Facts.runs`.
        epochs: rising.
        losses: of the validation part, > 0.
    """

    row: int
    epochs: Array
    losses: Array


def content(facts: Facts) -> Markup:
    """Every trial's validation loss by epoch; the best and the baseline on top.

    Raises:
        Missing: no curve is in the record.
    """
    curves = _curves(facts)
    if not curves:
        raise Missing("No trial has a validation curve in the record.")
    colours = ramp(facts.errors_of_complete)
    caption = "Validation loss (on standardised targets) by epoch, both on log scales; best and baseline on top."
    status = set(facts.status)
    caption += " Dashed: trials that were cut short." if "pruned" in status else ""
    caption += " Those that diverged leave the chart at its top." if "diverged" in status else ""
    return join(
        [
            colours.legend("val MSE at the end") if facts.order else None,
            figure(
                lambda size: _draw(size, facts, curves, colours),
                f"Validation loss by epoch of {counted(len(curves), 'trial')}, darker where the final error is lower.",
                caption,
            ),
        ]
    )


def _curves(facts: Facts) -> list[_Curve]:
    table = facts.curves[facts.curves["metric"] == names.VAL_LOSS]
    rows = {run_id: row for row, run_id in enumerate(facts.runs["run_id"])}
    rows_of_points = table["run_id"].map(rows).to_numpy(np.int64)
    epochs, losses = table["epoch"].to_numpy(np.float64), table["value"].to_numpy(np.float64)
    good = np.isfinite(losses) & (losses > 0) & (epochs > 0)
    rows_of_points, epochs, losses = rows_of_points[good], epochs[good], losses[good]
    if not rows_of_points.size:
        return []
    starts = np.flatnonzero(np.r_[True, rows_of_points[1:] != rows_of_points[:-1]])
    ends = np.r_[starts[1:], rows_of_points.size]
    return [_Curve(int(rows_of_points[i]), epochs[i:j], losses[i:j]) for i, j in zip(starts, ends, strict=True)]


def _draw(size: Size, facts: Facts, curves: list[_Curve], colours: Ramp) -> Markup:
    frame = _frame(size, curves)
    most = max(10, POINTS * (1 if size.shown == "narrow" else 2) // len(curves))
    errors = facts.errors_of_complete
    order = ["other", *(f"r{band}" for band in reversed(range(BANDS)))]  # the best last, on top
    data: dict[str, list[str]] = {name: [] for name in order}
    for curve in curves:
        [name] = colours.classes(errors[[curve.row]])
        data["other" if name == "none" else name].append(_path(frame, curve, most))
    dense = " dense" if len(curves) > 60 else ""
    clip = f"frame-{size.shown}"
    within = f"url(#{clip})"
    parts = [
        tag("path", d="".join(paths), class_=f"curve {name}{dense}", clip_path=within)
        for name, paths in data.items()
        if paths
    ]
    by_row = {curve.row: curve for curve in curves}
    best = facts.trial(facts.order[0]) if facts.order else None
    for kind, trial in (("baseline", facts.baseline), ("best", facts.best if best else None)):
        if trial is not None and trial.row in by_row:
            parts.append(_named(frame, by_row[trial.row], kind, within))
    area = tag("rect", x=frame.left, y=frame.top, width=frame.width, height=frame.height)
    return join([tag("clipPath", area, id=clip), frame.axes("epoch", "validation loss"), *parts])


def _path(frame: Frame, curve: _Curve, most: int) -> str:
    """At most `most` points, evenly spaced on the log scale, the last always among them."""
    if len(curve.epochs) > most:
        wanted = np.geomspace(curve.epochs[0], curve.epochs[-1], most)
        kept = np.unique(np.searchsorted(curve.epochs, wanted).clip(max=len(curve.epochs) - 1))
        curve = _Curve(curve.row, curve.epochs[kept], curve.losses[kept])
    return line(frame.places(curve.epochs, curve.losses))


def _named(frame: Frame, curve: _Curve, kind: str, clip: str) -> Markup:
    """A curve on top of the others, with its name beside its end: below, where a falling curve leaves room."""
    x, y = frame.places(curve.epochs[-1:], curve.losses[-1:])[0]
    d = _path(frame, curve, 200)
    return join(
        [
            tag("path", d=d, class_="curve on-top halo", clip_path=clip),
            tag("path", d=d, class_=f"curve on-top {kind}", clip_path=clip),
            tag("text", kind, x=float(x) - 12, y=float(y) + 7, class_=f"name {kind}", text_anchor="end"),
        ]
    )


def _frame(size: Size, curves: list[_Curve]) -> Frame:
    """The scales: losses from the lowest up to what a fit that has learnt something has; epochs from when one had it.

    In the first epochs plain gradient descent leaps to losses ten thousand times as large, which no curve is about.
    """
    lowest = min(float(curve.losses.min()) for curve in curves)
    last = np.array([curve.losses[-1] for curve in curves])
    top = max(LEARNT, 5 * float(np.median(last)))
    top = min(top, max(float(curve.losses.max()) for curve in curves))
    begun = [curve.epochs[np.argmax(curve.losses <= top)] for curve in curves if (curve.losses <= top).any()]
    first = float(np.median(begun)) / 3 if begun else 1.0
    end = max(float(curve.epochs[-1]) for curve in curves)
    x = scale_of([min(max(first, 1.0), end / 3), end], log=True, margin=0.02)
    return Frame(size=size, x=x, y=scale_of([lowest, max(top, 2 * lowest)], log=True, margin=0.04))

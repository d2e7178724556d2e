"""The error over two knobs: a contour map with every trial on it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.report.charts import Frame, Size, crosses, dots, figure, special
from knobwise.experiments.report.facts import Facts, Missing
from knobwise.experiments.report.knobs import Knob
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.report.ramp import Ramp, ramp
from knobwise.experiments.report.scales import Scale, scale_of
from knobwise.experiments.report.surface import filled, known, region, through
from knobwise.experiments.text import counted, listed, typeset

TITLE = "The map"
ACROSS, UP = np.linspace(0, 1, 90), np.linspace(0, 1, 60)  # the grid that contours are worked out on
POINTED = 300  # trials: with more, the words on each dot would make the file heavy
SMOOTH, ROUGH = 1e-3, 0.1  # smoothing where only the two knobs differ, and where others make neighbours unlike
FEWEST = 8  # complete trials that a contour is drawn through

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class _Trials(NamedTuple):
    """The trials of a map.

    Attributes:
        x, y: the knob across and the knob up.
        errors: of the trials, `(n,)`; NaN where one has none.
        ramp: the colours of the errors.
        lost: which trials diverged or failed, `(n,)`.
        others: the names of the other knobs that differ.
    """

    x: Knob
    y: Knob
    errors: Array
    ramp: Ramp
    lost: Mask
    others: list[str]


class _Surface(NamedTuple):
    """The surface through the errors, on a grid.

    Attributes:
        z: the error or its logarithm.
        inside: how far within the trials each place is.
        edges: of the colours' bands.
    """

    z: Array
    inside: Array
    edges: Array


def content(facts: Facts) -> Markup:
    """The contours of the error where there are trials enough, and a dot for each of them, a cross where it has none.

    Raises:
        Missing: fewer than two numbers were turned, or no trial is complete.
    """
    numbers = [knob for knob in facts.knobs if not knob.choices]
    if len(numbers) < 2:
        raise Missing(
            "A map needs two knobs that are numbers; this study turned " + counted(len(numbers), "such knob") + "."
        )
    errors = facts.errors_of_complete
    if not np.isfinite(errors).any():
        raise Missing("No trial is complete, so there is no error to map.")
    x, y = _axes(numbers)
    lost = np.isin(facts.status, ("diverged", "failed"))
    others = [knob.name for knob in facts.knobs if knob.name not in (x.name, y.name)]
    trials = _Trials(x, y, errors, ramp(errors), lost, others)
    scales = scale_of(x.settings, log=x.log), scale_of(y.settings, log=y.log)
    surface = _surface(trials, *scales)

    def draw(size: Size) -> Markup:
        return _draw(Frame(size=size, x=scales[0], y=scales[1]), facts, trials, surface)

    return join(
        [
            trials.ramp.legend("val MSE"),
            figure(draw, _alt(facts, trials), _caption(trials, surface is not None)),
        ]
    )


def _axes(numbers: list[Knob]) -> tuple[Knob, Knob]:
    """The first two knobs in question; learning rate and epochs where both were turned and nothing else was asked."""
    by_name = {knob.name: knob for knob in numbers}
    if {"lr", "epochs"} <= by_name.keys() and {knob.name for knob in numbers[:2]} != {"lr", "epochs"}:
        return by_name["lr"], by_name["epochs"]
    return numbers[0], numbers[1]


def _draw(frame: Frame, facts: Facts, trials: _Trials, surface: _Surface | None) -> Markup:
    x, y, errors = trials.x, trials.y, trials.errors
    places = frame.places(x.settings, y.settings)
    done = np.isfinite(errors)
    there: Mask = np.asarray(np.isfinite(places).all(axis=1))
    short = there & ~done & ~trials.lost
    small = 4.5 if len(places) <= POINTED else 3.0
    titles = facts.described() if len(places) <= POINTED else []
    parts = [
        _contours(frame, surface) if surface else Markup(),
        frame.axes(x.name, y.name),
        crosses(places[there & trials.lost], small - 0.5),
        dots(places[short], ["short"] * int(short.sum()), small - 1.5),
    ]
    rows = [row for row in reversed(facts.order) if there[row]]  # the best last, on top
    classes = trials.ramp.classes(errors[rows])
    if len(places) > POINTED:
        classes = [f"{name} fine" for name in classes]
    parts.append(dots(places[rows], classes, small, [titles[row] for row in rows] if titles else []))
    best, baseline = facts.best, facts.baseline
    if baseline is not None and baseline.number != best.number and there[baseline.row]:
        near = bool(np.abs(places[best.row] - places[baseline.row]) @ [0.3, 1.0] < 40) if there[best.row] else False
        lower = bool(places[baseline.row][1] >= places[best.row][1])
        parts.append(special(places[baseline.row], "baseline", "baseline", frame, below=near and lower))
    if there[best.row]:
        name = "best" if baseline is None or baseline.number != best.number else "the baseline is best"
        parts.append(special(places[best.row], "best", name, frame))
    return join(parts)


def _surface(trials: _Trials, x: Scale, y: Scale) -> _Surface | None:
    """Interpolated in the logarithm of the error, on the scales that are drawn; None where there are too few trials."""
    shares = np.column_stack([x.at(trials.x.settings), y.at(trials.y.settings)])
    there = np.asarray(np.isfinite(shares).all(axis=1))
    done = there & np.isfinite(trials.errors)
    if done.sum() < FEWEST:
        return None
    values, edges = trials.errors[done], trials.ramp.edges
    if values.min() > 0:
        values, edges = np.log(values), np.log(edges)
    grid = np.column_stack([each.ravel() for each in np.meshgrid(ACROSS, UP)])
    z = through(shares[done], values, grid, ROUGH if trials.others else SMOOTH)
    if not np.isfinite(z).all():
        return None
    inside = known(shares[done], grid, shares[there & trials.lost])
    shape = (len(UP), len(ACROSS))
    return _Surface(z.reshape(shape), inside.reshape(shape), edges)


def _contours(frame: Frame, surface: _Surface) -> Markup:
    x, y = frame.left + frame.width * ACROSS, frame.top + frame.height * (1 - UP)
    classes = [f"r{band}" for band in range(len(surface.edges) - 1)]
    clip = f"tried-{frame.size.shown}"
    return join(
        [
            tag("clipPath", tag("path", d=region(x, y, surface.inside), clip_rule="evenodd"), id=clip),
            tag("g", filled(x, y, surface.z, surface.edges, classes), class_="contours", clip_path=f"url(#{clip})"),
        ]
    )


def _caption(trials: _Trials, drawn: bool) -> str:
    """What the marks mean, and what the colours between them are worth."""
    text = f"Every trial over {trials.x.name} and {trials.y.name}: a dot, in the colour of its val MSE"
    text += "; a cross where it diverged or failed" if trials.lost.any() else ""
    text += "; a small ring where it was cut short" if (~np.isfinite(trials.errors) & ~trials.lost).any() else ""
    if not drawn:
        return text + ". There are too few, or they lie too much in a row, for contours between them."
    text += ". The colours between the dots are interpolated; where there are none, nothing is known."
    if trials.others:
        text += f" The trials also differ in {listed(trials.others)}, so a dot may be unlike its surroundings."
    return text


def _alt(facts: Facts, trials: _Trials) -> str:
    best, baseline = facts.best, facts.baseline
    at = f"the best, trial {best.number}, lies at {facts.setting(best)} with val MSE {typeset(best.val_mse)}"
    if baseline is not None and baseline.number != best.number:
        at += f"; the baseline at {facts.setting(baseline)}"
    return (
        f"Map of {counted(len(trials.errors), 'trial')} over {trials.x.name} (across) and {trials.y.name} (up): {at}."
    )

"""For classes: which the best takes for which, and whether its probabilities are to be believed."""

import numpy as np

from knobwise.experiments.metrics import class_of, reliability, scores
from knobwise.experiments.plots.calibration import wilson
from knobwise.experiments.plots.class_signs import short
from knobwise.experiments.plots.confusion_matrix import matrix
from knobwise.experiments.report.charts import Frame, Size, dots, line, svg
from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.fits import Fit, fit
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.report.scales import Scale
from knobwise.experiments.text import scores_text

TITLE = "Class by class"
PANEL = Size(400, 400, "panel")
LEGIBLE = 20  # classes whose counts and names fit
TELLING = 0.05  # share of a row from which a count is written where classes are many
DEEPEST = 0.55  # opacity of a cell that has all of its row: the count on it stays legible, in light and in dark


def content(facts: Facts) -> Markup | None:
    """The confusion matrix and the calibration of the best trial, on the test part; None where numbers are predicted.

    Raises:
        Missing: no trial is complete, or what is needed of the best is gone.
    """
    trial = facts.best
    fitted = fit(facts, trial)
    if not fitted.problem.classes:
        return None
    measured = scores(fitted.problem, "test", fitted.test.y, fitted.predicted)
    error = f"expected calibration error {measured['test_calibration_error']:.3f}"
    name = f"Trial {trial.number}, the best: "
    caption = (
        "Left: a row for each true class, darker where more of it went. Right: the observed frequency against the mean "
        "predicted probability, in ten bins, with 95% intervals. On the line, 70% comes true 7 times in 10. "
        f"All on the {len(fitted.test.y):,} rows of the test part."
    )
    return join(
        [
            tag("p", caption),
            tag(
                "div",
                _figure(_confusion(fitted), f"{name}which class is taken for which", scores_text(measured)),
                _figure(_calibration(fitted), f"{name}calibration", error),
                class_="scatters",
            ),
        ]
    )


def _figure(drawn: Markup, name: str, note: str) -> Markup:
    caption = tag("figcaption", tag("b", name), tag("span", note))
    return tag("figure", svg(PANEL, drawn, f"{name}: {note}"), caption)


def _confusion(fitted: Fit) -> Markup:
    """Cells, shaded by their share of the row, with counts where these fit."""
    classes = fitted.problem.classes
    k = len(classes)
    counts = matrix(class_of(fitted.test.y), class_of(fitted.predicted), k)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [short(name, 12) for name in classes]
    margin = 34 + 7 * max(map(len, names))
    cell = min(PANEL.width - margin - 6, PANEL.height - 22 - 44) / k  # two lines of text above and below
    side = cell * k
    parts = [tag("rect", x=margin, y=22, width=side, height=side, class_="track", fill_opacity=0.35)]
    for row, column in np.argwhere(counts):
        x, y = margin + cell * float(column), 22 + cell * float(row)
        shade = round(float(DEEPEST * shares[row, column]), 3)
        parts.append(tag("rect", x=x, y=y, width=cell, height=cell, class_="share", fill_opacity=shade))
        if k <= LEGIBLE and (k <= LEGIBLE / 2 or shares[row, column] >= TELLING):
            words = f"{counts[row, column]:,}"
            parts.append(tag("text", words, x=x + cell / 2, y=y + cell / 2 + 4, text_anchor="middle"))
    each = -(-k // LEGIBLE)
    beside = sum(map(len, names)) * 8 > side
    for at in range(0, k, each):
        middle = cell * (at + 0.5)
        parts.append(tag("text", names[at], x=margin - 6, y=26 + middle, class_="tick", text_anchor="end"))
        x, y = margin + middle, 22 + side + (12 if beside else 17)
        turned = f"rotate(-40 {x:.1f} {y:.1f})" if beside else None
        anchor = "end" if beside else "middle"
        parts.append(tag("text", names[at], x=x, y=y, class_="tick", text_anchor=anchor, transform=turned))
    parts.append(tag("text", "true", x=4, y=13, class_="axis"))
    parts.append(tag("text", "predicted", x=margin + side, y=PANEL.height - 4, class_="axis", text_anchor="end"))
    return join(parts)


def _calibration(fitted: Fit) -> Markup:
    """A dot for each bin with its interval; the larger, the more samples it has."""
    frame = Frame(size=PANEL, x=Scale(0.0, 1.0), y=Scale(0.0, 1.0))
    bins = reliability(fitted.test.y, fitted.predicted)
    low, high = wilson(bins)
    parts = []
    lower, upper = (frame.places(bins.predicted, ends) for ends in (low, high))
    for (x, bottom), (_, top) in zip(lower, upper, strict=True):
        parts.append(tag("line", x1=float(x), x2=float(x), y1=float(bottom), y2=float(top), class_="interval"))
    for place, samples in zip(frame.places(bins.predicted, bins.observed), bins.samples, strict=True):
        radius = 3.5 + 4 * float(samples / bins.samples.sum()) ** 0.5
        parts.append(dots(place[None], ["plain"], radius, [f"{samples:,} samples"]))
    two = len(fitted.problem.classes) == 2
    what = f"probability of {fitted.problem.classes[1]}" if two else "probability of the predicted class"
    came = f"share that was {fitted.problem.classes[1]}" if two else "share that was right"
    even = tag("path", d=line(frame.places([0, 1], [0, 1])), class_="front")
    return join([frame.axes(what, came), even, *parts])

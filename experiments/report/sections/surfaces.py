"""The best fit against the baseline's: true and predicted, and where each is wrong."""

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.report.charts import Frame, Size, dots, line, svg
from knobwise.experiments.report.facts import Facts, Missing, Trial
from knobwise.experiments.report.fits import Fit, fit
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.report.scales import Scale, scale_of
from knobwise.experiments.report.surface import filled
from knobwise.experiments.text import scores_text, typeset

TITLE = "Best against baseline"
BANDS, ERROR_BANDS = 24, 11  # an odd number: the middle one is about no error
PANEL = Size(300, 290, "panel")
POINTS = 1200  # dots of a scatter
SIDE = 60  # of a drawn surface, at most: finer cannot be seen, and costs bytes

Array = NDArray[np.float64]


def content(facts: Facts) -> Markup | None:
    """Surfaces for a problem on a grid, predicted against true values for every other one; None for classes.

    Raises:
        Missing: no trial is complete, or what is needed of the best is gone.
    """
    best, baseline = facts.best, facts.baseline
    shown_trials = [(best, "best")]
    if baseline is not None and baseline.number != best.number:
        shown_trials.append((baseline, "baseline"))
    fits, gone = [], []
    for trial, kind in shown_trials:
        try:
            fits.append((trial, kind, fit(facts, trial)))
        except Missing as missing:
            gone.append(str(missing))
    if not fits:
        raise Missing(" ".join(gone))
    note = tag("p", " ".join(gone), class_="missing") if gone else None
    first = fits[0][2]
    if first.problem.classes:
        return None
    on_grid = first.problem.grid is not None and first.test.y.shape[1] == 1
    return join([note, _surfaces(fits) if on_grid else _scatters(fits)])


def _surfaces(fits: list[tuple[Trial, str, Fit]]) -> Markup:
    """The true surface; of each fit what it predicts and its error, all on the same two scales."""
    _, _, first = fits[0]
    edges = np.linspace(float(first.test.y.min()), float(first.test.y.max()), BANDS + 1)
    worst = max(float(np.nanquantile(np.abs(_error(each)), 0.999)) for _, _, each in fits) or 1.0
    error_edges = np.linspace(-worst, worst, ERROR_BANDS + 1)
    values = [f"v{band}" for band in range(BANDS)]
    signs = [f"d{band}" for band in range(ERROR_BANDS)]
    x, y = first.problem.inputs
    true = _panel(first, first.test.y[:, 0], edges, values, f"The true surface over {x} and {y}", "True", "", "true")
    panels = [true]
    for trial, kind, each in fits:
        name = f"{kind.capitalize()}, trial {trial.number}"
        scores = scores_text({"test_r2": trial.test_r2, "test_mse": trial.test_mse})
        panels.append(
            _panel(each, each.predicted[:, 0], edges, values, f"What the {kind} predicts: {scores}", name, scores)
        )
        far = f"at most {typeset(float(np.nanmax(np.abs(_error(each)))))} off"
        panels.append(
            _panel(
                each, _error(each), error_edges, signs, f"Where the {kind} is wrong: {far}", f"Error of the {kind}", far
            )
        )
    (a, b), (c, d) = ((typeset(v).replace("-", "−") for v in _ends(first.test.X[:, at])) for at in (0, 1))
    where = f"{x} across from {a} to {b}, {y} up from {c} to {d}, on the test part."
    [output] = first.problem.outputs
    legends = tag(
        "div",
        _legend(f"{output}, true and predicted", values, (float(edges[0]), float(edges[-1]))),
        _legend("error: predicted − true", signs, (-worst, worst)),
        class_="legends",
    )
    return join(
        [
            tag("p", where),
            tag("div", panels[0], legends, *panels[1:], class_=f"surfaces of-{len(fits)}"),
        ]
    )


def _panel(
    each: Fit, z: Array, edges: Array, classes: list[str], alt: str, name: str, note: str, kind: str = ""
) -> Markup:
    rows, columns = each.problem.grid or (1, 1)
    shape = (rows, columns)
    across = Scale(*_ends(each.test.X[:, 0]))
    up = Scale(*_ends(each.test.X[:, 1]))
    frame = Frame(size=PANEL, x=across, y=up, left=2, right=2, top=2, bottom=2)
    thin = max(1, -(-max(shape) // SIDE))
    places = frame.places(each.test.X[:, 0], each.test.X[:, 1]).reshape(*shape, 2)
    x, y, surface = places[0, :, 0], places[:, 0, 1], z.reshape(shape)
    keep_x, keep_y = _thinned(columns, thin), _thinned(rows, thin)
    drawn = filled(x[keep_x], y[keep_y], surface[np.ix_(keep_y, keep_x)], edges, classes)
    caption = tag("figcaption", tag("b", name), tag("span", note) if note else None)
    return tag("figure", svg(PANEL, drawn, alt), caption, class_=kind or None)


def _thinned(n: int, step: int) -> NDArray[np.int64]:
    return np.unique(np.r_[np.arange(0, n, step), n - 1])


def _error(each: Fit) -> Array:
    errors: Array = each.predicted[:, 0] - each.test.y[:, 0]
    return errors


def _ends(values: Array) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _legend(what: str, classes: list[str], ends: tuple[float, float]) -> Markup:
    swatches = (tag("i", class_=f"swatch {name}") for name in classes)
    marks = [typeset(float(f"{value:.3g}")).replace("-", "−") for value in (ends[0], (ends[0] + ends[1]) / 2, ends[1])]
    return tag(
        "div",
        tag("span", what, class_="what"),
        tag("span", *swatches, class_="swatches", aria_hidden="true"),
        tag("span", *(tag("span", mark) for mark in marks), class_="marks"),
        class_="legend",
    )


def _scatters(fits: list[tuple[Trial, str, Fit]]) -> Markup:
    """Predicted against true values of the first output, a panel each, on one scale."""
    _, _, first = fits[0]
    every = np.concatenate([np.r_[each.test.y[:, 0], each.predicted[:, 0]] for _, _, each in fits])
    scale = scale_of(every, log=False)
    output, total = first.problem.outputs[0], len(first.problem.outputs)
    panels = []
    for trial, kind, each in fits:
        frame = Frame(size=Size(358, 330, "panel"), x=scale, y=scale)
        true, predicted = each.test.y[:, 0], each.predicted[:, 0]
        chosen = np.linspace(0, len(true) - 1, min(POINTS, len(true))).astype(np.int64)
        ends = frame.places([scale.low, scale.high], [scale.low, scale.high])
        drawn = join(
            [
                frame.axes(f"true {output}", f"predicted {output}"),
                tag("path", d=line(ends), class_="front"),
                dots(frame.places(true[chosen], predicted[chosen]), ["plain faint"] * len(chosen), 2.6),
            ]
        )
        scores = scores_text({"test_r2": trial.test_r2, "test_mse": trial.test_mse})
        caption = tag("figcaption", tag("b", f"{kind.capitalize()}, trial {trial.number}"), tag("span", scores))
        panels.append(
            tag("figure", svg(frame.size, drawn, f"Predicted against true {output}, {kind}: {scores}"), caption)
        )
    of = f" The first of {total} outputs." if total > 1 else ""
    text = f"A dot is a row of the test part; on the line a prediction is exact.{of}"
    return join([tag("p", text), tag("div", *panels, class_="scatters")])

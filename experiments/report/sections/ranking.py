"""The best trials next to the baseline, with intervals where they were repeated."""

from collections.abc import Callable

import numpy as np

from knobwise.experiments.report.facts import Facts, Missing, Trial
from knobwise.experiments.report.markup import Markup, tag
from knobwise.experiments.report.scales import Scale, scale_of
from knobwise.experiments.text import r2_text
from knobwise.experiments.text import typeset as shown

TITLE = "The best trials"
ROWS = 10


def content(facts: Facts) -> Markup:
    """A table of the best few and the baseline. Beside each error its place on a common scale."""
    ranked = facts.ranking
    if ranked.best is None:
        raise Missing("No trial is complete, so there is nothing to rank.")
    trials = [facts.trial(facts.rows[number]) for number in ranked.top(ROWS)]
    scale = scale_of([v for trial in trials for v in (trial.val_mse, trial.low, trial.high)], margin=0.06)
    repeated = any(np.isfinite(trial.high) for trial in trials)
    hidden = [tag("span", words, class_="hidden") for words in ("what it is", "val MSE on a scale")]
    heads = [
        hidden[0],
        "trial",
        "val MSE",
        hidden[1],
        *(k.name for k in facts.knobs),
        "test MSE",
        _quality(facts)[0],
        "seconds",
    ]
    head = (tag("th", each, scope="col", class_="scale" if each is hidden[1] else None) for each in heads)
    rows = (_row(facts, trial, scale) for trial in trials)
    caption = (
        "Chosen by val MSE, the error on the validation part. The test part is only reported, no choice is made by it."
    )
    if ranked.fresh_seeds:
        caption += " The trials that were confirmed come first, in the order of their means on fresh seeds."
    if repeated:
        caption += " ± is half of the 95% interval for the mean over the seeds; the bar shows the interval."
    if ranked.tied:
        caption += " Trials marked ≈ are not distinguishable from the best by their seeds."
    table = tag(
        "table",
        tag("caption", tag("span", caption)),
        tag("thead", tag("tr", *head)),
        tag("tbody", *rows),
        class_="ranking",
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Table of the best trials")


def _quality(facts: Facts) -> tuple[str, list[str]]:
    """What people know a good fit by, its name and its text for each trial: accuracy for classes, R² for numbers."""
    accuracy = facts.column("test_accuracy")
    classes = bool(np.isfinite(accuracy).any())
    text: Callable[[float], str] = "{:.4f}".format if classes else r2_text
    values = accuracy if classes else facts.column("test_r2")
    return "test accuracy" if classes else "test R²", [text(each) if np.isfinite(each) else "–" for each in values]


def _row(facts: Facts, trial: Trial, scale: Scale) -> Markup:
    ranked = facts.ranking
    is_best, is_baseline = trial.number == ranked.best, trial.number == ranked.baseline
    labels = [tag("span", "best", class_="badge best")] if is_best else []
    labels += [tag("span", "baseline", class_="badge baseline")] if is_baseline else []
    if trial.number in (ranked.tied or ()):
        labels.append(tag("span", "≈", class_="badge", title="not distinguishable from the best"))
    half = trial.high - trial.val_mse
    error = shown(trial.val_mse) if np.isfinite(trial.val_mse) else str(facts.status[trial.row])
    kind = "best" if is_best else "baseline" if is_baseline else ""
    cells = [
        *(facts.value(knob, trial.row) for knob in facts.knobs),
        shown(trial.test_mse),
        _quality(facts)[1][trial.row],
        f"{trial.seconds:,.1f}" if np.isfinite(trial.seconds) else "–",
    ]
    return tag(
        "tr",
        tag("td", *labels),
        tag("th", trial.number, scope="row"),
        tag("td", error, tag("span", f" ± {half:.2g}", class_="half") if np.isfinite(half) else None),
        tag("td", _whisker(trial, scale, kind), class_="scale"),
        *(tag("td", cell) for cell in cells),
        class_="best" if is_best else None,
    )


def _whisker(trial: Trial, scale: Scale, kind: str) -> Markup:
    """Where an error lies among those in the table, with its interval."""
    if not np.isfinite(trial.val_mse):
        return Markup()
    wide = 110.0
    at, low, high = (float(scale.at(value)) * wide for value in (trial.val_mse, trial.low, trial.high))
    parts = [tag("line", x1=0, x2=wide, y1=8, y2=8, class_="grid")]
    if np.isfinite(low + high):
        ends = max(low, 0.0), min(high, wide)
        parts.append(tag("line", x1=ends[0], x2=ends[1], y1=8, y2=8, class_="interval"))
    parts.append(tag("circle", cx=at, cy=8, r=4, class_=f"mark {kind or 'other'}"))
    return tag("svg", *parts, viewBox="-5 0 120 16", width=120, height=16, aria_hidden="true", focusable="false")

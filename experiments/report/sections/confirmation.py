"""The best few run again on fresh seeds: how much being chosen had flattered them."""

import numpy as np

from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.markup import Markup, tag
from knobwise.experiments.report.words import shown
from knobwise.experiments.statistics import interval

TITLE = "Run again on fresh seeds"


def content(facts: Facts) -> Markup | None:
    """A table: the error that a trial was chosen by, and its mean on seeds that had no part in it; None without any."""
    rows = {int(number): row for row, number in enumerate(facts.runs["trial"])}
    again = sorted(
        (trial for trial in facts.confirmed if trial in rows), key=lambda trial: np.mean(facts.confirmed[trial])
    )
    if not again:
        return None
    heads = (
        "trial",
        "chosen by",
        "on fresh seeds",
        "95% interval",
        "flattered by",
        "seeds",
        *(knob.name for knob in facts.knobs),
    )
    body = []
    for number in again:
        row, values = rows[number], facts.confirmed[number]
        mean, _, low, high, n = interval(values)
        chosen = facts.trial(row).val_mse
        cells = [
            shown(chosen),
            shown(mean),
            f"{shown(low)} to {shown(high)}",
            f"{mean / chosen - 1:+.0%}".replace("-", "−") if chosen > 0 else "–",
            n,
            *(facts.value(knob, row) for knob in facts.knobs),
        ]
        body.append(tag("tr", tag("th", number, scope="row"), *(tag("td", cell) for cell in cells)))
    caption = (
        "Whoever is chosen as the best of many was partly lucky. These are val MSE on seeds that played no part in the "
        "choice; flattered by says how much higher the error is there."
    )
    table = tag(
        "table",
        tag("caption", tag("span", caption)),
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
        tag("tbody", *body),
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Table of confirmed trials")

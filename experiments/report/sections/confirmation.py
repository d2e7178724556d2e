"""The trials that were confirmed on fresh seeds, and the selection bias of each."""

import math
from statistics import fmean

from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.markup import Markup, tag
from knobwise.experiments.statistics import interval
from knobwise.experiments.text import typeset as shown

TITLE = "Confirmed on fresh seeds"


def content(facts: Facts) -> Markup | None:
    """A table: the error that a trial was selected by, and its mean on fresh seeds; None where none was confirmed."""
    ranking = facts.ranking
    on_fresh_seeds = ranking.finalists or {trial.number: trial.fresh for trial in ranking.trials if trial.fresh}
    if not on_fresh_seeds:
        return None
    knobs = facts.knobs
    heads = (
        "trial",
        "selected by",
        "on fresh seeds",
        "95% interval",
        "selection bias",
        "seeds",
        *(k.name for k in knobs),
    )
    body = []
    for number, fresh in on_fresh_seeds.items():
        trial, values = facts.trial(facts.rows[number]), [value for value in fresh if value is not None]
        diverged = len(values) < len(fresh)
        mean = fmean(values) if values else math.nan
        bounds = interval(values)[2:4] if len(values) > 1 and not diverged else ()
        cells = [
            shown(trial.val_mse),
            "diverged" if diverged else shown(mean),
            " to ".join(map(shown, bounds)) or "–",
            f"{mean / trial.val_mse - 1:+.0%}".replace("-", "−") if trial.val_mse > 0 and not diverged else "–",
            len(fresh),
            *(facts.value(knob, trial.row) for knob in facts.knobs),
        ]
        body.append(tag("tr", tag("th", number, scope="row"), *(tag("td", cell) for cell in cells)))
    caption = (
        "The best of many trials was selected partly by chance. These are val MSE on seeds that had no part in the "
        "selection; the selection bias is how much higher the error is there."
    )
    if not ranking.finalists:
        caption += " Not all of the leading trials are confirmed, so the best is the best of the search."
    table = tag(
        "table",
        tag("caption", tag("span", caption)),
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
        tag("tbody", *body),
    )
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Table of confirmed trials")

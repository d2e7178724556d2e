"""Trials without a result: which settings diverged, and what the failed ones raised."""

from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.text import counted

TITLE = "Trials without a result"
MOST = 12


def content(facts: Facts) -> Markup | None:
    """A table of the failed trials with their errors, and of the diverged ones; None where there are none."""
    status = facts.status
    rows = [row for name in ("failed", "diverged") for row in range(len(status)) if status[row] == name]
    if not rows:
        return None
    heads = ("trial", *(knob.name for knob in facts.knobs), "what became of it")
    numbers = facts.runs["trial"].to_list()
    body = []
    for row in rows[:MOST]:
        error = facts.errors.get(numbers[row], "")
        what = f"failed: {error}" if error else str(status[row])
        cells = [tag("td", facts.value(knob, row)) for knob in facts.knobs]
        body.append(tag("tr", tag("th", numbers[row], scope="row"), *cells, tag("td", what, class_="words")))
    diverged, failed = (int((status == name).sum()) for name in ("diverged", "failed"))
    sentences = []
    if diverged:
        why = "the loss or a weight was no longer finite, as with a learning rate that is too large"
        sentences.append(f"{counted(diverged, 'trial')} diverged: {why}.")
    if failed:
        sentences.append(f"{counted(failed, 'trial')} raised an error.")
    if len(rows) > MOST:
        sentences.append(f"The first {MOST} are shown.")
    caption = " ".join(sentences)
    table = tag(
        "table",
        tag("caption", tag("span", caption)),
        tag(
            "thead",
            tag("tr", *(tag("th", head, scope="col", class_="words" if head == heads[-1] else None) for head in heads)),
        ),
        tag("tbody", *body),
    )
    return join(
        [tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Table of trials without a result")]
    )

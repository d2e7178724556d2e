"""What more data bought, of a study that varied the number of samples."""

from knobwise.experiments.compare import more_data
from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.text import typeset

TITLE = "What more data bought"


def content(facts: Facts) -> Markup | None:
    """A table of the best setting for each number of samples, and sentences; None where their number is not varied."""
    found = more_data.settings(facts.runs)
    best = more_data.best_by_size(found) if found else {}
    if len(best) < 2:
        return None
    heads = ("samples", "trial", "lr", "epochs", "steps", "val MSE", "test MSE")
    body = [
        tag(
            "tr",
            tag("th", label, scope="row"),
            tag("td", each.trial),
            *(tag("td", typeset(value)) for value in (each.lr, each.epochs, each.steps, each.val_mse, each.test_mse)),
        )
        for label, each in best.items()
    ]
    caption = "The trial with the lowest val MSE for each number of samples. Steps are epochs times batches."
    table = tag(
        "table",
        tag("caption", tag("span", caption)),
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
        tag("tbody", *body),
    )
    shown = tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Table of numbers of samples")
    return join([*(tag("p", sentence) for sentence in more_data.sentences(found)), shown])

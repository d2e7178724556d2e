"""Whether a network is worth it: the best one beside a constant, a linear model and boosted trees on the same rows."""

from knobwise.experiments.record import names
from knobwise.experiments.references import against
from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.text import typeset

TITLE = "Beside simpler models"


def content(facts: Facts) -> Markup | None:
    """Who wins, in sentences, then a table of the models' errors; None for a study that has none beside it."""
    scored = against.loads(facts.tags.get(names.REFERENCES, ""))
    if not scored:
        return None
    heads = {"val_mse": "val MSE", "test_mse": "test MSE"}
    accuracy = any("test_accuracy" in each.metrics for each in scored)
    heads["test_accuracy" if accuracy else "test_r2"] = "test accuracy" if accuracy else "test R²"
    body = [
        tag(
            "tr",
            tag("th", each.name, scope="row"),
            *(tag("td", typeset(each.metrics[name]) if name in each.metrics else "–") for name in heads),
        )
        for each in scored
    ]
    caption = "Fitted by scikit-learn to the same training rows; intervals are over the test rows, 95%."
    table = tag(
        "table",
        tag("caption", tag("span", caption)),
        tag("thead", tag("tr", *(tag("th", head, scope="col") for head in ("model", *heads.values())))),
        tag("tbody", *body),
    )
    sentences = [tag("p", sentence) for sentence in against.sentences(scored)]
    drawn = tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Simpler models")
    made = tag("ul", *(tag("li", f"{each.name}: {each.about}") for each in scored))
    return join([*sentences, drawn, tag("details", tag("summary", "What these models are"), made)])

"""How much of the differences between trials each knob explains."""

from knobwise.experiments.compare import columns
from knobwise.experiments.compare.knob_importance import ENOUGH
from knobwise.experiments.compare.knob_importance import importance as measured
from knobwise.experiments.record.errors import CompareError
from knobwise.experiments.report.facts import Facts, Missing
from knobwise.experiments.report.markup import Markup, join, tag

TITLE = "Which knob mattered"


def content(facts: Facts) -> Markup:
    """A table with a bar for each knob: its share, with the interval, and the caveat where there are too few trials.

    Raises:
        Missing: there are too few trials, or nothing differs between them, or one knob alone does.
    """
    varied = [knob for knob in columns.varied(facts.runs) if knob != "seed"]
    if len(varied) == 1:
        raise Missing(f"Only {varied[0]} was varied: what differs between the trials is its doing, or chance.")
    try:
        table = measured(facts.runs, facts.study)
    except CompareError as error:
        raise Missing(f"It cannot be computed: {error}.") from None
    body = []
    for knob, share, low, high, caveat in zip(
        *(table[c] for c in ("knob", "share", "low", "high", "caveat")), strict=True
    ):
        unsure = " ?" if "none" in str(caveat) else ""
        body.append(
            tag(
                "tr",
                tag("th", knob, scope="row"),
                tag("td", _bar(float(share), float(low), float(high)), class_="bar"),
                tag("td", f"{share:.0%}"),
                tag("td", f"{low:.0%} to {high:.0%}{unsure}"),
            )
        )
    heads = ("knob", "", "share", "95% interval")
    caption = (
        "How much worse a forest of trees predicts the error of trials it has not seen when one knob’s values are "
        "shuffled, as a share of all knobs. It speaks of the ranges that were searched: a knob kept in a narrow "
        "range can move little."
    )
    caption += " ? marks a share that may be none." if any("none" in str(each) for each in table["caveat"]) else ""
    few = int(facts.errors_of_complete.size) and len(facts.order) < ENOUGH
    note = (
        tag(
            "p",
            f"With {len(facts.order)} complete trials this is a hint, not a measurement: the order is to be trusted "
            f"from about {ENOUGH} on.",
            class_="caveat",
        )
        if few
        else None
    )
    head = (
        tag("th", name or tag("span", hidden, class_="hidden"), scope="col")
        for name, hidden in zip(heads, ("", "the share as a bar", "", ""), strict=True)
    )
    drawn = tag(
        "table",
        tag("caption", tag("span", caption)),
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        class_="shares",
    )
    return join(
        [note, tag("div", drawn, class_="scroll", tabindex="0", role="region", aria_label="Table of importance")]
    )


def _bar(share: float, low: float, high: float) -> Markup:
    """The share as a bar, its interval as a line over it."""
    wide = 200.0
    parts = [
        tag("rect", x=0, y=3, width=wide, height=12, rx=3, class_="track"),
        tag("rect", x=0, y=3, width=max(wide * share, 1.0), height=12, rx=3, class_="share"),
        tag("line", x1=wide * low, x2=wide * high, y1=9, y2=9, class_="interval"),
    ]
    return tag("svg", *parts, viewBox="-1 0 202 18", width=200, height=18, aria_hidden="true", focusable="false")

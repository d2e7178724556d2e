"""How the study was made: enough to make it again, and to find it."""

import numpy as np

from knobwise.experiments.record import names
from knobwise.experiments.record.stores import sqlite_file, without_credentials
from knobwise.experiments.report.facts import Facts
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.text import seconds, typeset

TITLE = "How it was made"
KNOWN = {
    "sampler": "Trials chosen by",
    "pruner": "Trials cut short by",
    "seed": "Seed of the search",
    "seeds": "Seeds a trial",
    "storage": "The search is kept in",
}


def content(facts: Facts) -> Markup:
    """A list of what is known, and what to type to see more."""
    known = [("Sweep", facts.sweep), ("Study", facts.study), ("Problem", facts.problem)]
    known += [(label, facts.tags.get(names.ABOUT + key, "")) for key, label in KNOWN.items()]
    known.append(("Fixed knobs", _fixed(facts)))
    total = facts.training_seconds
    known.append(("Training, all trials", seconds(total) if np.isfinite(total) and total else ""))
    if len(facts.runs):
        known.append(("First trial began", f"{facts.runs['started'].min():%Y-%m-%d %H:%M} UTC"))
    commit = facts.tags.get(names.COMMIT, "")
    dirty = " with changes" if facts.tags.get(names.DIRTY) == "true" else ""
    known.append(("Code", f"commit {commit[:12]}{dirty}" if commit else ""))
    known.append(("Packages", facts.tags.get(names.PACKAGES, "")))
    if not sqlite_file(facts.uri):  # the folders of its user are private
        known.append(("Record", without_credentials(facts.uri)))
    listed = [tag("div", tag("dt", label), tag("dd", value)) for label, value in known if value]
    lines = (
        f'import knobwise as kw\nruns = kw.runs("{facts.study}")  # one row a trial\n'
        f'curves = kw.curves("{facts.study}")  # one row a point'
    )
    return join(
        [
            tag("dl", *listed, class_="facts"),
            tag("p", "The same numbers in pandas:"),
            tag("pre", tag("code", lines), tabindex="0", role="region", aria_label="Code that reads this study"),
        ]
    )


def _fixed(facts: Facts) -> str:
    """The knobs that were the same in all trials."""
    if facts.runs.empty:
        return ""
    row = facts.runs.iloc[0]
    turned = {knob.name for knob in facts.knobs} | (
        {"widths"} if any(k.name in ("depth", "width") for k in facts.knobs) else set()
    )
    asked = ("n_samples", "epochs", "lr", "widths", "activation", "optimizer", "schedule", "batch_size", "dropout")
    same = [name for name in asked if name not in turned and name in row.index]
    return ", ".join(f"{name} {typeset(row[name])}" for name in same if name != "batch_size" or row[name])

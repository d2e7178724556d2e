"""The answer in two sentences: what the best bought against the baseline, and how far that is to be trusted."""

import math
from typing import NamedTuple

import numpy as np

from knobwise.experiments.metrics import r2_text
from knobwise.experiments.report.facts import Facts, Missing, Trial
from knobwise.experiments.report.markup import Markup, tag
from knobwise.experiments.report.words import counted, listed, seconds, shown, times
from knobwise.experiments.statistics import interval, paired, unpaired

UNDECIDED = 3  # trials named one by one where they cannot be told apart
NAMED = 4  # knobs that the sentence names
NEAR = 1.1  # times the best error


class _Judged(NamedTuple):
    """Attributes: the errors by which the best and the baseline are compared; how many fresh seeds they are means of,
    0 where they are those that the best was chosen by.
    """

    best: float
    baseline: float
    seeds: int


def answer(facts: Facts) -> Markup:
    """Two sentences; where there is no best trial, what there is instead."""
    try:
        best = facts.best
    except Missing:
        return tag("p", _nothing(facts), class_="answer")
    return tag("p", _bought(facts, best), " ", _trust(facts, best), class_="answer")


def tiles(facts: Facts) -> Markup:
    """The figures of the answer, large."""
    try:
        best = facts.best
    except Missing:
        return Markup()
    baseline, judged = facts.baseline, _judged(facts, best)
    by = f"trial {best.number}" + (f", on {counted(judged.seeds, 'fresh seed')}" if judged.seeds else "")
    shown_tiles = [("Best val MSE", shown(judged.best), by)]
    if best.number != getattr(baseline, "number", None) and np.isfinite(judged.baseline) and judged.best > 0:
        than = f"the baseline has {shown(judged.baseline)}"
        shown_tiles.append(("Less error", f"{judged.baseline / judged.best:.3g}×", than))
    accuracy = facts.column("test_accuracy")
    classes = bool(np.isfinite(accuracy[best.row]))
    values = accuracy if classes else facts.column("test_r2")
    if np.isfinite(values[best.row]):
        told = [shown(value) if classes else r2_text(value) for value in values.tolist()]
        other = baseline is not None and baseline != best and np.isfinite(values[baseline.row])
        than = f"the baseline has {told[baseline.row]}" if baseline is not None and other else ""
        shown_tiles.append(("Test accuracy" if classes else "Test R²", told[best.row], than))
    shown_tiles.append(("Trials", f"{len(facts.runs):,}", ended(facts)))
    parts = (
        tag("div", tag("dt", name), tag("dd", tag("b", value), tag("span", note) if note else None))
        for name, value, note in shown_tiles
    )
    return tag("dl", *parts, class_="tiles")


def ended(facts: Facts) -> str:
    """How many trials ended how."""
    names, counts = np.unique(facts.status, return_counts=True)
    found = dict(zip(names.tolist(), counts.tolist(), strict=True))
    order = ("complete", "pruned", "diverged", "failed")
    return ", ".join(f"{found[name]:,} {name}" for name in order if name in found)


def _judged(facts: Facts, best: Trial) -> _Judged:
    """By fresh seeds where both were run on them, or where there is no baseline to hold the best against."""
    baseline = facts.baseline
    again = facts.confirmed.get(best.number, [])
    other = facts.confirmed.get(baseline.number, []) if baseline else []
    if again and (other or baseline is None):
        return _Judged(float(np.mean(again)), float(np.mean(other)) if other else math.nan, len(again))
    return _Judged(best.val_mse, baseline.val_mse if baseline else math.nan, 0)


def _bought(facts: Facts, best: Trial) -> str:
    baseline, judged = facts.baseline, _judged(facts, best)
    trials = counted(len(facts.runs), "trial")
    on = f"on {counted(judged.seeds, 'fresh seed')} " if judged.seeds else ""
    of = f"Of {trials}, the best is trial {best.number} ({facts.setting(best, NAMED)})"
    if baseline is not None and baseline.number == best.number:
        return f"None of {trials} beat the baseline, whose validation MSE {on}is {shown(judged.best)}."
    if baseline is None or not np.isfinite(judged.baseline):
        why = "there is no baseline to hold it against" if baseline is None else "the baseline has no result"
        return f"{of}: {on}its validation MSE is {shown(judged.best)}, and {why}."
    less = f"{times(judged.baseline / judged.best)} lower than the baseline’s, " if judged.best > 0 else ""
    return f"{of}: {on}its validation MSE is {less}{shown(judged.best)} instead of {shown(judged.baseline)}."


def _trust(facts: Facts, best: Trial) -> str:
    """How sure the first sentence is: by fresh seeds, by replicates, or not at all."""
    baseline = facts.baseline
    again = facts.confirmed.get(best.number, [])
    if again:
        low, high = interval(again)[2:4]
        mean = f"Its mean on fresh seeds is {shown(float(np.mean(again)))} (95% interval {shown(low)} to {shown(high)})"
        return "; ".join([mean, *_against_baseline(facts, best), *_equals(facts)]) + "."
    if best.number in facts.seeds:
        seeds = counted(len(facts.seeds[best.number]), "seed")
        [said] = _equals(facts) or ["it is better than every other trial (95% confidence)"]
        return f"With {seeds} a trial, {said}."
    near = [row for row in facts.order if facts.trial(row).val_mse <= NEAR * best.val_mse and row != best.row]
    close = f", and {counted(len(near), 'other trial')} came within 10% of it" if near else ""
    trained = f"It trained for {seconds(best.seconds)}" if np.isfinite(best.seconds) else "It was trained once"
    dear = ""
    if baseline and baseline.number != best.number and np.isfinite(best.seconds) and baseline.seconds > 0:
        dear = f", {best.seconds / baseline.seconds:.2g} times as long as the baseline"
    return f"{trained}{dear}{close}; each trial ran on one seed, so how much is luck is not known."


def _equals(facts: Facts) -> list[str]:
    """Who cannot be told from the best, in words; nothing where nobody is."""
    others = sorted(facts.tied)
    if not others:
        return []
    named = listed([str(number) for number in others])
    few = f"trial {named}" if len(others) == 1 else f"trials {named}"
    return [f"{few if len(others) <= UNDECIDED else f'{len(others)} other trials'} cannot be told from it"]


def _against_baseline(facts: Facts, best: Trial) -> list[str]:
    baseline = facts.baseline
    if baseline is None or baseline.number == best.number or baseline.number not in facts.confirmed:
        return []
    one, other = facts.confirmed[best.number], facts.confirmed[baseline.number]
    found = paired(one, other) if len(one) == len(other) else unpaired(one, other)
    words = {"better": "it is better than the baseline", "worse": "it is worse than the baseline"}
    return [words.get(found.verdict, "it cannot be told from the baseline")]


def _nothing(facts: Facts) -> str:
    if facts.runs.empty:
        return "No trial of this study is over yet. Run its sweep, and make the report again."
    return (
        f"No trial is complete, so there is no answer yet: {ended(facts)}. The sections below say what became of them."
    )

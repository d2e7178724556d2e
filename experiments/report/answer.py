"""The answer in two sentences: how much better the best is than the baseline, and how certain that is."""

import math

import numpy as np

from knobwise.experiments import ranges
from knobwise.experiments.record import names
from knobwise.experiments.report.facts import Facts, Missing, Trial
from knobwise.experiments.report.markup import Markup, join, tag
from knobwise.experiments.statistics import interval, paired
from knobwise.experiments.text import counted, listed, r2_text, seconds, times
from knobwise.experiments.text import typeset as shown

TIED = 3  # trials tied with the best that the sentence names one by one
NAMED = 4  # knobs that the sentence names
NEAR = 1.1  # times the best error


def answer(facts: Facts) -> Markup:
    """Two sentences, and one on the edge where the best lies at one; without a best trial, what there is instead."""
    try:
        best = facts.best
    except Missing:
        return tag("p", _nothing(facts), class_="answer")
    edge = ranges.sentence(ranges.loads(facts.tags.get(names.EDGES, "")))
    more = tag("p", edge, class_="caveat") if edge else None
    return join([tag("p", _bought(facts, best), " ", _trust(facts, best), class_="answer"), more])


def tiles(facts: Facts) -> Markup:
    """The figures of the answer, large."""
    try:
        best = facts.best
    except Missing:
        return Markup()
    baseline, error, error_of_baseline = facts.baseline, *_errors(facts, best)
    seeds = facts.ranking.fresh_seeds
    by = f"trial {best.number}" + (f", on {counted(seeds, 'fresh seed')}" if seeds else "")
    shown_tiles = [("Best val MSE", shown(error), by)]
    if best.number != facts.ranking.baseline and np.isfinite(error_of_baseline) and error > 0:
        than = f"the baseline has {shown(error_of_baseline)}"
        shown_tiles.append(("Less error", f"{error_of_baseline / error:.3g}×", than))
    accuracy = facts.column("test_accuracy")
    classes = bool(np.isfinite(accuracy[best.row]))
    values = accuracy if classes else facts.column("test_r2")
    if np.isfinite(values[best.row]):
        texts = [shown(value) if classes else r2_text(value) for value in values.tolist()]
        other = baseline is not None and baseline != best and np.isfinite(values[baseline.row])
        than = f"the baseline has {texts[baseline.row]}" if baseline is not None and other else ""
        shown_tiles.append(("Test accuracy" if classes else "Test R²", texts[best.row], than))
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


def _errors(facts: Facts, best: Trial) -> tuple[float, float]:
    """The errors by which the best and the baseline are compared; NaN where the baseline has none."""
    scores = facts.ranking.scores
    return scores[best.number], scores.get(-1 if facts.ranking.baseline is None else facts.ranking.baseline, math.nan)


def _bought(facts: Facts, best: Trial) -> str:
    baseline, error, error_of_baseline = facts.baseline, *_errors(facts, best)
    trials = counted(len(facts.runs), "trial")
    on = f"on {counted(facts.ranking.fresh_seeds, 'fresh seed')} " if facts.ranking.fresh_seeds else ""
    of = f"Of {trials}, the best is trial {best.number} ({facts.setting(best, NAMED)})"
    if baseline is not None and baseline.number == best.number:
        return f"None of {trials} beat the baseline, whose validation MSE {on}is {shown(error)}."
    if baseline is None or not np.isfinite(error_of_baseline):
        why = "there is no baseline to compare it with" if baseline is None else "the baseline has no result"
        return f"{of}: {on}its validation MSE is {shown(error)}, and {why}."
    less = f"{times(error_of_baseline / error)} lower than the baseline’s, " if error > 0 else ""
    return f"{of}: {on}its validation MSE is {less}{shown(error)} instead of {shown(error_of_baseline)}."


def _trust(facts: Facts, best: Trial) -> str:
    """How sure the first sentence is: by fresh seeds, by replicates, or not at all."""
    baseline, ranking = facts.baseline, facts.ranking
    if ranking.fresh_seeds > 1:
        low, high = interval(ranking.on_fresh_seeds(best.number))[2:4]
        mean = shown(ranking.confirmed[best.number])
        parts = [f"Its mean on fresh seeds is {mean} (95% interval {shown(low)} to {shown(high)})"]
        return "; ".join([*parts, *_against_baseline(facts, best), *_tied(facts)]) + "."
    if best.number in facts.seeds and ranking.tied is not None:
        seeds = counted(len(facts.seeds[best.number]), "seed")
        [certainty] = _tied(facts) or ["it is better than every other trial (95% confidence)"]
        return f"With {seeds} a trial, {certainty}."
    near = [value for value in ranking.scores.values() if value <= NEAR * ranking.scores[best.number]]
    close = f", and {counted(len(near) - 1, 'other trial')} came within 10% of it" if len(near) > 1 else ""
    trained = f"It trained for {seconds(best.seconds)}" if np.isfinite(best.seconds) else "It was trained once"
    longer = ""
    if baseline and baseline.number != best.number and np.isfinite(best.seconds) and baseline.seconds > 0:
        longer = f", {best.seconds / baseline.seconds:.2g} times as long as the baseline"
    compared = "they were compared on one fresh seed" if ranking.fresh_seeds else "each trial ran on one seed"
    return f"{trained}{longer}{close}; {compared}, so how much is chance is not known."


def _tied(facts: Facts) -> list[str]:
    """The trials tied with the best, in words; empty where there are none."""
    tied = sorted(facts.ranking.tied or ())
    if not tied:
        return []
    named = f"trial{'s' * (len(tied) > 1)} {listed([str(number) for number in tied])}"
    verb = "is" if len(tied) == 1 else "are"
    return [f"{named if len(tied) <= TIED else f'{len(tied)} other trials'} {verb} not distinguishable from it"]


def _against_baseline(facts: Facts, best: Trial) -> list[str]:
    baseline = facts.ranking.baseline
    if baseline is None or baseline == best.number or baseline not in facts.ranking.confirmed:
        return []
    compared = paired(*(facts.ranking.on_fresh_seeds(number) for number in (best.number, baseline)))
    words = {"better": "it is better than the baseline", "worse": "it is worse than the baseline"}
    return [words.get(compared.verdict, "it is not distinguishable from the baseline")]


def _nothing(facts: Facts) -> str:
    if facts.runs.empty:
        return "No trial of this study is over yet. Run its sweep, and make the report again."
    return (
        f"No trial is complete, so there is no answer yet: {ended(facts)}. The sections below say what became of them."
    )

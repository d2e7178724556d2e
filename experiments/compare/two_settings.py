"""Is one run better than another? The difference, its interval, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import pandas as pd

from knobwise.experiments.compare import columns
from knobwise.experiments.compare.best_trials import ranking
from knobwise.experiments.record.errors import UnknownRun
from knobwise.experiments.statistics import Comparison, Interval, Verdict, interval, paired, unpaired

_MORE = "repeat both with --seeds 5"


class Sample(NamedTuple):
    """What is known of a run.

    Attributes:
        label: what to call it: `lr_epochs/23`.
        by_seed: a metric, by the seed of each run of it.
        source: `confirmation runs`, `replicates`, or `one run`.
    """

    label: str
    by_seed: Mapping[int, float]
    source: str


@dataclass(frozen=True)
class Between:
    """Two runs compared. `print` it for a sentence.

    Attributes:
        a, b: what they are called.
        value: the metric that is compared.
        mean_a, mean_b: its mean over the seeds of each.
        interval_a, interval_b: the mean's 95% interval; None for a single seed.
        comparison: the difference a - b with its 95% interval; None where a or b has a single seed.
        verdict: of a against b: `better`, `worse` or `not distinguishable`.
        how: what was compared with what.
    """

    a: str
    b: str
    value: str
    mean_a: float
    mean_b: float
    interval_a: Interval | None
    interval_b: Interval | None
    comparison: Comparison | None
    verdict: Verdict
    how: str

    def __str__(self) -> str:
        """The verdict, the two means, the difference and how they were compared, in a sentence or two."""
        known = self.verdict != "not distinguishable"
        verdict = (
            f"{self.a} is {self.verdict} than {self.b}" if known else f"{self.a} and {self.b} are not distinguishable"
        )
        means = f"{self.value} {_mean(self.mean_a, self.interval_a)} against {_mean(self.mean_b, self.interval_b)}"
        if self.comparison is not None:
            low, high = self.comparison.low, self.comparison.high
            means += f", a difference of {self.comparison.difference:.4g} (95% interval {low:.4g} to {high:.4g})"
        return f"{verdict}: {means}; {self.how}."


def sample(table: pd.DataFrame, study: str, trial: int | None, run_id: str, value: str) -> Sample:
    """The values of a run, from its study's table.

    Of a study as a whole it is the best of its ranking. Of a trial it is its confirmation runs, where there are two or
    more, since those have no selection bias; otherwise its replicates; otherwise its only run.

    Args:
        table: of `compare.runs`, with replicates and confirmations.
        study: its key.
        trial: the trial's number; None for the best of the study.
        run_id: of a replicate or confirmation, where that is meant alone; otherwise empty.
        value: a metric.

    Raises:
        UnknownRun: no such trial, or it has no result.
        NothingToCompare: no trial is complete.
        UnknownColumn: no such metric.
    """
    trials = table[table["kind"] == "trial"]
    done = columns.complete(trials, study, value, "value")
    if run_id:
        one = table[table["run_id"] == run_id]
        if one.empty or not one[value].notna().all():
            raise UnknownRun(f"run {run_id} of the study {study!r} has no {value}")
        row = one.iloc[0]
        label = f"{study}/{row['trial']}, {row['kind']} {row['replicate']}"
        return Sample(label, {int(row["seed"]): float(row[value])}, "one run")
    chosen = ranking(table).best if trial is None else trial
    label = f"{study}/{chosen}"
    if chosen not in set(done["trial"]):
        state = trials.loc[trials["trial"] == chosen, "status"]
        if state.empty:
            raise UnknownRun(f"trial must be one of {_numbers(trials['trial'])} of the study {study!r}, got {chosen}")
        raise UnknownRun(f"{label} has no {value} to compare: it is {state.iloc[0]}")
    for kind, source in (("confirmation", "confirmation runs"), ("replicate", "replicates")):
        values = _by_seed(table[(table["kind"] == kind) & (table["trial"] == chosen)], value)
        if len(values) > 1:
            return Sample(label, values, source)
    return Sample(label, _by_seed(done[done["trial"] == chosen], value), "one run")


def between(a: Sample, b: Sample, value: str = "val_mse") -> Between:
    """Compare two runs: seed by seed where both have two or more seeds in common, by Welch's t otherwise.

    With a single seed of either they are not distinguishable: another seed might give the other order.

    >>> a = Sample("mine/1", {0: 1.0, 1: 2.0, 2: 3.0}, "replicates")
    >>> b = Sample("mine/2", {0: 1.6, 1: 2.5, 2: 3.7}, "replicates")
    >>> print(between(a, b))
    mine/1 is better than mine/2: val_mse 2 (-0.484 to 4.48) against 2.6 (-0.0172 to 5.22), a difference of -0.6
    (95% interval -0.8484 to -0.3516); paired by 3 seeds that both have.
    """
    shared = sorted(a.by_seed.keys() & b.by_seed.keys())
    alone = [one.label for one in (a, b) if len(one.by_seed) == 1]
    comparison = None
    if a == b:
        how = "they are the same run"
    elif len(shared) > 1:
        comparison = paired([a.by_seed[seed] for seed in shared], [b.by_seed[seed] for seed in shared])
        how = f"paired by {len(shared)} seeds that both have"
    elif alone:
        how = f"{' and '.join(alone)} {'each have' if len(alone) > 1 else 'has'} a single seed, {_MORE}"
    else:
        comparison = unpaired(list(a.by_seed.values()), list(b.by_seed.values()))
        how = f"Welch's t, over {len(a.by_seed)} and {len(b.by_seed)} seeds that they do not share"
    return Between(
        a=a.label,
        b=b.label,
        value=value,
        mean_a=fmean(a.by_seed.values()),
        mean_b=fmean(b.by_seed.values()),
        interval_a=_interval(a),
        interval_b=_interval(b),
        comparison=comparison,
        verdict="not distinguishable" if comparison is None else _verdict(comparison, value),
        how=how,
    )


def _interval(one: Sample) -> Interval | None:
    return interval(list(one.by_seed.values())) if len(one.by_seed) > 1 else None


def _verdict(comparison: Comparison, value: str) -> Verdict:
    if not columns.higher_is_better(value):
        return comparison.verdict
    reversed_verdicts: dict[Verdict, Verdict] = {
        "better": "worse",
        "worse": "better",
        "not distinguishable": "not distinguishable",
    }
    return reversed_verdicts[comparison.verdict]


def _by_seed(runs: pd.DataFrame, value: str) -> dict[int, float]:
    runs = runs[runs[value].notna()]
    return {int(seed): float(number) for seed, number in zip(runs["seed"], runs[value], strict=True)}


def _mean(mean: float, bounds: Interval | None) -> str:
    return f"{mean:.4g}" if bounds is None else f"{mean:.4g} ({bounds.low:.3g} to {bounds.high:.3g})"


def _numbers(trials: "pd.Series[int]") -> str:
    known = sorted(trials)
    whole = known == list(range(known[0], known[-1] + 1)) and len(known) > 3
    return f"{known[0]} to {known[-1]}" if whole else ", ".join(map(str, known))

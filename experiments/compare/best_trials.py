"""The best trials of a study, and the baseline among them."""

import pandas as pd

from knobwise.experiments.compare import columns
from knobwise.experiments.statistics import interval

REPORTED = ("val_mse", "test_mse", "test_r2", "test_accuracy", "train_seconds")
"""The metrics that are shown of every trial, whichever it is chosen by."""


def best(table: pd.DataFrame, study: str, n: int = 5, by: str = "val_mse") -> pd.DataFrame:
    """The `n` best complete trials by `by`, best first, then the baseline unless it is among them.

    Columns: `trial, status, baseline`, the knobs that vary in the study, `by` and the other metrics of `REPORTED`,
    `run_id`. Where trials have replicates, `by` is their mean, and beside it stand `<by>_std`, the bounds of the
    mean's 95% interval `<by>_low` and `<by>_high`, and `seeds`, their number. Where trials were run again on fresh
    seeds, `confirmed`, `confirmed_low`, `confirmed_high` and `fresh_seeds` say the same of those runs, which the
    choice of the best cannot have flattered.

    Args:
        table: of `compare.runs`, with replicates and confirmations where these are to count.
        study: what an error calls it.
        n: how many, >= 1.
        by: a metric; the lowest first, or the highest where more is better (`test_r2`).

    Raises:
        NothingToCompare: no trial is complete.
        UnknownColumn: no such metric.
        ValueError: `n` is no whole number >= 1.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"n must be a whole number >= 1, got {n!r}")
    kind = table["kind"] if "kind" in table else pd.Series("trial", table.index)
    trials = table[kind == "trial"]
    done = columns.complete(trials, study, by, "by")
    first = done.sort_values(by, ascending=not columns.higher_is_better(by), kind="stable").head(n)
    baseline = trials[trials["baseline"] & ~trials["trial"].isin(first["trial"])]
    chosen = pd.concat([first, baseline], ignore_index=True)
    parts = [chosen[["trial", "status", "baseline", *columns.varied(trials), by]]]
    parts.append(_intervals(chosen, table[kind == "replicate"], by, (f"{by}_std", f"{by}_low", f"{by}_high", "seeds")))
    fresh = _intervals(
        chosen, table[kind == "confirmation"], by, ("", "confirmed_low", "confirmed_high", "fresh_seeds")
    )
    if len(fresh.columns):
        parts += [_means(chosen, table[kind == "confirmation"], by), fresh]
    parts.append(chosen[[name for name in (*REPORTED, "run_id") if name in chosen and name != by]])
    return pd.concat(parts, axis=1)


def _means(chosen: pd.DataFrame, runs: pd.DataFrame, by: str) -> pd.DataFrame:
    return pd.DataFrame({"confirmed": chosen["trial"].map(runs.groupby("trial")[by].mean())})


def _intervals(chosen: pd.DataFrame, runs: pd.DataFrame, by: str, called: tuple[str, str, str, str]) -> pd.DataFrame:
    """Spread, bounds and number of the `runs` of each trial; no columns where no trial has two of them."""
    found = {}
    for trial, values in runs.groupby("trial")[by]:
        finite = values.dropna().to_list()
        if len(finite) > 1:
            of = interval(finite)
            found[trial] = (of.std, of.low, of.high, of.n)
    if not found:
        return pd.DataFrame(index=chosen.index)
    nothing = (float("nan"),) * 3 + (1,)
    rows = pd.DataFrame([found.get(trial, nothing) for trial in chosen["trial"]], columns=list(called))
    return rows.drop(columns="", errors="ignore")

"""The best trials of a study, and the baseline among them."""

import math
from statistics import fmean

import pandas as pd

from knobwise.experiments.compare import columns
from knobwise.experiments.ranking import Ranking, Trial
from knobwise.experiments.record import names
from knobwise.experiments.statistics import interval

REPORTED = ("val_mse", "test_mse", "test_r2", "test_accuracy", "train_seconds")
"""The metrics that are shown of every trial, by whichever the best is chosen."""


def ranking(table: pd.DataFrame) -> Ranking:
    """The ranking of the trials in a table of `compare.runs`, with replicates and confirmations."""
    if "val_mse" not in table:
        table = table.assign(val_mse=math.nan)
    kind = _kind(table)
    seeds, fresh = (_values(table[kind == each], "val_mse") for each in ("replicate", "confirmation"))
    facts = ("trial", "status", "val_mse", "baseline", names.FRESH_SEEDS, names.CONFIRMED_VAL_MSE)
    rows = table[kind == "trial"].reindex(columns=list(facts)).itertuples(index=False, name=None)
    return Ranking(
        [
            Trial(
                number,
                status,
                val_mse,
                tuple(seeds.get(number, ())) if all(map(math.isfinite, seeds.get(number, ()))) else (),
                _confirmed(fresh.get(number, []), fresh_seeds, confirmed),
                baseline,
            )
            for number, status, val_mse, baseline, fresh_seeds, confirmed in rows
        ]
    )


def _confirmed(values: list[float], fresh_seeds: float, confirmed: float) -> tuple[float | None, ...]:
    """The values on fresh seeds that count: a confirmation that was interrupted has left runs that do not.

    Args:
        values: of all the runs on fresh seeds; NaN where one diverged.
        fresh_seeds: recorded once all of them are there; NaN before, and in studies of version 0.1.0.
        confirmed: their mean, recorded at the same time also by version 0.1.0; NaN where one diverged.
    """
    if not math.isnan(fresh_seeds):
        values = values[: int(fresh_seeds)]
    elif math.isnan(confirmed) and not any(map(math.isnan, values)):
        return ()
    return tuple(value if math.isfinite(value) else None for value in values)


def best(table: pd.DataFrame, study: str, n: int = 5, by: str = "val_mse") -> pd.DataFrame:
    """The `n` best complete trials by `by`, best first, then the baseline unless it is among them.

    Columns: `trial, status, baseline`, `best` and `tied` (whether the study's ranking has the trial as the best, or as
    not distinguishable from it), the knobs that vary in the study, `by` and the other metrics of `REPORTED`, `run_id`.
    Where trials have replicates, `by` is their mean, and beside it stand `<by>_std`, the bounds of the mean's 95%
    interval `<by>_low` and `<by>_high`, and `seeds`, their number. Where trials were confirmed, `confirmed`,
    `confirmed_low`, `confirmed_high` and `fresh_seeds` are the same for their runs on fresh seeds, whose mean has no
    selection bias; NaN where one of them diverged.

    Args:
        table: of `compare.runs`, with replicates and confirmations where these are to count.
        study: what an error calls it.
        n: how many, >= 1.
        by: `val_mse` for the order of the study's ranking, in which confirmed trials come first; or another metric, the
            lowest first, or the highest where more is better (`test_r2`).

    Raises:
        NothingToCompare: no trial is complete.
        UnknownColumn: no such metric.
        ValueError: `n` is no whole number >= 1.
    """
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"n must be a whole number >= 1, got {n!r}")
    kind = _kind(table)
    trials = table[kind == "trial"]
    done = columns.complete(trials, study, by, "by")
    ranked = ranking(table)
    if by == "val_mse":
        numbers = ranked.top(n)
    else:
        numbers = done.sort_values(by, ascending=not columns.higher_is_better(by), kind="stable")["trial"].to_list()[:n]
        numbers += [number for number in [ranked.baseline] if number is not None and number not in numbers]
    chosen = trials.set_index("trial", drop=False).loc[numbers].reset_index(drop=True)
    ranks = {"best": chosen["trial"] == ranked.best, "tied": chosen["trial"].isin(ranked.tied or ())}
    parts = [chosen[["trial", "status", "baseline"]].assign(**ranks), chosen[[*columns.varied(trials), by]]]
    names_of = {name: f"{by}_{name}" for name in ("std", "low", "high")}
    parts.append(_spread(numbers, _values(table[kind == "replicate"], by), names_of | {"count": "seeds"}, alone=1))
    fresh = _values(table[kind == "confirmation"], by)
    if ranked.fresh_seeds:  # those that the ranking compares
        fresh = {number: values[: ranked.fresh_seeds] for number, values in fresh.items()}
    names_of = {"mean": "confirmed", "low": "confirmed_low", "high": "confirmed_high", "count": "fresh_seeds"}
    parts.append(_spread(numbers, fresh, names_of, alone=0))
    parts.append(chosen[[name for name in (*REPORTED, "run_id") if name in chosen and name != by]])
    return pd.concat(parts, axis=1)


def _kind(table: pd.DataFrame) -> "pd.Series[str]":
    return table["kind"] if "kind" in table else pd.Series("trial", table.index)


def _values(runs: pd.DataFrame, metric: str) -> dict[int, list[float]]:
    """By trial, a metric of its `runs`, in their order."""
    by_trial: dict[int, list[float]] = {}
    for trial, value in zip(runs["trial"].to_list(), runs[metric].to_list(), strict=True):
        by_trial.setdefault(trial, []).append(value)
    return by_trial


def _spread(
    numbers: list[int], values: dict[int, list[float]], names_of: dict[str, str], *, alone: int
) -> pd.DataFrame:
    """Mean, std, bounds of the mean's interval and count of the `values` of each trial; empty where none has any.

    Args:
        numbers: the trials.
        values: by trial, those of its runs.
        names_of: the names of the columns that are wanted.
        alone: the count of a trial without such runs.
    """
    if not values:
        return pd.DataFrame(index=range(len(numbers)))
    rows = []
    for number in numbers:
        of_trial = values.get(number, [])
        known = bool(of_trial) and all(map(math.isfinite, of_trial))
        bounds = interval(of_trial)[1:4] if known and len(of_trial) > 1 else (math.nan,) * 3
        rows.append((fmean(of_trial) if known else math.nan, *bounds, len(of_trial) or alone))
    return pd.DataFrame(rows, columns=["mean", "std", "low", "high", "count"])[[*names_of]].rename(columns=names_of)

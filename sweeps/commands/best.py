"""Show the best trials of a study next to the baseline.

Usage: knobwise best STUDY [options]

    knobwise best lr_epochs
    knobwise best lr_epochs --n 3 --by test_r2

The best complete trials by validation error, those confirmed on fresh seeds first, or by another metric. ± is half of
the 95% interval for the mean over the seeds, where a trial has several; fresh seeds: not seen by the selection.

Options:
  --n N        how many (>= 1) [5]
  --by METRIC  the metric that they are ordered by [val_mse]
  --json       one line of JSON
"""

import json
import sys

import pandas as pd

from knobwise.experiments import compare
from knobwise.experiments.compare.best_trials import REPORTED
from knobwise.sweeps.engine.cli import listing
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.results.summary import legend
from knobwise.sweeps.engine.results.trials_table import label, with_interval


def main(given: Given) -> int:
    """Print the table that `given` asks for."""
    n, by = given.get("--n", 5), given.get("--by", "val_mse")
    return listing.refusing(lambda: _print(given["STUDY"], n, by, "--json" in given))


def _print(study: str, n: int, by: str, as_json: bool) -> int:
    table = compare.best(study, n, by)
    if as_json:
        sys.stdout.write(json.dumps({"study": study, "by": by, "best": listing.records(table)}, allow_nan=False) + "\n")
        return 0
    marks = zip(table["best"], table["tied"], table["baseline"], strict=True)
    labels = [label(best=best, tied=tied, baseline=baseline) for best, tied, baseline in marks]
    parts = {"": labels, "trial": listing.texts(table["trial"])}
    if not (table["status"] == "complete").all():
        parts["status"] = table["status"].to_list()
    names = list(map(str, table))
    knobs = names[names.index("tied") + 1 : names.index(by)]
    parts |= {name: listing.texts(table[name]) for name in knobs}
    parts[listing.HEADS.get(by, by)] = _with_interval(table, by)
    if "confirmed" in table:
        runs = zip(_with_interval(table, "confirmed"), table["confirmed"], table["fresh_seeds"], strict=True)
        parts["fresh seeds"] = [
            text if not pd.isna(mean) else "diverged" if seeds else "" for text, mean, seeds in runs
        ]
    parts |= {listing.HEADS[name]: listing.texts(table[name]) for name in REPORTED if name in table and name != by}
    listing.show(parts, ["seconds", "test R2", "test MSE"], bold=by == "val_mse")
    for line in legend(list(parts.values())):
        sys.stdout.write(f" {line}\n")
    return 0


def _with_interval(table: pd.DataFrame, mean: str) -> list[str]:
    """The mean, with half the width of its interval where it has one."""
    texts = listing.texts(table[mean])
    if f"{mean}_high" not in table:
        return texts
    known = zip(texts, table[mean], table[f"{mean}_high"], strict=True)
    return [text if pd.isna(high) else with_interval(value, high) for text, value, high in known]

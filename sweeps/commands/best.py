"""Show the best trials of a study next to the baseline.

    knobwise best lr_epochs
    knobwise best lr_epochs --n 3 --by test_r2

The best complete trials by validation error, or by another metric. ± is half of the 95% interval for the mean over the
seeds, where a trial has several; fresh seeds: the same runs again on seeds that the choice has not seen.

Options:
  --n N        how many [5]
  --by METRIC  chosen by what [val_mse]
  --json       one line of JSON
"""

import json
import sys

import pandas as pd

from knobwise.experiments import compare
from knobwise.experiments.compare.best_trials import REPORTED
from knobwise.sweeps.engine.cli import arguments, listing


def main(argv: list[str]) -> int:
    """Print the table that `argv` asks for."""
    if "-h" in argv or "--help" in argv:
        sys.stdout.write((__doc__ or "").strip() + "\n")
        return 0
    options = {"--n": "a whole number", "--by": "a metric"}
    given = arguments.read(argv, alone=("STUDY",), options=options, flags=("--json",))
    n, by = given.whole("--n", least=1) or 5, given.options.get("--by", "val_mse")
    return listing.refusing(lambda: _print(given.alone[0], n, by, "--json" in given.flags))


def _print(study: str, n: int, by: str, as_json: bool) -> int:
    table = compare.best(study, n, by)
    if as_json:
        sys.stdout.write(json.dumps({"study": study, "by": by, "best": listing.records(table)}, allow_nan=False) + "\n")
        return 0
    label = ["baseline" if is_baseline else "" for is_baseline in table["baseline"]]
    label[0] = "best" if not label[0] else label[0]
    parts = {"": pd.Series(label), "trial": listing.texts(table["trial"])}
    if not (table["status"] == "complete").all():
        parts["status"] = table["status"]
    names = list(map(str, table))
    knobs = names[names.index("baseline") + 1 : names.index(by)]
    parts |= {name: listing.texts(table[name]) for name in knobs}
    parts[listing.HEADS.get(by, by)] = _with_interval(table, by, f"{by}_high")
    if "confirmed" in table:
        parts["fresh seeds"] = _with_interval(table, "confirmed", "confirmed_high")
    parts |= {listing.HEADS[name]: listing.texts(table[name]) for name in REPORTED if name in table and name != by}
    listing.show(pd.DataFrame(parts), ["seconds", "test R2", "test MSE"], few=True)
    if f"{by}_high" in table:
        sys.stdout.write(" ± is half of the 95% interval for the mean over the seeds.\n")
    return 0


def _with_interval(table: pd.DataFrame, mean: str, high: str) -> "pd.Series[str]":
    """The mean, with half the width of its interval where it has one."""
    text = listing.texts(table[mean])
    if high not in table:
        return text
    half = (table[high] - table[mean]).map(lambda width: f" ± {width:.2g}", na_action="ignore").fillna("")
    return text + half.astype("str")

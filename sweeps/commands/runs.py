"""List the trials of a study: the knobs and the result of each.

Usage: knobwise runs STUDY [options]

    knobwise runs lr_epochs
    knobwise runs lr_epochs --sort val_mse --first 10

Shows the knobs that vary in the study. A name stands for its newest study, a key (lr_epochs-2) for that one.

Options:
  --sort COLUMN   by a knob or a metric, the smallest first [trial]
  --first N       only so many (>= 1)
  --json          one line of JSON with all knobs and metrics of each
"""

import json
import sys

from knobwise.experiments import compare
from knobwise.experiments.compare import columns
from knobwise.sweeps.engine.cli import listing
from knobwise.sweeps.engine.cli.parser import Given


def main(given: Given) -> int:
    """Print the table that `given` asks for."""
    by, first = given.get("--sort", "trial"), given.get("--first")
    return listing.refusing(lambda: _print(given["STUDY"], by, first, "--json" in given))


def _print(study: str, by: str, first: int | None, as_json: bool) -> int:
    table = compare.runs(study)
    known = ["trial", *columns.knobs(table), *columns.metrics(table)]
    table = table.sort_values(columns.checked(by, known, "--sort"), kind="stable").head(first or len(table))
    if as_json:
        key = str(table["study"].iloc[0]) if len(table) else study
        sys.stdout.write(json.dumps({"study": key, "runs": listing.records(table)}, allow_nan=False) + "\n")
        return 0
    if table.empty:
        sys.stdout.write(f"{study} has no finished trial.\n")
        return 0
    metrics = [name for name in ("val_mse", "test_mse", "test_r2", "test_accuracy", "train_seconds") if name in table]
    knobs = columns.varied(table)
    names = ["trial", "status", *knobs, *metrics]
    names += [by] * (by not in names)
    parts = {"": ["baseline" if is_baseline else "" for is_baseline in table["baseline"]]}
    parts |= {listing.HEADS.get(name, name): listing.texts(table[name]) for name in names}
    few_first = sorted(knobs, key=lambda name: (table[name].nunique(), -knobs.index(name)))
    listing.show(parts, ["seconds", "test R2", "test MSE", *few_first], bold=False)
    return 0

"""Four knobs at once against two: the winners of two sweeps. `python -m benchmarks.all_knobs --help`.

`all_knobs` and `lr_epochs` are run with their own budgets, for several seeds of the search, each in an empty folder.
Compared are their winners, chosen on fresh seeds: the test MSE of the trial itself, and its mean over the fresh seeds,
which had no part in the search. The cost is the seconds of training of all runs, those on fresh seeds included.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.command import parser
from knobwise.experiments import compare

SWEEPS = ("all_knobs", "lr_epochs")


class Winner(NamedTuple):
    """The winner of a sweep.

    Attributes:
        trial: its number.
        params: by their names in the space.
        test_mse: of the trial.
        fresh_test_mse: the mean over its fresh seeds.
        train_seconds: of all runs of the sweep.
    """

    trial: int
    params: dict[str, Any]
    test_mse: float
    fresh_test_mse: float
    train_seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 0 done, 1 a sweep failed, 2 bad usage."""
    options = _options(arguments)
    rows = []
    for seed in range(options.seeds):
        try:
            rows.append({name: winner(name, seed, options.trials)._asdict() for name in SWEEPS})
        except RuntimeError as error:
            print(f"knobwise benchmark: {error}", file=sys.stderr)
            return 1
        print(line(seed, rows[-1]), flush=True)
    print(verdict(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


def winner(name: str, seed: int, trials: int) -> Winner:
    """Run the sweep `name` in an empty folder, and read its winner from the record.

    Args:
        seed: of the search.
        trials: 0 for the sweep's own number.

    Raises:
        RuntimeError: the sweep failed.
    """
    script = Path(__file__).resolve().parents[1] / "sweeps" / f"{name}.py"
    words = ["--seed", str(seed), "--json", "--quiet", *(["--trials", str(trials)] if trials else [])]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(script), *words], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{name} with seed {seed} failed: {done.stderr.strip()}")
        answer = json.loads(done.stdout)
        runs = compare.runs(answer["study"], uri=answer["tracking_uri"], confirmations=True)
    best = answer["best"]
    fresh = runs[(runs["kind"] == "confirmation") & (runs["trial"] == best["number"])]
    return Winner(
        trial=best["number"],
        params=best["params"],
        test_mse=best["test_mse"],
        fresh_test_mse=float(fresh["test_mse"].mean()),
        train_seconds=float(runs["train_seconds"].sum()),
    )


def line(seed: int, row: dict[str, dict[str, Any]]) -> str:
    """The winners of one seed, for people."""
    parts = [
        f"{name} trial {each['trial']}: test MSE {each['test_mse']:.3f}, on fresh seeds {each['fresh_test_mse']:.3f}, "
        f"{each['train_seconds']:.0f} s of training"
        for name, each in row.items()
    ]
    return f"seed {seed}: {'; '.join(parts)}"


def verdict(rows: list[dict[str, dict[str, Any]]]) -> str:
    """In how many seeds four knobs have the lower error."""
    counts = [
        sum(row["all_knobs"][metric] < row["lr_epochs"][metric] for row in rows)
        for metric in ("test_mse", "fresh_test_mse")
    ]
    return (
        f"all_knobs has the lower test MSE with {counts[0]} of {len(rows)} seeds of the search, and the lower mean "
        f"over fresh seeds with {counts[1]}."
    )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    command = parser("The winners of all_knobs and of lr_epochs, for several seeds of the search.")
    command.add_argument("--seeds", type=int, default=5, help="seeds of the search")
    command.add_argument("--trials", type=int, default=0, help="of each sweep; 0 for the sweep's own number")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    options = command.parse_args(arguments)
    for name, least in (("seeds", 1), ("trials", 0)):
        if getattr(options, name) < least:
            command.error(f"{name} must be a whole number >= {least}, got {getattr(options, name)}")
    return options


if __name__ == "__main__":
    sys.exit(main())

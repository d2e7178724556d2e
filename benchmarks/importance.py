"""The number of trials at which `compare.importance` ranks knobs correctly: `python -m benchmarks.importance`.

Trials are drawn at random from a function whose true shares are known, the g-function of Sobol':

    g(x) = prod_i (|4 x_i - 2| + a_i) / (1 + a_i),   x uniform on [0, 1]^d

The variance that is lost when x_i alone is unknown is V_i prod_{j != i} (1 + V_j) with V_i = 1 / (3 (1 + a_i)^2): the
total effect of x_i. I. M. Sobol', Global sensitivity indices for nonlinear mathematical models and their Monte Carlo
estimates, Mathematics and Computers in Simulation 55, 2001.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.command import parser
from knobwise.experiments.compare.knob_importance import Knob, shares

Array = NDArray[np.float64]

FUNCTIONS = {
    "2 knobs": (0.0, 2.0),
    "4 knobs": (0.0, 1.0, 4.5, 9.0),
    "4 alike": (0.5, 1.0, 2.0, 4.0),
    "6 knobs": (0.0, 1.0, 4.5, 9.0, 99.0, 99.0),
}
"""The a of each function: the smaller, the more the knob matters."""

TRIALS = (10, 15, 20, 30, 40, 60, 100, 200)
NOISE = 0.1  # standard deviation, in units of the function's own, as from another seed


def g(X: Array, a: Array) -> Array:
    """The g-function of each row of X `(n, d)`."""
    value: Array = np.prod((np.abs(4 * X - 2) + a) / (1 + a), axis=1)
    return value


def true_shares(a: Array) -> Array:
    """The total effects, divided by their sum.

    >>> true_shares(np.array([0.0, 0.0])).tolist()
    [0.5, 0.5]
    """
    V = 1 / (3 * (1 + a) ** 2)
    effects = V * np.prod(1 + V) / (1 + V)
    of_total: Array = effects / effects.sum()
    return of_total


def trial(a: Array, n: int, seed: int) -> tuple[bool, bool, float]:
    """One study of `n` trials: whether the first knob is right, whether the first two are, the largest wrong share."""
    rng = np.random.default_rng([n, len(a), seed])
    X = rng.uniform(size=(n, len(a)))
    y = g(X, a)
    y += NOISE * y.std() * rng.standard_normal(n)
    estimated = shares([Knob(str(i), X[:, i : i + 1]) for i in range(len(a))], y, seed).mean(axis=0)
    order = np.argsort(-estimated).tolist()
    return order[0] == 0, order[:2] == [0, 1], float(np.abs(estimated - true_shares(a)).max())


def measure(trials: Sequence[int], repeats: int) -> list[dict[str, Any]]:
    """One row a function and number of trials."""
    rows = []
    for name, a in FUNCTIONS.items():
        for n in trials:
            studies = [trial(np.array(a), n, seed) for seed in range(repeats)]
            first, two, wrong = (float(np.mean(column)) for column in zip(*studies, strict=True))
            rows.append({"function": name, "trials": n, "first_right": first, "two_right": two, "error": wrong})
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code."""
    command = parser("From how many trials on compare.importance puts the knobs in the right order.")
    command.add_argument("--quick", action="store_true", help="three numbers of trials and few repeats")
    command.add_argument("--repeats", type=int, default=50, metavar="N", help="studies a row (50)")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    options = command.parse_args(arguments)
    if options.repeats < 1:
        command.error(f"repeats must be a whole number >= 1, got {options.repeats}")
    rows = measure(
        TRIALS[::3] if options.quick else TRIALS, min(options.repeats, 5) if options.quick else options.repeats
    )
    table = Table(title="How often the order of the knobs is right", title_justify="left")
    for column in ("function", "trials", "first right", "first two right", "error of a share"):
        table.add_column(column, justify="left" if column == "function" else "right")
    for row in rows:
        rates = (f"{row['first_right']:.0%}", f"{row['two_right']:.0%}", f"{row['error']:.2f}")
        table.add_row(row["function"], str(row["trials"]), *rates)
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

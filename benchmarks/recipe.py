"""The recipe that fits the article's surface one to one, ours against JAX's: `python -m benchmarks.recipe --help`."""

import argparse
import json
import math
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case, save_data
from benchmarks.command import parser
from benchmarks.contenders import load, missing
from benchmarks.entrant import Entrant, Failed, pick_cores
from benchmarks.measure import versions
from knobwise.experiments.problems.article import article, sample
from knobwise.nn_core import blas
from knobwise.nn_core.scaling import Scaling

Result = dict[str, Any]
CONTENDERS = ("ours", "jax_scan")
TURNS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 0 done, 1 a contender failed, 2 bad usage."""
    options = _options(arguments)
    runs = []
    try:
        for n in options.samples:
            steps = -(-n // options.batch)
            case = Case(
                name=f"recipe_{n}",
                title=f"{n:,} samples",
                contenders=tuple(name for name in CONTENDERS if not missing(load(name))),
                n=n,
                batch=options.batch,
                optimizer="adam",
                lr=options.lr,
                epochs=math.ceil(options.steps / steps),
                activation="silu",
            )
            lanes = fit(case, pick_cores(1))
            runs.append({"n": n, "epochs": case.epochs, "steps": case.epochs * steps, "lanes": lanes})
            for name, lane in lanes.items():
                print(f"{n:>6,} samples, {name:<15}{lane['seconds']:7.2f} s, grid R2 {lane['grid_r2']:.7f}")
    except Failed as failure:
        print(f"knobwise benchmark: {failure}", file=sys.stderr)
        return 1
    if options.json:
        about = (
            f"`[2, 64, 64, 64, 1]` with SiLU, from He's weights, in float32: Adam at {options.lr:g} with cosine "
            f"annealing to 0, batches of {options.batch}, {options.steps:,} steps. The two train in turns on one core, "
            f"{TURNS} turns each; the seconds are the sum."
        )
        machine = {**blas.report(), "system": platform.platform()}
        result = {"about": about, "machine": machine, "versions": versions(("numpy", "jax")), "runs": runs}
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


def fit(case: Case, cores: Sequence[int]) -> dict[str, Result]:
    """Trains every contender of the case to the end, in turns; its seconds (by both clocks), loss, and R2 on the grid.

    The first epoch, in which JAX compiles, is not timed.
    """
    lanes: dict[str, Result] = {}
    entrants: dict[str, Entrant] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = save_data(case, Path(folder))
        try:
            for name in case.contenders:
                entrants[name] = Entrant(name, cores)
                entrants[name].prepare(case, data)
                lanes[load(name).label] = {"seconds": 0.0, "cpu": 0.0}
            ends = [1 + (case.epochs - 1) * turn // TURNS for turn in range(TURNS + 1)]
            for begin, end in zip(ends, ends[1:], strict=False):
                for entrant, lane in zip(entrants.values(), lanes.values(), strict=True):
                    if end > begin:
                        answer = entrant.run(end - begin)
                        lane["seconds"] += answer["wall"]
                        lane["cpu"] += answer["cpu"]
                        lane["loss"] = answer["loss"]
            for entrant, lane in zip(entrants.values(), lanes.values(), strict=True):
                file = Path(folder) / "layers.npz"
                entrant.layers(file)
                lane["grid_r2"] = grid_r2(case, file)
        finally:
            for entrant in entrants.values():
                entrant.close()
    return lanes


def grid_r2(case: Case, layers: Path) -> float:
    """R2 on the article's grid of the network whose weights and biases are in the file `layers`.

    Computed in float64, by the same code for all contenders.
    """
    grid, table = article().test(), sample(case.n).to_numpy()
    scaling = Scaling.fit(table)
    with np.load(layers) as arrays:
        last = len(case.sizes) - 2
        outputs = (grid.X - scaling.mean[:2]) / scaling.std[:2]
        for i in range(last + 1):
            outputs = outputs @ arrays[f"W{i}"].astype(np.float64) + arrays[f"b{i}"]
            if i < last:
                outputs = outputs / (1 + np.exp(-outputs))
    errors = outputs * scaling.std[2] + scaling.mean[2] - grid.y
    return float(1 - np.mean(errors**2) / np.var(grid.y))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    command = parser("Fit the article's surface one to one: our trainer and JAX's, the same recipe, in turns.")
    command.add_argument("--samples", type=int, nargs="+", default=[1000, 10_000], help="training samples")
    command.add_argument("--steps", type=int, default=40_000, help="of the whole training")
    command.add_argument("--batch", type=int, default=100, help="samples in a step; divides the samples")
    command.add_argument("--lr", type=float, default=3e-3, help="the learning rate at the start")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    options = command.parse_args(arguments)
    for name, values in (("steps", [options.steps]), ("batch", [options.batch]), ("samples", options.samples)):
        if min(values) < 1:
            command.error(f"{name} must be a whole number >= 1, got {min(values)}")
    if not options.lr > 0:
        command.error(f"lr must be a number > 0, got {options.lr:g}")
    if any(n % options.batch for n in options.samples):
        command.error(f"batch must divide every number of samples, got {options.batch} for {options.samples}")
    return options


if __name__ == "__main__":
    sys.exit(main())

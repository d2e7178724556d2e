"""The coverage of the 95% intervals: `python -m benchmarks.coverage --help`.

Configurations are drawn from a sweep's space, with a fraction of its samples and epochs so that a training takes
tens of milliseconds, and each is run with 200 seeds. Their mean is taken as the true one. The seeds are divided into
groups of five, as `--seeds 5` would run them, and it is counted how many groups' intervals contain that mean.
"""

import argparse
import dataclasses
import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, NamedTuple

import numpy as np
import optuna

from benchmarks.command import parser
from knobwise.experiments.config import RunConfig
from knobwise.experiments.statistics import interval
from knobwise.sweeps.engine.search import samplers
from knobwise.sweeps.engine.space import catalogue
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.workers import pool
from knobwise.sweeps.engine.workers.jobs import Job, train
from knobwise.sweeps.engine.workers.pool import Workers

GROUP = 5
SAMPLES = 200  # of each training, so that it is short
SHORTER = 8  # times fewer epochs than the space gives
REDEALT = 2000  # random groups, to know one configuration's coverage better than from its 40 disjoint groups


class Study(NamedTuple):
    """The size of the study.

    Attributes:
        configurations: number of them.
        seeds: of each configuration.
    """

    configurations: int
    seeds: int


FULL, QUICK = Study(40, 200), Study(2, 20)


class Covered(NamedTuple):
    """The coverage of the intervals of one configuration.

    Attributes:
        disjoint: share of the groups without common seeds.
        redealt: share of `REDEALT` random groups of the same seeds.
        wide: half the interval's width over the mean, median over the disjoint groups.
    """

    disjoint: float
    redealt: float
    wide: float


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 0 done, 2 bad usage."""
    options = _options(arguments)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = QUICK if options.quick else FULL
    workers = pool.start("local", options.jobs, "")
    try:
        result = measure(catalogue.load(options.sweep), study, workers)
    finally:
        workers.close()
    print(text(result))
    if options.json:
        options.json.write_text(json.dumps(result) + "\n")
    return 0


def measure(sweep: Sweep, study: Study, workers: Workers) -> dict[str, Any]:
    """Run the study. A configuration of which a seed diverges has no mean, and the next one takes its place."""
    kept: list[dict[str, Any]] = []
    without_mean = 0
    for config in configurations(sweep):
        if len(kept) == study.configurations:
            break
        values = errors(sweep.problem, config, study.seeds, workers)
        if not values:
            without_mean += 1
            continue
        coverage = covered(values, np.random.default_rng(len(kept)))
        spread = {"mean": fmean(values), "std": stdev(values), "skewness": skewness(values)}
        kept.append({"lr": config.lr, "epochs": config.epochs, **spread, **coverage._asdict(), "val_mse": values})
        if sys.stderr.isatty():
            print(f"{len(kept)} of {study.configurations} configurations", end="\r", file=sys.stderr)
    parts = [each["disjoint"] for each in kept]
    contains = np.array([_contain(groups(each["val_mse"]), each["mean"]) for each in kept])
    redealt = [each["redealt"] for each in kept]
    return {
        "sweep": sweep.name,
        "samples": SAMPLES,
        "configurations": len(kept),
        "without_mean": without_mean,
        "seeds": study.seeds,
        "group": GROUP,
        "coverage": fmean(parts),
        "standard_error": max(_error(parts), _error(contains.mean(axis=0).tolist())),
        "least": min(redealt),
        "most": max(redealt),
        "redealt": fmean(redealt),
        "each": kept,
    }


def configurations(sweep: Sweep) -> Iterator[RunConfig]:
    """Random configurations of the sweep's space, made short; endless."""
    study = optuna.create_study(sampler=samplers.make("random", 0, 0))
    while True:
        config = sweep.config(study.ask())
        epochs = max(1, config.epochs // SHORTER)
        yield dataclasses.replace(config, n_samples=SAMPLES, epochs=epochs, batch_size=min(config.batch_size, SAMPLES))


def errors(problem: str, config: RunConfig, seeds: int, workers: Workers) -> list[float]:
    """The validation MSE for each seed; none where a seed diverges."""
    jobs = [
        Job(problem=problem, config=dataclasses.replace(config, seed=seed), pictures=False) for seed in range(seeds)
    ]
    first = workers.submit(train, jobs[0]).result()  # where the first seed diverges, the others are not needed
    if first.status == "diverged":
        return []
    futures = [workers.submit(train, job) for job in jobs[1:]]
    outcomes = [first, *(future.result() for future in futures)]
    values = [outcome.metrics.get("val_mse", math.inf) for outcome in outcomes]
    return values if all(map(math.isfinite, values)) else []


def covered(values: Sequence[float], random: np.random.Generator) -> Covered:
    """The share of intervals of groups of `values` that contain the mean of all of them."""
    mean = fmean(values)
    disjoint = groups(values)
    dealt = [random.choice(values, GROUP, replace=False).tolist() for _ in range(REDEALT)]
    return Covered(fmean(_contain(disjoint, mean)), fmean(_contain(dealt, mean)), _wide(disjoint, mean))


def groups(values: Sequence[float]) -> list[Sequence[float]]:
    """The seeds in fives, none twice; the same seeds together for every configuration."""
    return [values[at : at + GROUP] for at in range(0, len(values) - GROUP + 1, GROUP)]


def skewness(values: Sequence[float]) -> float:
    """The third central moment over the cube of the standard deviation: 0 for a symmetric distribution."""
    away = np.asarray(values) - fmean(values)
    return float(np.mean(away**3) / np.mean(away**2) ** 1.5)


def text(result: dict[str, Any]) -> str:
    """The result in two sentences."""
    return (
        f"{result['coverage']:.1%} (standard error {result['standard_error']:.1%}) of the 95% intervals from "
        f"{result['group']} seeds hold the mean of {result['seeds']}, over {result['configurations']} configurations "
        f"of {result['sweep']}.\nWith groups dealt anew from the same seeds: {result['redealt']:.1%}; by configuration "
        f"{result['least']:.1%} to {result['most']:.1%}."
    )


def _contain(dealt: Sequence[Sequence[float]], mean: float) -> list[bool]:
    """For each group, whether its interval contains `mean`."""
    return [each.low <= mean <= each.high for each in map(interval, dealt)]


def _wide(dealt: Sequence[Sequence[float]], mean: float) -> float:
    return float(np.median([(each.high - each.low) / 2 / mean for each in map(interval, dealt)]))


def _error(parts: Sequence[float]) -> float:
    """The standard error of the mean of `parts`: over configurations, or over groups, which share their seeds."""
    return stdev(parts) / math.sqrt(len(parts))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    command = parser("How often the 95% intervals from 5 seeds hold the mean of 200, on 40 configurations.")
    command.add_argument("--sweep", default="lr_epochs", choices=catalogue.names(), help="whose space to draw from")
    command.add_argument("--jobs", type=int, default=1, help="trainings at once")
    command.add_argument("--quick", action="store_true", help="2 configurations, 20 seeds: does it work at all")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result, every error in it")
    options = command.parse_args(arguments)
    if options.jobs < 1:
        command.error(f"jobs must be a whole number >= 1, got {options.jobs}")
    return options


if __name__ == "__main__":
    sys.exit(main())

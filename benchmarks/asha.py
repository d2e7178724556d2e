"""The savings and the cost of pruning: ASHA against none, on the same trials. `python -m benchmarks.asha --help`.

Every configuration that the random sampler draws for a sweep is trained once, to its end, rung by rung. Then the
sweep is replayed on the recorded values, with the engine's own sampler, rungs and pruner, one trial after the other:
once with ASHA, once without. The random sampler does not use results, so both have the same trials, and a replay
equals the sweep (`--live` runs some of the sweeps, to check that).
The best trial of each is then run on fresh seeds: the difference of their errors is the cost of pruning.
"""

import argparse
import dataclasses
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

import optuna

from benchmarks.command import parser
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.statistics import interval, paired
from knobwise.sweeps.engine.search import pruners, samplers
from knobwise.sweeps.engine.space import catalogue
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.workers import pool
from knobwise.sweeps.engine.workers.jobs import Job, train
from knobwise.sweeps.engine.workers.pool import Workers

FRESH = 5  # seeds that each best is run on again
AT = "at rung "


class Climb(NamedTuple):
    """A configuration trained to its end.

    Attributes:
        number: its trial's.
        config: as asked.
        at: val MSE by rung.
        val_mse: at the end; infinite where it diverged.
        epochs: that were trained.
    """

    number: int
    config: RunConfig
    at: dict[int, float]
    val_mse: float
    epochs: int


class Replay(NamedTuple):
    """The result of a sweep.

    Attributes:
        epochs: trained.
        pruned: number of pruned trials.
        best: of the complete trials.
    """

    epochs: int
    pruned: int
    best: Climb


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Returns its exit code: 0 done, 1 a live sweep differs from its replay, 2 bad usage."""
    options = _options(arguments)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sweep = catalogue.load(options.sweep)
    trials = options.trials or sweep.trials
    workers = pool.start("local", options.jobs, "")
    try:
        climbs = [record(sweep, seed, trials, workers) for seed in range(options.seeds)]
        compared = [compare(sweep, climbed, workers) for climbed in climbs]
    finally:
        workers.close()
    wrong = [line for seed in range(options.live) for line in differences(sweep, seed, trials, climbs[seed])]
    result = {"sweep": sweep.name, "trials": trials, "first": rungs.FIRST, "factor": rungs.FACTOR, "seeds": compared}
    result |= summary(compared) | {"live": options.live, "differences": wrong}
    print(text(result))
    for line in wrong:
        print(f"knobwise benchmark: {line}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    if options.curves:
        options.curves.write_text(json.dumps([_rows(climbed) for climbed in climbs]) + "\n")
    return 1 if wrong else 0


def record(sweep: Sweep, seed: int, trials: int, workers: Workers) -> list[Climb]:
    """Train all configurations that the sweep would try with the sampler's `seed`."""
    study = optuna.create_study(sampler=samplers.make("random", seed, 0))
    study.enqueue_trial(dict(sweep.baseline))
    configs = [sweep.config(study.ask()) for _ in range(trials)]
    futures: list[Future[Outcome]] = [
        workers.submit(climb, Job(problem=sweep.problem, config=config, pictures=False)) for config in configs
    ]
    return [_climb(number, future.result()) for number, future in enumerate(futures)]


def climb(job: Job) -> Outcome:
    """Train to the end, rung by rung; the val MSE at each rung becomes a metric of the outcome."""
    at: dict[str, float] = {}
    checkpoint, done = b"", 0
    while True:
        until = rungs.next_rung(done, job.config)
        outcome = train(dataclasses.replace(job, checkpoint=checkpoint, until=until))
        if outcome.status != "paused":
            return dataclasses.replace(outcome, metrics=outcome.metrics | at, checkpoint=b"")
        checkpoint, done = outcome.checkpoint, outcome.epochs_done
        at[f"{AT}{done}"] = outcome.metrics["val_mse"]


def replay(climbs: Iterable[Climb], pruner: str) -> Replay:
    """The sweep, trial after trial, with recorded values instead of training. The baseline is never pruned."""
    climbed = list(climbs)
    study = optuna.create_study(pruner=pruners.make(pruner, max(each.config.epochs for each in climbed)))
    epochs, complete = 0, []
    for each in climbed:
        trial = study.ask()
        pruned_at = 0
        for rung, value in each.at.items():
            trial.report(value, rung)
            if each.number != 0 and trial.should_prune():
                pruned_at = rung
                break
        epochs += pruned_at or each.epochs
        if not pruned_at:
            complete.append(each)
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    best = min(complete, key=lambda each: each.val_mse)
    return Replay(epochs, len(climbed) - len(complete), best)


def compare(sweep: Sweep, climbs: list[Climb], workers: Workers) -> dict[str, Any]:
    """Both replays of one sampler's seed, and the best trial of each on fresh seeds."""
    whole, pruned = replay(climbs, "none"), replay(climbs, "asha")
    fresh = {
        number: _on_fresh_seeds(sweep, config, workers)
        for number, config in {each.best.number: each.best.config for each in (whole, pruned)}.items()
    }
    ours, theirs = fresh[pruned.best.number], fresh[whole.best.number]
    same = pruned.best.number == whole.best.number
    return {
        "share": pruned.epochs / whole.epochs,
        "epochs": {"none": whole.epochs, "asha": pruned.epochs},
        "pruned": pruned.pruned,
        "best": {"none": whole.best.number, "asha": pruned.best.number},
        "val_mse": {"none": whole.best.val_mse, "asha": pruned.best.val_mse},
        "fresh": {"none": fmean(theirs), "asha": fmean(ours)},
        "verdict": "the same trial" if same else paired(ours, theirs).verdict,
    }


def summary(compared: list[dict[str, Any]]) -> dict[str, Any]:
    """Over all sampler's seeds: the share of the epochs, and how much higher the error of ASHA's best is."""
    shares = [each["share"] for each in compared]
    ratios = [math.log(each["fresh"]["asha"] / each["fresh"]["none"]) for each in compared]
    over_seeds: dict[str, Any] = {"share": {"mean": fmean(shares), "least": min(shares), "most": max(shares)}}
    over_seeds["ratio"] = {"median": math.exp(median(ratios)), "most": math.exp(max(ratios))}
    if len(compared) > 1:
        spread = interval(ratios)
        over_seeds["ratio"] |= {name: math.exp(getattr(spread, name)) for name in ("mean", "low", "high")}
    return over_seeds


def differences(sweep: Sweep, seed: int, trials: int, climbs: list[Climb]) -> list[str]:
    """How the sweep itself, run with one job, differs from its replay; nothing where it does not."""
    expected = replay(climbs, "asha")
    script = Path(__file__).resolve().parents[1] / "sweeps" / f"{sweep.name}.py"
    options = f"--trials {trials} --sampler random --pruner asha --jobs 1 --confirm 0 --json --quiet --seed {seed}"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(script), *options.split()], cwd=folder, capture_output=True, text=True, check=False
        )
    if done.returncode:
        return [f"seed {seed}: the sweep failed: {done.stderr.strip()}"]
    answer = json.loads(done.stdout)
    got = answer["trials"]["pruned"], answer["best"]["number"], answer["best"]["val_mse"]
    due = expected.pruned, expected.best.number, expected.best.val_mse
    same = got[:2] == due[:2] and math.isclose(got[2], due[2], rel_tol=1e-6)  # the last digits of float32 may differ
    return [] if same else [f"seed {seed}: pruned, best and its val MSE are {got}, {due} in the replay"]


def text(result: dict[str, Any]) -> str:
    """The result for people."""
    lines = [f"{'seed':>4}  {'epochs':>7}  {'best':>9}  {'val MSE':>13}  {'on fresh seeds':>15}"]
    for seed, each in enumerate(result["seeds"]):
        pairs = (f"{each[what]['none']:{form}} {each[what]['asha']:{form}}" for what, form in _SHOWN)
        best, value, fresh = pairs
        lines.append(f"{seed:>4}  {each['share']:>7.0%}  {best:>9}  {value:>13}  {fresh:>15}  {each['verdict']}")
    share, ratio = result["share"], result["ratio"]
    spread = f", 95% interval {ratio['low']:.2f} to {ratio['high']:.2f}" if "low" in ratio else ""
    lines.append(
        f"ASHA (rungs from {result['first']} epochs, factor {result['factor']}) trains {share['mean']:.0%} of the "
        f"epochs ({share['least']:.0%} to {share['most']:.0%}). On fresh seeds its best has "
        f"{ratio.get('mean', ratio['median']):.2f} times the error of the best without pruning{spread}."
    )
    return "\n".join(lines)


_SHOWN = (("best", "d"), ("val_mse", ".4g"), ("fresh", ".4g"))


def _on_fresh_seeds(sweep: Sweep, config: RunConfig, workers: Workers) -> list[float]:
    configs = [dataclasses.replace(config, seed=config.seed + 1 + at) for at in range(FRESH)]
    futures = [workers.submit(train, Job(problem=sweep.problem, config=each, pictures=False)) for each in configs]
    return [future.result().metrics["val_mse"] for future in futures]


def _climb(number: int, outcome: Outcome) -> Climb:
    metrics = outcome.metrics
    at = {int(name.removeprefix(AT)): value for name, value in metrics.items() if name.startswith(AT)}
    val_mse = metrics.get("val_mse", math.inf) if outcome.status != "diverged" else math.inf
    return Climb(number, outcome.config, at, val_mse, outcome.epochs_done)


def _rows(climbs: list[Climb]) -> list[list[Any]]:
    """As a table in JSON: learning rate, epochs and val MSE by rung, of those that did not diverge."""
    return [[each.config.lr, each.config.epochs, each.at] for each in climbs if math.isfinite(each.val_mse)]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    command = parser("ASHA against no pruning, on the same trials: epochs spent, and the best that is found.")
    command.add_argument("--sweep", default="lr_epochs", choices=catalogue.names(), help="which sweep")
    command.add_argument("--seeds", type=int, default=10, help="seeds of the sampler")
    command.add_argument("--trials", type=int, default=0, help="of each sweep; 0 for the sweep's own number")
    command.add_argument("--live", type=int, default=0, help="sweeps, from seed 0 on, to run as well")
    command.add_argument("--jobs", type=int, default=1, help="trainings at once")
    command.add_argument("--json", type=Path, metavar="FILE", help="write the result")
    command.add_argument("--curves", type=Path, metavar="FILE", help="write the val MSE at every rung")
    options = command.parse_args(arguments)
    for name, least in (("seeds", 1), ("trials", 0), ("live", 0), ("jobs", 1)):
        if getattr(options, name) < least:
            command.error(f"{name} must be a whole number >= {least}, got {getattr(options, name)}")
    if options.live > options.seeds:
        command.error(f"live must be at most the {options.seeds} seeds, got {options.live}")
    return options


if __name__ == "__main__":
    sys.exit(main())

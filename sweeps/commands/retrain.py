"""Train a study's best model from scratch: longer, or on more data.

Usage: knobwise retrain STUDY [options]

    knobwise retrain lr_epochs --epochs 20000

Trains from scratch with the knobs of the study's champion (its best trial, where it has none) but for those that are
given here, records the run below the study, and shows both results. The new model becomes the champion where its error
on the champion's validation data is lower.

Options:
  --epochs N     passes over the training samples (>= 1)
  --samples N    training samples (>= 2)
  --seed N       seed of data, initial weights and order of batches
  --trial N      from this trial instead of the champion
  --json         one line of JSON on stdout, and nothing else there

Ctrl-C gives up; nothing is recorded then.
"""

import dataclasses
import json
import math
import sys
import time
from typing import Any, NamedTuple

from rich.console import Console

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.model import images, retrained
from knobwise.experiments.model.champion import Promotion, promote
from knobwise.experiments.model.choice import Choice, choose
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.plots.surface_frames import frames
from knobwise.experiments.record.errors import CompareError
from knobwise.experiments.record.stores import without_credentials
from knobwise.experiments.text import r2_text
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.errors import BadInput, Unfinished
from knobwise.sweeps.engine.results import table
from knobwise.sweeps.engine.results.table import Column
from knobwise.sweeps.engine.workers import pool
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, train
from knobwise.sweeps.engine.workers.pool import Finished, Pool, Workers

KNOBS = {"--epochs": "epochs", "--samples": "n_samples", "--seed": "seed"}
"""The field of `RunConfig` that each option sets."""


class Trained(NamedTuple):
    """A training that is over.

    Attributes:
        outcome: of the run.
        started, ended: seconds since 1970.
    """

    outcome: Outcome
    started: float
    ended: float


def main(given: Given) -> int:
    """Train as `given` asks."""
    knobs = {knob: given[option] for option, knob in KNOBS.items() if option in given}
    try:
        choice = choose(given["STUDY"], given.get("--trial"))
    except CompareError as error:
        raise BadInput(str(error)) from None
    config = _config(choice.model.problem, choice.model.config, knobs)
    console = Console(stderr=True, highlight=False)
    with Interrupts() as interrupts:
        sys.stderr.write(f"From {choice.label}: {_changes(choice, config)}.\n")
        trained = _train(choice.model.problem, config, interrupts, console)
        if trained is None:
            sys.stderr.write("interrupted; nothing is recorded\n")
            return interrupts.exit_code
    run_id = retrained.record(choice, trained.outcome, _status(trained.outcome), trained.started, trained.ended)
    if _status(trained.outcome) == "complete":
        problem, outcome = problems.load(choice.model.problem), trained.outcome
        images.log(choice.uri, run_id, frames(problem, outcome.checkpoint, outcome.snapshots))
    promotion = _promoted(choice, trained.outcome, run_id)
    if "--json" in given:
        facts = _facts(choice, trained.outcome, run_id, promotion)
        sys.stdout.write(json.dumps(facts, allow_nan=False) + "\n")
    else:
        table.show(_columns(choice, trained.outcome), Console(highlight=False), bold=False)
        sys.stdout.write(f"{promotion.note}\n")
    return 0


def _config(problem: str, before: RunConfig, knobs: dict[str, int]) -> RunConfig:
    """The knobs to train with.

    Raises:
        BadInput: they do not go together, or the problem has too few samples.
    """
    most = problems.load(problem).most
    if most is not None and knobs.get("n_samples", 0) > most:
        raise BadInput(f"--samples must be at most {most} for {problem}, got {knobs['n_samples']}")
    try:
        return dataclasses.replace(before, **knobs)  # type: ignore[arg-type]  # all of them are whole numbers
    except ValueError as error:
        raise BadInput(str(error)) from None


def _train(problem: str, config: RunConfig, interrupts: Interrupts, console: Console) -> Trained | None:
    """Train in one worker, as a sweep would; None where it was interrupted.

    Raises:
        Unfinished: workers keep dying, or the run raised.
    """
    workers = pool.start("local", 1, "")
    started = time.time()
    try:
        with console.status("training"):
            outcome = _outcome(workers, Job(problem=problem, config=config), interrupts)
        return None if outcome is None else Trained(outcome, started, time.time())
    finally:
        workers.close()


def _outcome(workers: Workers, job: Job, interrupts: Interrupts) -> Outcome | None:
    """The outcome of a job; None where it was interrupted."""
    one = Pool[str](workers, interrupts, lambda _: (train, job))
    one.queue.append("the run")
    while not interrupts.signal:
        one.fill()
        for finished in one.wait():
            if isinstance(finished, Finished) and finished.outcome is None:
                raise Unfinished(f"the run could not be made: {finished.error}")
            if isinstance(finished, Finished):
                return finished.outcome
    return None


def _promoted(choice: Choice, outcome: Outcome, run_id: str) -> Promotion:
    """Promote the run, if it is better. Where the study has no champion, its best trial is promoted first."""
    if _status(outcome) != "complete":
        return Promotion(choice.champion, False, "The training diverged, so there is no model.")
    best = choice if choice.champion else choose(choice.study.run_id)
    if best.champion is None:
        promote(choice.uri, choice.study.study, best.model.run_id)
    return promote(choice.uri, choice.study.study, run_id)


def _status(outcome: Outcome) -> str:
    return "complete" if math.isfinite(outcome.metrics.get("test_mse", math.nan)) else "diverged"


def _changes(choice: Choice, config: RunConfig) -> str:
    changed = retrained.changes(choice.model.config, config)
    turned = ", ".join(f"{name} {after} instead of {before}" for name, (before, after) in changed.items())
    return turned or "the same knobs"


def _columns(choice: Choice, outcome: Outcome) -> list[Column]:
    """Before and after."""
    configs = choice.model.config, outcome.config
    metrics = choice.model.run.data.metrics, outcome.metrics
    columns = [Column("", ["champion" if choice.champion else f"trial {choice.model.trial}", "retrained"])]
    columns += [Column(knob, [str(getattr(each, knob)) for each in configs]) for knob in retrained.changes(*configs)]
    for head, name, text in (
        ("val MSE", "val_mse", "{:.4g}".format),
        ("test MSE", "test_mse", "{:.4g}".format),
        ("test R2", "test_r2", r2_text),
        ("seconds", "train_seconds", "{:.1f}".format),
    ):
        columns.append(Column(head, [text(each[name]) if name in each else "-" for each in metrics]))
    return columns


def _facts(choice: Choice, outcome: Outcome, run_id: str, promotion: Promotion) -> dict[str, Any]:
    kept = ("val_mse", "test_mse", "test_r2")
    before = choice.model.run.data.metrics
    champion = promotion.champion
    return {
        "study": choice.study.study,
        "from": {
            "run_id": choice.model.run_id,
            "trial": choice.model.trial,
            **{name: before.get(name) for name in kept},
        },
        "changed": retrained.changed(choice.model.config, outcome.config),
        "run_id": run_id,
        "status": _status(outcome),
        **{name: outcome.metrics.get(name) for name in kept},
        "champion": {"version": champion.version, "run_id": champion.run_id} if champion else None,
        "moved": promotion.moved,
        "tracking_uri": without_credentials(choice.uri),
    }

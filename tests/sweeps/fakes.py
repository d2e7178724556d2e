"""A sweep without training and without MLflow: an objective that is a formula, workers that do it at once."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import optuna

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Part, Problem
from knobwise.experiments.outcome import Curves, Outcome, Status
from knobwise.experiments.record.recorded import RecordedRun, StudyRun
from knobwise.experiments.record.tracker import Tracker
from knobwise.experiments.snapshots import dump
from knobwise.sweeps.engine.driver.budgets import Budget, Ending
from knobwise.sweeps.engine.driver.driver import Driver
from knobwise.sweeps.engine.driver.plan import Plan
from knobwise.sweeps.engine.driver.progress import Silent
from knobwise.sweeps.engine.recording.recorder import Recorder, StudyRecord
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.search import pruners, samplers, studies
from knobwise.sweeps.engine.search.storage import open_storage
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.trials.running_trial import RunningTrial, TrialOutcome
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, Work
from knobwise.sweeps.engine.workers.pool import Workers


def space(trial: optuna.Trial) -> dict[str, Any]:
    return {"lr": trial.suggest_float("lr", 1e-4, 1.0, log=True), "epochs": trial.suggest_int("epochs", 100, 4000)}


SWEEP = Sweep(
    name="formula",
    question="Where is the formula lowest?",
    knobs=("lr", "epochs"),
    space=space,
    baseline={"lr": 0.001, "epochs": 2000},
    fixed=RunConfig(n_samples=100, widths=(4,)),
)


def error_of(config: RunConfig, epoch: int) -> float:
    """Lowest at lr = 0.03, falling with epochs, another for each seed; a rate above 0.5 diverges."""
    return (math.log10(config.lr / 0.03)) ** 2 + 100 / epoch + 0.01 * config.seed


def formula(job: Job) -> Outcome:
    """What a worker does here."""
    last = job.config.epochs if job.until is None else job.until
    status: Status = "diverged" if job.config.lr > 0.5 else "complete" if last == job.config.epochs else "paused"
    metrics = {"train_seconds": 0.1, "epochs_per_second": 10.0, "n_parameters": 17.0}
    if status != "diverged":
        metrics["val_mse"] = error_of(job.config, last)
    if status == "complete":
        metrics |= {"test_mse": 2 * metrics["val_mse"], "test_r2": 0.5}
    nothing = np.zeros(0)
    return Outcome(
        problem=job.problem,
        config=job.config,
        status=status,
        epochs_done=last,
        curves=Curves(
            epoch=nothing.astype(np.int64), train_loss=nothing, val_epoch=nothing.astype(np.int64), val_loss=nothing
        ),
        metrics=metrics,
        datasets={},
        checkpoint=f"{last}".encode(),
        snapshots={**job.snapshots, last: np.full(3, float(last))},
    )


@dataclass
class AtOnce:
    """Workers that do a job while it is handed to them, and keep what they were given."""

    slots: int = 1
    lost: tuple[type[BaseException], ...] = (ConnectionError,)
    jobs: list[Job] = field(default_factory=list)

    def submit(self, work: Work, job: Job) -> "Future[Outcome]":
        self.jobs.append(job)
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(work(job))
        except Exception as error:  # noqa: BLE001  as an executor does
            future.set_exception(error)
        return future

    def close(self) -> None:
        pass


@dataclass
class Book:
    """A record in memory: what the recorder and the tracker wrote."""

    runs: dict[str, RecordedRun] = field(default_factory=dict)
    results: dict[int, TrialOutcome] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    checkpoints: dict[str, bytes] = field(default_factory=dict)
    taken: dict[str, bytes] = field(default_factory=dict)

    def record(self, running: RunningTrial, result: TrialOutcome, ended: float) -> "Future[str]":
        assert running.started <= ended
        self.results[running.number] = result
        done = {"epochs_done": float(result.outcome.epochs_done)}
        future = self._keep(running.number, result.status, "FINISHED", {**result.outcome.metrics, **done})
        self.checkpoints[future.result()] = result.outcome.checkpoint
        self.taken[future.result()] = dump(result.outcome.snapshots)
        return future

    def record_failure(self, running: RunningTrial, error: str, ended: float) -> "Future[str]":
        self.errors.append(error)
        return self._keep(running.number, "failed", "FAILED", {})

    def checkpoint(self, run_id: str) -> "Future[bytes]":
        future: Future[bytes] = Future()
        future.set_result(self.checkpoints.get(run_id, b""))
        return future

    def snapshots(self, run_id: str) -> "Future[bytes]":
        future: Future[bytes] = Future()
        future.set_result(self.taken.get(run_id, b""))
        return future

    def abandon(self, run_id: str) -> None:
        run = self.runs[run_id]
        self.runs[run_id] = RecordedRun(run_id, run.trial, None, "abandoned", "KILLED", run.metrics, False)

    def begin(self, trial: int) -> None:
        """A run as a driver leaves it that dies while writing it."""
        self.runs[f"half-{trial}"] = RecordedRun(f"half-{trial}", trial, None, "", "RUNNING", {}, False)

    def finished(self, trial: int) -> list[RecordedRun]:
        return [run for run in self.runs.values() if run.trial == trial and run.mlflow_status == "FINISHED"]

    def _keep(self, trial: int, status: str, state: str, metrics: dict[str, float]) -> "Future[str]":
        run_id = f"run-{len(self.runs)}"
        self.runs[run_id] = RecordedRun(run_id, trial, None, status, state, metrics, False)
        future: Future[str] = Future()
        future.set_result(run_id)
        return future


@dataclass
class Bench:
    """A place to run sweeps in, again and again on the same study."""

    folder: Path
    book: Book = field(default_factory=Book)
    workers: AtOnce = field(default_factory=AtOnce)
    interrupts: Interrupts = field(default_factory=Interrupts)

    def study(
        self, *, sampler: str = "random", pruner: str = "none", cost: str = "none", sweep: Sweep = SWEEP
    ) -> optuna.Study:
        storage = open_storage(str(self.folder / "search.journal"))
        chosen = studies.choose(storage, sweep.name, fresh=False)
        options = Options(trials=1, problem="article", sampler=sampler, pruner=pruner, cost=cost, name=sweep.name)
        return studies.open_study(
            storage, chosen, sweep, options, samplers.make(sampler, 0, 0), pruners.make(pruner, 4000)
        )

    def run(
        self,
        trials: int,
        *,
        study: optuna.Study | None = None,
        work: Work = formula,
        pruner: str = "none",
        seeds: int = 1,
        seconds: float = math.inf,
        points: Callable[[optuna.Study], Iterator[Mapping[str, Any]]] | None = None,
        lengths: Mapping[str, list[int]] | None = None,
        sweep: Sweep = SWEEP,
        **budget: float,
    ) -> tuple[results.Results, Ending]:
        study = study or self.study(pruner=pruner)
        record: Future[StudyRecord] = Future()
        run = StudyRun("1", "parent", study.study_name, "formula")
        record.set_result(StudyRecord(cast(Tracker, self.book), run, list(self.book.runs.values())))
        plan = Plan(
            sweep=sweep,
            problem="article",
            budget=Budget(trials=trials, deadline=time.monotonic() + seconds, **budget),
            seeds=seeds,
            rungs=pruner != "none",
            points=cast(Iterator[dict[str, Any]], points(study)) if points else None,
            lengths=lengths or {},
        )
        recorder, workers = cast(Recorder, self.book), cast(Workers, self.workers)
        ending = Driver(plan, study, work, workers, recorder, record, Silent(), self.interrupts).run()
        return results.of(study), ending


def table_problem(most: int, classes: int) -> Problem:
    """Random rows of two columns, `most` of them to train on, of as many `classes` (0 for a number)."""
    outputs = tuple(f"class {each}" for each in range(classes))
    outputs = outputs[1:] if classes == 2 else outputs or ("y",)

    def part(n: int, seed: int) -> Part:
        random = np.random.default_rng(seed)
        X, code = random.normal(size=(n, 2)), random.integers(max(classes, 1), size=n)
        y = X.sum(axis=1, keepdims=True) if not classes else np.eye(classes)[code][:, -len(outputs) :]
        return Part(X, y)

    return Problem(
        name=f"rows?classes={classes}&most={most}",
        inputs=("a", "b"),
        outputs=outputs,
        train=part,
        val=lambda seed: part(50, 1000 + seed),
        test=lambda: part(50, 2000),
        most=most,
        classes=tuple(f"class {each}" for each in range(classes)),
        target="class" if classes else "",
    )

"""Confirmation: the best few are run on seeds that the search has not used, before one of them is named the best.

The lowest of many values is low partly by chance: it has a selection bias, the larger, the more trials there were and
the more a seed matters. On fresh seeds nothing was selected, so their mean is what the setting is worth, and its
difference from the selected value is the selection bias.
"""

import concurrent.futures
import sys
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

import optuna

from knobwise.experiments import statistics
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record import names
from knobwise.experiments.record.stores import without_credentials
from knobwise.sweeps.engine.driver.extension import config_of
from knobwise.sweeps.engine.driver.progress import Display
from knobwise.sweeps.engine.recording.recorder import Recorder
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.study_attrs import CONFIRMED, RUN_ID
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.trials.running_trial import verdict
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, JobError, Work
from knobwise.sweeps.engine.workers.pool import Workers

TICK = 0.25  # seconds between looks at the clock and at interrupts
LOSSES = 2  # workers that may die under a run before its candidate is given up

End = Literal["done", "nobody", "timeout", "interrupted", "failed"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What is to be confirmed, and how.

    Attributes:
        sweep, problem: what each trial runs.
        seeds: replicates of each trial in the search: those took the seeds from 0 on.
        fresh: seeds for each candidate.
        deadline: on the clock of `time.monotonic`; no run begins after it.
    """

    sweep: Sweep
    problem: str
    seeds: int
    fresh: int
    deadline: float

    @property
    def first(self) -> int:
        """The first seed that the search has not used."""
        return max(self.seeds, self.sweep.fixed.seed + 1)

    def config(self, trial: optuna.trial.FrozenTrial, index: int) -> RunConfig:
        """The configuration of a trial on the fresh seed that has this `index`."""
        return config_of(self.sweep, trial, self.first + index)


@dataclass
class _Candidate:
    """A trial under confirmation: what it was selected by, its run's id, and its value by index of the fresh seed."""

    trial: optuna.trial.FrozenTrial
    selected: float
    run_id: str
    values: dict[int, float | None] = field(default_factory=dict)
    given_up: bool = False

    def metrics(self) -> dict[str, float]:
        """What is added to its run: the number of its fresh seeds, and, where it diverged on none, its mean on them."""
        values = [value for value in self.values.values() if value is not None]
        found = {names.FRESH_SEEDS: float(len(self.values))}
        if len(values) < len(self.values):
            return found
        mean = sum(values) / len(values)
        found |= {names.CONFIRMED_VAL_MSE: mean, "selection_bias": mean - self.selected}
        if len(values) > 1:
            spread = statistics.interval(values)
            found |= {"confirmed_val_mse_low": spread.low, "confirmed_val_mse_high": spread.high}
        return found


class Confirmation:
    """Runs a stage on a study whose search is over.

    A run on a fresh seed is finished in MLflow before its value is kept with the study in Optuna, all of a trial's at
    once. So whatever the moment of death, a run is either found in MLflow, and taken from there, or begun again.

    Args:
        stage: what to do.
        study: in Optuna.
        work: what a worker does with a job.
        workers: who does the jobs.
        recorder: who records; the study is open in it.
        display: shows how things stand.
        interrupts: says when to stop.
    """

    def __init__(
        self,
        stage: Stage,
        study: optuna.Study,
        work: Work,
        workers: Workers,
        recorder: Recorder,
        display: Display,
        interrupts: Interrupts,
    ) -> None:
        self._stage, self._study, self._work = stage, study, work
        self._workers, self._recorder = workers, recorder
        self._display, self._interrupts = display, interrupts
        self._queue: deque[tuple[_Candidate, int, int]] = deque()  # with the workers that have died under it
        self._flying: dict[Future[Outcome], tuple[_Candidate, int, int, float]] = {}
        self._writing: dict[Future[str], tuple[_Candidate, int, float | None]] = {}
        self._adding: dict[Future[None], _Candidate] = {}
        self._end: End = "done"

    def run(self) -> End:
        """Go on until all candidates are confirmed, the time is over, or an interrupt came; return which.

        What was confirmed in an earlier sitting is not run again. `nobody` where there are not two to choose from.

        Raises:
            StoreError: the record cannot be written.
        """
        chosen = results.of(self._study).to_confirm
        if not chosen:
            return "nobody"
        trials = self._study.get_trials(deepcopy=False)
        found = [_Candidate(trials[row.number], row.val_mse or 0.0, _run_id(trials[row.number])) for row in chosen]
        missing = [candidate for candidate in found if not self._known(candidate)]
        if not missing:
            return "done"
        self._take_from_record(missing)
        for index in range(self._stage.fresh):
            self._queue.extend((candidate, index, 0) for candidate in missing if index not in candidate.values)
        for candidate in missing:
            self._close(candidate)
        self._loop([candidate.trial.number for candidate in missing], len(self._queue))
        return self._end

    def _known(self, candidate: _Candidate) -> bool:
        """Whether the study holds all its values already; those that it holds are taken."""
        said = results.fresh(self._study.user_attrs, candidate.trial.number)
        candidate.values = {seed - self._stage.first: value for seed, value in said.items()}
        return all(index in candidate.values for index in range(self._stage.fresh))

    def _take_from_record(self, missing: list[_Candidate]) -> None:
        """Take finished runs from the record, and mark those as abandoned that a dead driver left half-written."""
        by_run = {candidate.run_id: candidate for candidate in missing}
        for run in self._recorder.confirmations().result():
            candidate = by_run.get(run.parent)
            if run.mlflow_status == "RUNNING":
                self._recorder.abandon(run.run_id).result()
            elif candidate and run.mlflow_status == "FINISHED" and not run.deleted and run.replicate is not None:
                candidate.values[run.replicate] = run.metrics["val_mse"] if run.status == "complete" else None

    def _loop(self, numbers: list[int], runs: int) -> None:
        while True:
            self._fill()
            if self._interrupts.signal and self._end != "interrupted":
                self._stop("interrupted")
            waiting: list[Future[Any]] = [*self._adding, *self._writing, *self._flying]
            if not waiting:
                return
            self._display.confirming(numbers, runs - len(self._queue) - len(self._flying), runs)
            done, _ = concurrent.futures.wait(waiting, TICK, concurrent.futures.FIRST_COMPLETED)
            for future in filter(done.__contains__, waiting):
                if future in self._flying:
                    self._arrived(future)
                elif future in self._writing:
                    self._written(future)
                else:
                    self._added(future)

    def _fill(self) -> None:
        """Give every worker something to do, and one job more for the first that is free."""
        while self._queue and len(self._flying) <= self._workers.slots and not self._interrupts.signal:
            if time.monotonic() >= self._stage.deadline:
                self._stop("timeout")
                return
            candidate, index, lost = self._queue.popleft()
            if not candidate.given_up:
                job = Job(problem=self._stage.problem, config=self._stage.config(candidate.trial, index))
                self._flying[self._workers.submit(self._work, job)] = (candidate, index, lost, time.time())

    def _arrived(self, future: "Future[Outcome]") -> None:
        candidate, index, lost, started = self._flying.pop(future)
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            outcome = future.result()
            value = outcome.metrics["val_mse"] if verdict([outcome]).status == "complete" else None
            recording = self._recorder.record_confirmation(
                trial=candidate.trial.number,
                parent=candidate.run_id,
                index=index,
                outcome=outcome,
                started=started,
                ended=time.time(),
            )
            self._writing[recording] = (candidate, index, value)
        elif isinstance(error, self._workers.lost) and lost < LOSSES:
            self._queue.appendleft((candidate, index, lost + 1))
        else:
            candidate.given_up, self._end = True, "failed"
            reason = str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}"
            reason = without_credentials(" ".join(reason.split()))
            sys.stderr.write(f"trial {candidate.trial.number} cannot be confirmed: {reason}\n")

    def _written(self, future: "Future[str]") -> None:
        candidate, index, value = self._writing.pop(future)
        future.result()
        candidate.values[index] = value
        self._close(candidate)

    def _close(self, candidate: _Candidate) -> None:
        """Where a candidate has all its values: add what follows from them to its own run, then tell Optuna."""
        if all(index in candidate.values for index in range(self._stage.fresh)):
            self._adding[self._recorder.add(candidate.run_id, candidate.metrics())] = candidate

    def _added(self, future: "Future[None]") -> None:
        candidate = self._adding.pop(future)
        future.result()
        values = {str(self._stage.first + index): value for index, value in sorted(candidate.values.items())}
        self._study.set_user_attr(f"{CONFIRMED}{candidate.trial.number}", values)

    def _stop(self, end: End) -> None:
        """Begin nothing more; what runs is finished and saved."""
        self._end = end
        self._queue.clear()
        for future in [*self._flying]:
            if future.cancel():
                self._flying.pop(future)


def note(end: End, options: str) -> list[str]:
    """What is to be said of a stage that did not come to its end.

    Args:
        end: how it ended.
        options: the option that stopped it, as the user gave it: `--timeout 60`.
    """
    go_on = "the same command goes on from here"
    return {
        "done": [],
        "nobody": [],
        "timeout": [f"Not confirmed on fresh seeds: the time of {options} was over. With more, {go_on}."],
        "interrupted": [f"Not confirmed on fresh seeds: interrupted. All finished runs are saved, and {go_on}."],
        "failed": [f"Not confirmed on fresh seeds: runs failed. What is finished is saved, and {go_on}."],
    }[end]


def _run_id(trial: optuna.trial.FrozenTrial) -> str:
    run_id: str = trial.user_attrs[RUN_ID]
    return run_id

"""Confirmation: the best few are run on seeds that the search has not used, before one of them is named the best.

The lowest of many values is low partly by chance: it has a selection bias, the larger, the more trials there were and
the more a seed matters. On fresh seeds nothing was selected, so their mean is what the setting is worth, and its
difference from the selected value is the selection bias.
"""

import sys
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import optuna

from knobwise.experiments import statistics
from knobwise.experiments.config import RunConfig
from knobwise.experiments.record import names
from knobwise.experiments.record.stores import without_credentials
from knobwise.sweeps.engine.driver.extension import config_of
from knobwise.sweeps.engine.driver.progress import Display
from knobwise.sweeps.engine.recording.recorder import Recorder
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.study_attrs import CONFIRMED, RUN_ID
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.trials.running_trial import trial_outcome
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, Work
from knobwise.sweeps.engine.workers.pool import Finished, Pool, Workers

End = Literal["done", "no candidates", "timeout", "interrupted", "failed"]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What has to be confirmed, and how.

    Attributes:
        sweep: what each trial runs.
        problem: on which data.
        seeds: replicates of each trial in the search, which took the seeds from 0 on.
        fresh: how many fresh seeds each candidate is run on.
        deadline: on the clock of `time.monotonic`; no run begins after it.
    """

    sweep: Sweep
    problem: str
    seeds: int
    fresh: int
    deadline: float

    @property
    def first_seed(self) -> int:
        """The first seed that the search has not used."""
        return max(self.seeds, self.sweep.fixed.seed + 1)

    def config(self, trial: optuna.trial.FrozenTrial, index: int) -> RunConfig:
        """The configuration of a trial on the `index`th fresh seed."""
        return config_of(self.sweep, trial, self.first_seed + index)


@dataclass(eq=False)
class _Candidate:
    """A trial under confirmation.

    Attributes:
        trial: in Optuna.
        selected: the val MSE that it was selected by.
        run_id: of its own run in MLflow.
        values: val MSE by index of the fresh seed; None where it diverged.
        failed: whether one of its runs failed, so that it cannot be confirmed.
    """

    trial: optuna.trial.FrozenTrial
    selected: float
    run_id: str
    values: dict[int, float | None] = field(default_factory=dict)
    failed: bool = False

    def metrics(self) -> dict[str, float]:
        """What is added to its run: the number of its fresh seeds, and, where it diverged on none, its mean on them."""
        values = [value for value in self.values.values() if value is not None]
        metrics = {names.FRESH_SEEDS: float(len(self.values))}
        if len(values) < len(self.values):
            return metrics
        mean = sum(values) / len(values)
        metrics |= {names.CONFIRMED_VAL_MSE: mean, "selection_bias": mean - self.selected}
        if len(values) > 1:
            spread = statistics.interval(values)
            metrics |= {"confirmed_val_mse_low": spread.low, "confirmed_val_mse_high": spread.high}
        return metrics


class _Run(NamedTuple):
    """Attributes:
    candidate: whose run it is.
    seed_index: which fresh seed it has, from 0.
    """

    candidate: _Candidate
    seed_index: int


class Confirmation:
    """Confirms the best trials of a study.

    A run on a fresh seed is finished in MLflow before its value is kept with the study in Optuna, all values of a trial
    at once. So at whatever moment the driver dies, a run is finished in MLflow and read from there, or run again.

    Args:
        stage: what to do.
        study: in Optuna.
        work: the function that workers call with a job.
        workers: run the jobs.
        recorder: writes to MLflow; it has opened the study.
        display: shows the progress.
        interrupts: whether to stop.
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
        self._recorder, self._display, self._interrupts = recorder, display, interrupts
        self._pool = Pool(workers, interrupts, self._call)
        self._recording: dict[Future[str], tuple[_Run, float | None]] = {}  # with the value of each
        self._adding: dict[Future[None], _Candidate] = {}
        self._end: End = "done"

    def run(self) -> End:
        """Run until all candidates are confirmed, the deadline has passed, or an interrupt came; return which.

        What an earlier session confirmed is not run again. `no candidates` where there are not two to choose from.

        Raises:
            StoreError: the record cannot be written.
            Unfinished: workers cannot start.
        """
        chosen = results.of(self._study).to_confirm
        if not chosen:
            return "no candidates"
        trials = self._study.get_trials(deepcopy=False)
        candidates = [
            _Candidate(trials[row.number], row.val_mse or 0.0, trials[row.number].user_attrs[RUN_ID]) for row in chosen
        ]
        missing = [candidate for candidate in candidates if not self._read_from_study(candidate)]
        if not missing:
            return "done"
        self._read_from_record(missing)
        for index in range(self._stage.fresh):
            self._pool.queue.extend(_Run(candidate, index) for candidate in missing if index not in candidate.values)
        for candidate in missing:
            self._finish_if_complete(candidate)
        self._loop([candidate.trial.number for candidate in missing], len(self._pool.queue))
        return self._end

    def _read_from_study(self, candidate: _Candidate) -> bool:
        """Take the values that the study has in Optuna, and return whether these are all."""
        by_seed = results.fresh(self._study.user_attrs, candidate.trial.number)
        candidate.values = {seed - self._stage.first_seed: value for seed, value in by_seed.items()}
        return self._complete(candidate)

    def _complete(self, candidate: _Candidate) -> bool:
        return all(index in candidate.values for index in range(self._stage.fresh))

    def _read_from_record(self, missing: list[_Candidate]) -> None:
        """Take the values of finished runs, and abandon the runs that a killed driver left unfinished."""
        by_run = {candidate.run_id: candidate for candidate in missing}
        for run in self._recorder.confirmations().result():
            candidate = by_run.get(run.parent)
            if run.mlflow_status == "RUNNING":
                self._recorder.abandon(run.run_id).result()
            elif candidate and run.mlflow_status == "FINISHED" and not run.deleted and run.replicate is not None:
                candidate.values[run.replicate] = run.metrics["val_mse"] if run.status == "complete" else None

    def _loop(self, numbers: list[int], runs: int) -> None:
        while True:
            if self._interrupts.signal:
                self._stop("interrupted")
            elif self._pool.queue and time.monotonic() >= self._stage.deadline:
                self._stop("timeout")
            self._pool.fill()
            if not (self._adding or self._recording or self._pool.in_flight):
                return
            self._display.confirming(numbers, runs - len(self._pool.queue) - self._pool.in_flight, runs)
            for done in self._pool.wait(*self._adding, *self._recording):
                if isinstance(done, Finished):
                    self._run_ended(done)
                elif done in self._recording:
                    self._recorded(done)
                else:
                    self._added(done)

    def _call(self, run: _Run) -> tuple[Work, Job] | None:
        candidate, index = run
        if candidate.failed:
            return None
        return self._work, Job(problem=self._stage.problem, config=self._stage.config(candidate.trial, index))

    def _run_ended(self, finished: Finished[_Run]) -> None:
        candidate, index = finished.task
        outcome = finished.outcome
        if outcome is None:
            candidate.failed, self._end = True, "failed"
            reason = without_credentials(" ".join(finished.error.split()))
            sys.stderr.write(f"trial {candidate.trial.number} cannot be confirmed: {reason}\n")
            return
        value = outcome.metrics["val_mse"] if trial_outcome([outcome]).status == "complete" else None
        recording = self._recorder.record_confirmation(
            trial=candidate.trial.number,
            parent=candidate.run_id,
            index=index,
            outcome=outcome,
            started=finished.started,
            ended=time.time(),
        )
        self._recording[recording] = finished.task, value

    def _recorded(self, recording: Future[str]) -> None:
        (candidate, index), value = self._recording.pop(recording)
        recording.result()
        candidate.values[index] = value
        self._finish_if_complete(candidate)

    def _finish_if_complete(self, candidate: _Candidate) -> None:
        """Where a candidate has all its values, add what follows from them to its own run."""
        if self._complete(candidate):
            self._adding[self._recorder.add(candidate.run_id, candidate.metrics())] = candidate

    def _added(self, adding: Future[None]) -> None:
        """A candidate's values are in MLflow: keep them with the study in Optuna."""
        candidate = self._adding.pop(adding)
        adding.result()
        values = {str(self._stage.first_seed + index): value for index, value in sorted(candidate.values.items())}
        self._study.set_user_attr(f"{CONFIRMED}{candidate.trial.number}", values)

    def _stop(self, end: End) -> None:
        """Begin no more runs; those that run are finished and saved."""
        self._end = end
        self._pool.stop()


def note(end: End, options: str) -> list[str]:
    """Why a confirmation is not complete, as a line for the user; nothing where it is.

    Args:
        end: how it ended.
        options: the option with its value that limits the time, such as `--timeout 60`.
    """
    resume = "the same command resumes it"
    return {
        "done": [],
        "no candidates": [],
        "timeout": [f"Not confirmed on fresh seeds: the time of {options} was over. With more, {resume}."],
        "interrupted": [f"Not confirmed on fresh seeds: interrupted. All finished runs are saved, and {resume}."],
        "failed": [f"Not confirmed on fresh seeds: runs failed. What is finished is saved, and {resume}."],
    }[end]

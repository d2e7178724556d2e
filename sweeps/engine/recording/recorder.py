"""The recorder: the one thread of a sweep that writes to MLflow, so that nothing else has to wait for it.

MLflow takes seconds to import and to create its tables. That happens in this thread while the first trials train.
"""

import importlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import optuna
from optuna.distributions import distribution_to_json

from knobwise.experiments import snapshots
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.ranking import LEADERS
from knobwise.experiments.record import names
from knobwise.experiments.record.artifacts import CHECKPOINT, SNAPSHOTS
from knobwise.sweeps.engine.recording import store_link
from knobwise.sweeps.engine.trials.running_trial import RunningTrial, TrialOutcome, trial_outcome

if TYPE_CHECKING:
    from knobwise.experiments.model.champion import Promotion
    from knobwise.experiments.plots.surface_frames import Frame
    from knobwise.experiments.record.recorded import RecordedRun, StudyRun
    from knobwise.experiments.record.tracker import Tracker
    from knobwise.experiments.references.fit import Reference


T = TypeVar("T")


@dataclass(frozen=True)
class StudyRecord:
    """A study's record in MLflow.

    Attributes:
        tracker: writes to the store that has it.
        run: the study's own run, the parent of all others.
        runs: the trials and replicates that were recorded before this session.
    """

    tracker: "Tracker"
    run: "StudyRun"
    runs: list["RecordedRun"]


class Recorder:
    """Writes in the order in which it is asked to, in one thread. A future is done when its write is."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "recorder")
        self._thread.submit(_import_for_the_start)
        self._opening: Future[StudyRecord] | None = None
        self._lowest: list[float] = []  # `val_mse` of the leaders, rising; the recorder's thread alone uses it

    def open(
        self, search: optuna.Study, *, sweep: str, name: str, problem: str, about: Mapping[str, str]
    ) -> Future[StudyRecord]:
        """Open the store, and in it the parent run of the study `search`."""

        def work() -> StudyRecord:
            from knobwise.experiments.record.tracker import Tracker

            tracker = Tracker()
            store_link.check(search, tracker)
            run = tracker.open_study(sweep=sweep, name=name, study=search.study_name, problem=problem, about=about)
            store_link.save(search, run.run_id, tracker.uri)
            for left in tracker.confirmations(run):
                if left.mlflow_status == "RUNNING":
                    tracker.abandon(left.run_id)
            recorded = tracker.recorded(run)
            for each in recorded:
                if each.status == "complete" and each.replicate is None and not each.deleted:
                    self._leads(each.metrics.get("val_mse", math.inf))
            return StudyRecord(tracker, run, recorded)

        self._opening = self._thread.submit(work)
        self._thread.submit(_import_for_the_end)
        return self._opening

    def record(self, running: RunningTrial, result: TrialOutcome, ended: float) -> "Future[str]":
        """Record a trial and, where there are several, its replicates; return the id of its run.

        Its snapshots are recorded where it can still win.
        """

        def work(study: StudyRecord) -> str:
            def created(run_id: str) -> None:
                # Before the trial's own run is finished: so a run that is finished has all its replicates.
                for index, outcome in enumerate(result.replicates):
                    if len(result.replicates) > 1:
                        study.tracker.record(
                            study.run,
                            trial=running.number,
                            status=_replicate_status(result, outcome),
                            outcome=outcome,
                            started=running.started,
                            ended=ended,
                            replicate=index,
                            parent=run_id,
                        )

            return study.tracker.record(
                study.run,
                trial=running.number,
                status=result.status,
                outcome=result.outcome,
                started=running.started,
                ended=ended,
                tags=_tags(running),
                metrics=result.spread | _reused(running),
                further=self._snapshots(running, result),
                on_created=created,
            )

        return self._submit(work)

    def record_failure(self, running: RunningTrial, error: str, ended: float) -> "Future[str]":
        """Record a trial that has no outcome, and why; return the id of its run."""
        return self._submit(
            lambda study: study.tracker.record_failure(
                study.run,
                trial=running.number,
                config=running.configs[0] if running.configs else None,
                error=error,
                started=running.started,
                ended=ended,
                tags=_tags(running),
            )
        )

    def record_confirmation(
        self, *, trial: int, parent: str, index: int, outcome: Outcome, started: float, ended: float
    ) -> "Future[str]":
        """Record a run on the `index`th fresh seed below its trial's own run, `parent`; return its id."""
        tags = {names.KIND: "confirmation", names.RUN_NAME: f"trial {trial}, fresh seed {outcome.config.seed}"}
        return self._submit(
            lambda study: study.tracker.record(
                study.run,
                trial=trial,
                status=trial_outcome([outcome]).status,
                outcome=outcome,
                started=started,
                ended=ended,
                tags=tags,
                replicate=index,
                parent=parent,
            )
        )

    def record_reference(self, reference: "Reference", ended: float) -> "Future[str]":
        """Record a reference model as a run of its own, once, however often this is called; return its id."""
        return self._submit(lambda study: study.tracker.record_reference(study.run, reference, ended=ended))

    def confirmations(self) -> "Future[list[RecordedRun]]":
        """The study's runs on fresh seeds, whatever their state."""
        return self._submit(lambda study: study.tracker.confirmations(study.run))

    def abandon(self, run_id: str) -> "Future[None]":
        """Mark a run that a killed driver left unfinished: it counts for nothing."""
        return self._submit(lambda study: study.tracker.abandon(run_id))

    def add(self, run_id: str, metrics: Mapping[str, float]) -> "Future[None]":
        """Add metrics to a finished run."""
        return self._submit(lambda study: study.tracker.add(run_id, metrics))

    def measure(self, seen: Mapping[str, float], at: float) -> "Future[None]":
        """Add system metrics to the study's own run; `at` in seconds since 1970."""
        return self._submit(lambda study: study.tracker.measure(study.run, seen, at))

    def checkpoint(self, run_id: str) -> "Future[bytes]":
        """Read a run's checkpoint; empty where the run has none, or its file is missing."""
        return self._submit(lambda study: study.tracker.file(run_id, CHECKPOINT))

    def snapshots(self, run_id: str) -> "Future[bytes]":
        """Read a run's snapshots, as `snapshots.load` takes them; empty where the run has none."""
        return self._submit(lambda study: study.tracker.file(run_id, SNAPSHOTS))

    def promote(self, run_id: str, *, confirmed_best: bool) -> "Future[Promotion]":
        """Make the run's model the study's champion where it is better than the present one: see `champion.promote`."""

        def work(study: StudyRecord) -> "Promotion":
            from knobwise.experiments.model.champion import promote

            return promote(study.tracker.uri, study.run.study, run_id, confirmed_best=confirmed_best)

        return self._submit(work)

    def frames(self, run_id: str) -> "Future[set[int]]":
        """The epochs of the frames of its surface that a run has."""

        def work(study: StudyRecord) -> set[int]:
            from knobwise.experiments.model import images

            return images.logged(study.tracker.uri, run_id)

        return self._submit(work)

    def add_frames(self, run_id: str, frames: "Sequence[Frame]") -> "Future[int]":
        """Add frames of its surface to a run."""

        def work(study: StudyRecord) -> int:
            from knobwise.experiments.model import images

            return images.log(study.tracker.uri, run_id, frames)

        return self._submit(work)

    def finish(
        self,
        *,
        description: str,
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
        pictures: Mapping[str, bytes],
        interrupted: bool,
        report: bool,
    ) -> "Future[None]":
        """Put the results onto the study's own run, its report too, and mark it as ended."""

        def work(study: StudyRecord) -> None:
            study.tracker.summarise(study.run, description=description, metrics=metrics, tags=tags, pictures=pictures)
            if report:
                from knobwise.experiments import report as reports

                page = reports.write(study.run.run_id, study.tracker.uri)
                study.tracker.attach(study.run.run_id, {reports.FILE: page.encode()})
            study.tracker.close_study(study.run, interrupted=interrupted)

        return self._submit(work)

    def close(self) -> None:
        """Drop what has not begun, and wait for what has."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _snapshots(self, running: RunningTrial, result: TrialOutcome) -> dict[str, bytes]:
        """The file of a trial's snapshots; none where it cannot win."""
        complete = result.status == "complete"
        leads = complete and self._leads(result.outcome.metrics["val_mse"])
        if not complete or not result.outcome.snapshots or not (leads or running.number == 0):
            return {}
        return {SNAPSHOTS: snapshots.dump(result.outcome.snapshots)}

    def _leads(self, val_mse: float) -> bool:
        """Whether a trial with this `val_mse` is one of the leaders so far; the value is kept for the next."""
        self._lowest = sorted([*self._lowest, val_mse])[:LEADERS]
        return val_mse in self._lowest

    def _submit(self, work: Callable[[StudyRecord], T]) -> "Future[T]":
        """Do `work` in the thread, after everything that it was asked to do before."""
        opening = self._opening
        if opening is None:
            raise RuntimeError("the study must be opened before anything is recorded")
        return self._thread.submit(lambda: work(opening.result()))  # done: the thread opened it before


def _import_for_the_start() -> None:
    importlib.import_module("knobwise.experiments.record.tracker")
    importlib.import_module("mlflow")


def _import_for_the_end() -> None:
    """Import what the end of a session needs while the workers train, and not while they have nothing to do."""
    for name in (
        "mlflow.pyfunc",
        "knobwise.experiments.model.champion",
        "knobwise.experiments.report",
        "knobwise.experiments.plots.study.trials",
    ):
        importlib.import_module(name)


def _tags(running: RunningTrial) -> dict[str, str]:
    trial = running.trial
    chosen = {name: (trial.params[name], distribution_to_json(each)) for name, each in trial.distributions.items()}
    baseline = {names.BASELINE: "true"} if running.number == 0 else {}
    return (
        {names.SEARCHED: json.dumps(chosen)}
        | baseline
        | ({names.EXTENDS: str(running.extends)} if running.extends is not None else {})
    )


def _reused(running: RunningTrial) -> dict[str, float]:
    return {names.EPOCHS_TAKEN_OVER: float(running.epochs_reused)} if running.epochs_reused else {}


def _replicate_status(result: TrialOutcome, outcome: Outcome) -> str:
    """A replicate's own status: where another one diverged, it may be complete, or paused and so pruned."""
    if result.status != "diverged":
        return result.status
    return {"diverged": "diverged", "paused": "pruned"}.get(outcome.status, "complete")

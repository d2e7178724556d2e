"""The recorder: the one thread of a sweep that writes to MLflow, so that nothing else has to wait for it.

MLflow takes seconds to import and to create its tables. That happens in this thread while the first trials train.
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import optuna

from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record import names
from knobwise.sweeps.engine.recording import store_link
from knobwise.sweeps.engine.trials.running_trial import RunningTrial, TrialOutcome, trial_outcome

if TYPE_CHECKING:
    from knobwise.experiments.forming import Frame
    from knobwise.experiments.model.champion import Crowned
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
            return StudyRecord(tracker, run, tracker.recorded(run))

        self._opening = self._thread.submit(work)
        self._thread.submit(_import_for_the_end)
        return self._opening

    def record(self, running: RunningTrial, result: TrialOutcome, ended: float) -> "Future[str]":
        """Record a trial and, where there are several, its replicates; return the id of its run."""

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
        return self._submit(lambda study: study.tracker.checkpoint(run_id))

    def champion(self) -> "Future[str]":
        """The id of the run whose model is the study's champion; empty where there is none."""

        def work(study: StudyRecord) -> str:
            from knobwise.experiments.model import champion

            return champion.present(study.tracker.uri, study.run.study)

        return self._submit(work)

    def crown(self, run_id: str, *, confirmed_best: bool) -> "Future[Crowned]":
        """Make the run's model the study's champion, where it is better than the one there is; see `champion.crown`."""

        def work(study: StudyRecord) -> "Crowned":
            from knobwise.experiments.model.champion import crown

            return crown(study.tracker.uri, study.run.study, run_id, confirmed_best=confirmed_best)

        return self._submit(work)

    def show(self, run_id: str, frames: "Sequence[Frame]") -> "Future[int]":
        """Put the pictures of a surface that forms onto a run's page."""

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
    baseline = {names.BASELINE: "true"} if running.number == 0 else {}
    return baseline | ({names.EXTENDS: str(running.extends)} if running.extends is not None else {})


def _reused(running: RunningTrial) -> dict[str, float]:
    return {names.EPOCHS_TAKEN_OVER: float(running.epochs_reused)} if running.epochs_reused else {}


def _replicate_status(result: TrialOutcome, outcome: Outcome) -> str:
    """A replicate's own status: where another one diverged, it may be complete, or paused and so pruned."""
    if result.status != "diverged":
        return result.status
    return {"diverged": "diverged", "paused": "pruned"}.get(outcome.status, "complete")

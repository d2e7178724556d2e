"""The recorder: the one thread that writes to MLflow, so that nothing else has to wait for it.

MLflow takes seconds to import and to make its tables. That happens in this thread while the first trials train.
"""

import importlib
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import optuna

from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record import names
from knobwise.sweeps.engine.recording import store_link
from knobwise.sweeps.engine.trials.running_trial import Attempt, Verdict, verdict

if TYPE_CHECKING:
    from knobwise.experiments.forming import Frame
    from knobwise.experiments.model.champion import Crowned
    from knobwise.experiments.record.recorded import RecordedRun, StudyRun
    from knobwise.experiments.record.tracker import Tracker
    from knobwise.experiments.references.fit import Reference


@dataclass(frozen=True)
class Opened:
    """Attributes: the store, the study's parent run, and the runs it held already."""

    tracker: "Tracker"
    run: "StudyRun"
    recorded: list["RecordedRun"]


class Recorder:
    """Everything it is asked to write is written in order, by one thread; the future tells when."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "recorder")
        self._thread.submit(_warm_up)
        self._opened: Future[Opened] | None = None

    def open(
        self, search: optuna.Study, *, sweep: str, name: str, problem: str, about: Mapping[str, str]
    ) -> Future[Opened]:
        """Open the store, and in it the parent run of the study `search`."""

        def work() -> Opened:
            from knobwise.experiments.record.tracker import Tracker

            tracker = Tracker()
            store_link.check(search, tracker)
            run = tracker.open_study(sweep=sweep, name=name, study=search.study_name, problem=problem, about=about)
            store_link.save(search, run.run_id, tracker.uri)
            for left in tracker.confirmations(run):
                if left.mlflow_status == "RUNNING":
                    tracker.abandon(left.run_id)
            return Opened(tracker, run, tracker.recorded(run))

        self._opened = self._thread.submit(work)
        self._thread.submit(_warm_up_the_end)
        return self._opened

    def record(self, attempt: Attempt, verdict: Verdict, ended: float) -> "Future[str]":
        """Record a trial and, where there are several, its replicates."""

        def work() -> str:
            opened = self._there()

            def created(run_id: str) -> None:
                # Before the trial's own run is finished: so a run that is finished has all its replicates.
                for number, outcome in enumerate(verdict.replicates):
                    if len(verdict.replicates) > 1:
                        opened.tracker.record(
                            opened.run,
                            trial=attempt.number,
                            status=_status_alone(verdict, outcome),
                            outcome=outcome,
                            started=attempt.started,
                            ended=ended,
                            replicate=number,
                            parent=run_id,
                        )

            return opened.tracker.record(
                opened.run,
                trial=attempt.number,
                status=verdict.status,
                outcome=verdict.outcome,
                started=attempt.started,
                ended=ended,
                tags=_tags(attempt),
                metrics=verdict.spread | _taken_over(attempt),
                on_created=created,
            )

        return self._thread.submit(work)

    def record_failure(self, attempt: Attempt, error: str, ended: float) -> "Future[str]":
        """Record a trial that has no outcome, and why."""
        return self._thread.submit(
            lambda: self._there().tracker.record_failure(
                self._there().run,
                trial=attempt.number,
                config=attempt.configs[0] if attempt.configs else None,
                error=error,
                started=attempt.started,
                ended=ended,
                tags=_tags(attempt),
            )
        )

    def record_confirmation(
        self, *, trial: int, parent: str, index: int, outcome: Outcome, started: float, ended: float
    ) -> "Future[str]":
        """Record a run of a trial on the fresh seed that has this `index`, below the trial's own run."""
        tags = {names.KIND: "confirmation", names.RUN_NAME: f"trial {trial}, fresh seed {outcome.config.seed}"}
        return self._thread.submit(
            lambda: self._there().tracker.record(
                self._there().run,
                trial=trial,
                status=verdict([outcome]).status,
                outcome=outcome,
                started=started,
                ended=ended,
                tags=tags,
                replicate=index,
                parent=parent,
            )
        )

    def record_reference(self, reference: "Reference", ended: float) -> "Future[str]":
        """Record a model that the trials are seen beside, as a run of its own; once, however often it is asked."""
        return self._thread.submit(
            lambda: self._there().tracker.record_reference(self._there().run, reference, ended=ended)
        )

    def confirmations(self) -> "Future[list[RecordedRun]]":
        """The runs on fresh seeds that the study has, whatever their state."""
        return self._thread.submit(lambda: self._there().tracker.confirmations(self._there().run))

    def abandon(self, run_id: str) -> "Future[None]":
        """Mark a run that a dead driver left half-written: it counts for nothing."""
        return self._thread.submit(lambda: self._there().tracker.abandon(run_id))

    def add(self, run_id: str, metrics: Mapping[str, float]) -> "Future[None]":
        """Add to the metrics of a run that is over."""
        return self._thread.submit(lambda: self._there().tracker.add(run_id, metrics))

    def measure(self, seen: Mapping[str, float], at: float) -> "Future[None]":
        """Add what was seen of the machine to the study's own run; `at` in seconds since 1970."""
        return self._thread.submit(lambda: self._there().tracker.measure(self._there().run, seen, at))

    def checkpoint(self, run_id: str) -> "Future[bytes]":
        """Read a run's checkpoint; empty where the run has none, or its file is gone."""
        return self._thread.submit(lambda: self._there().tracker.checkpoint(run_id))

    def champion(self) -> "Future[str]":
        """The id of the run whose model is the study's champion; empty where there is none."""

        def work() -> str:
            from knobwise.experiments.model import champion

            return champion.present(self._there().tracker.uri, self._there().run.study)

        return self._thread.submit(work)

    def crown(self, run_id: str, *, confirmed_best: bool) -> "Future[Crowned]":
        """Make the run's model the study's champion, where it is better than the one there is; see `champion.crown`."""

        def work() -> "Crowned":
            from knobwise.experiments.model.champion import crown

            return crown(self._there().tracker.uri, self._there().run.study, run_id, confirmed_best=confirmed_best)

        return self._thread.submit(work)

    def show(self, run_id: str, frames: "Sequence[Frame]") -> "Future[int]":
        """Put the pictures of a surface that forms onto a run's page."""

        def work() -> int:
            from knobwise.experiments.model import images

            return images.log(self._there().tracker.uri, run_id, frames)

        return self._thread.submit(work)

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
        """Put what was found onto the study's parent run, its report too, and mark it as over."""

        def work() -> None:
            opened = self._there()
            opened.tracker.summarise(opened.run, description=description, metrics=metrics, tags=tags, pictures=pictures)
            if report:
                from knobwise.experiments import report as reports

                page = reports.write(opened.run.run_id, opened.tracker.uri)
                opened.tracker.attach(opened.run.run_id, {reports.FILE: page.encode()})
            opened.tracker.close_study(opened.run, interrupted=interrupted)

        return self._thread.submit(work)

    def close(self) -> None:
        """Drop what is not yet begun, and wait for what is."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _there(self) -> Opened:
        if self._opened is None:
            raise RuntimeError("the study must be opened before anything is recorded")
        return self._opened.result()  # done, or this very thread would not be here


def _warm_up() -> None:
    importlib.import_module("knobwise.experiments.record.tracker")
    importlib.import_module("mlflow")


def _warm_up_the_end() -> None:
    """Import what the end of a sitting calls for while the workers train, and not while they have nothing to do."""
    for name in (
        "mlflow.pyfunc",
        "knobwise.experiments.model.champion",
        "knobwise.experiments.report",
        "knobwise.experiments.plots.study.trials",
    ):
        importlib.import_module(name)


def _tags(attempt: Attempt) -> dict[str, str]:
    baseline = {names.BASELINE: "true"} if attempt.number == 0 else {}
    return baseline | ({names.EXTENDS: str(attempt.extends)} if attempt.extends is not None else {})


def _taken_over(attempt: Attempt) -> dict[str, float]:
    return {names.EPOCHS_TAKEN_OVER: float(attempt.taken_over)} if attempt.taken_over else {}


def _status_alone(verdict: Verdict, outcome: Outcome) -> str:
    """A replicate's own status: where one of a trial's replicates diverges, the others are complete or cut short."""
    if verdict.status != "diverged":
        return verdict.status
    return {"diverged": "diverged", "paused": "pruned"}.get(outcome.status, "complete")

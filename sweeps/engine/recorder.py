"""The recorder: the one thread that writes to MLflow, so that nothing else has to wait for it.

MLflow takes seconds to import and to make its tables. That happens in this thread while the first trials train.
"""

import importlib
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from experiments.outcome import Outcome
from experiments.record import names
from sweeps.engine.attempts import Attempt, Verdict

if TYPE_CHECKING:
    from experiments.record.recorded import RecordedRun, StudyRun
    from experiments.tracking import Tracker

RUN_ID = "run_id"  # the user attribute of a trial that holds its run's id


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

    def open(self, *, sweep: str, name: str, study: str, problem: str, about: Mapping[str, str]) -> Future[Opened]:
        """Open the store and the study's parent run in it."""

        def work() -> Opened:
            from experiments.tracking import Tracker

            tracker = Tracker()
            run = tracker.open_study(sweep=sweep, name=name, study=study, problem=problem, about=about)
            return Opened(tracker, run, tracker.recorded(run))

        self._opened = self._thread.submit(work)
        return self._opened

    def record(self, attempt: Attempt, verdict: Verdict, ended: float) -> "Future[str]":
        """Record a trial and, where there are several, its replicates."""

        def work() -> str:
            opened = self._there()

            def created(run_id: str) -> None:
                attempt.trial.set_user_attr(RUN_ID, run_id)
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
                metrics=verdict.spread,
                on_created=created,
            )

        return self._thread.submit(work)

    def record_failure(self, attempt: Attempt, error: str, ended: float) -> "Future[str]":
        """Record a trial that has no outcome, and why."""
        return self._thread.submit(
            lambda: self._there().tracker.record_failure(
                self._there().run,
                trial=attempt.number,
                config=attempt.configs[0],
                error=error,
                started=attempt.started,
                ended=ended,
                tags=_tags(attempt),
            )
        )

    def finish(
        self,
        *,
        description: str,
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
        pictures: Mapping[str, bytes],
        interrupted: bool,
    ) -> "Future[None]":
        """Put what was found onto the study's parent run, and mark it as over."""

        def work() -> None:
            opened = self._there()
            opened.tracker.summarise(opened.run, description=description, metrics=metrics, tags=tags, pictures=pictures)
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
    importlib.import_module("experiments.tracking")
    importlib.import_module("mlflow")


def _tags(attempt: Attempt) -> dict[str, str]:
    return {names.BASELINE: "true"} if attempt.number == 0 else {}


def _status_alone(verdict: Verdict, outcome: Outcome) -> str:
    """A replicate's own status: where one of a trial's replicates diverges, the others are complete or cut short."""
    if verdict.status != "diverged":
        return verdict.status
    return {"diverged": "diverged", "paused": "pruned"}.get(outcome.status, "complete")

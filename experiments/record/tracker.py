"""Outcomes into MLflow: a parent run for each study, a child for each trial.

Read the record with `knobwise.experiments.compare`, or in `mlflow ui`. What each name in it means: `docs/record.md`.
"""

import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, final

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record import (
    artifacts,
    entries,
    experiment,
    leftovers,
    names,
    reference_runs,
    relocation,
    study_runs,
    writers,
)
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.provenance import origin
from knobwise.experiments.record.readers import choice as readers
from knobwise.experiments.record.recorded import RecordedRun as RecordedRun
from knobwise.experiments.record.recorded import StudyRun as StudyRun
from knobwise.experiments.record.stores import StoreError, tracking_uri, without_credentials

if TYPE_CHECKING:
    from mlflow.entities import Metric

    from knobwise.experiments.references.fit import Reference

_NO_TAGS: Mapping[str, str] = {}
_NO_METRICS: Mapping[str, float] = {}
_NO_FILES: Mapping[str, bytes] = {}


@final
class Tracker:
    """Writes runs to one store, for one driver. Making one imports MLflow and opens the store: seconds, so do it late.

    Args:
        uri: the store's address; where it is None, the one that `stores.tracking_uri` finds.

    Raises:
        StoreError: the store cannot be used. Every method raises it too; one line, without credentials.
    """

    def __init__(self, uri: str | None = None) -> None:
        self.uri = tracking_uri(uri)
        relocation.check(self.uri)
        self._client = connect(self.uri)
        self._writer = writers.choose(self._client, self.uri)
        self._reader = readers.choose(self.uri, self._client)
        leftovers.remove(Path(tempfile.gettempdir()), artifacts.SCRATCH)
        self._origin = origin()
        self._steps: dict[str, int] = {}  # of curves over time, by run

    def open_study(self, *, sweep: str, name: str, study: str, problem: str, about: Mapping[str, str]) -> StudyRun:
        """Make the study's parent run, or set the one that is recorded to RUNNING.

        Args:
            sweep: name of the experiment; it is made where there is none.
            name, study: as in `StudyRun`.
            problem: the problem's name.
            about: further facts, kept as tags `knobwise.about.*`.
        """
        tags = {
            **self._origin,
            names.NAME: name,
            names.STUDY: study,
            names.KIND: "study",
            names.SWEEP: sweep,
            names.PROBLEM: problem,
            **{names.ABOUT + key: without_credentials(value) for key, value in about.items()},
        }
        with self._failing(f"cannot open the study {study!r} in"):
            experiment_id = experiment.opened(self._client, sweep)
            parent = self._parent(experiment_id, study)
            if parent is None:
                run = self._client.create_run(experiment_id, start_time=_now(), tags=entries.tags(tags), run_name=study)
                return StudyRun(experiment_id, run.info.run_id, study, name, sweep)
            if parent.deleted:
                raise StoreError(
                    f"the study {study!r} was deleted in MLflow: restore it there (run {parent.run_id}), "
                    "or start another with --fresh or --name"
                )
            self._log(parent.run_id, tags=tags)
            self._client.update_run(parent.run_id, status="RUNNING")
            return StudyRun(experiment_id, parent.run_id, study, name, sweep)

    def record(
        self,
        study: StudyRun,
        *,
        trial: int,
        status: str,
        outcome: Outcome,
        started: float,
        ended: float,
        tags: Mapping[str, str] = _NO_TAGS,
        metrics: Mapping[str, float] = _NO_METRICS,
        replicate: int | None = None,
        parent: str | None = None,
        further: Mapping[str, bytes] = _NO_FILES,
        on_created: Callable[[str], None] | None = None,
    ) -> str:
        """Record a run that is over, and return MLflow's id of it.

        Should the driver die on the way, MLflow is left with a run that is RUNNING and has no status: see `abandon`.

        Args:
            study: whose trial it is.
            trial: the trial's number.
            status: one of `names.STATUSES`.
            outcome: the run's.
            started, ended: seconds since 1970.
            tags, metrics: further ones; they replace ours of the same name.
            replicate: which replicate of the trial it is; None for the trial itself.
            parent: run id of the trial that it is a replicate of.
            further: more files, by artifact path.
            on_created: called with the run's id before anything else is written.
        """
        if status not in names.STATUSES:
            raise ValueError(f"status must be one of {', '.join(names.STATUSES)}, got {status!r}")
        started_ms, ended_ms = round(started * 1000), round(ended * 1000)
        values = {**outcome.metrics, "epochs_done": float(outcome.epochs_done), **metrics}
        with self._failing(f"cannot record trial {trial} of {study.study!r} in"):
            first_tags = {names.PROBLEM: outcome.problem, **tags}
            run_id, address = self._child(study, trial, started_ms, first_tags, replicate, parent)
            if on_created:
                on_created(run_id)
            artifacts.write(self._client, run_id, address, lambda folder: entries.write_files(outcome, further, folder))
            curves = entries.curve_metrics(outcome.curves, started_ms, ended_ms)
            results = writers.Results(
                state="FAILED" if status == "failed" else "FINISHED",
                ended=ended_ms,
                tags=entries.tags({names.STATUS: status}),
                params=entries.params(outcome.config),
                metrics=[*curves, *entries.metrics(values, ended_ms)],
                inputs=entries.dataset_inputs(outcome),
            )
            self._writer.complete(run_id, results)
        return run_id

    def record_failure(
        self,
        study: StudyRun,
        *,
        trial: int,
        config: RunConfig | None,
        error: str,
        started: float,
        ended: float,
        tags: Mapping[str, str] = _NO_TAGS,
    ) -> str:
        """Record a trial that raised, with its `error`, and return MLflow's id of the run.

        `config` is None where the trial's knobs make no valid configuration.
        """
        last_tags = entries.tags({names.STATUS: "failed", names.ERROR: without_credentials(error)})
        with self._failing(f"cannot record trial {trial} of {study.study!r} in"):
            run_id, _ = self._child(study, trial, round(started * 1000), tags, None, None)
            params = entries.params(config) if config else []
            results = writers.Results(state="FAILED", ended=round(ended * 1000), tags=last_tags, params=params)
            self._writer.complete(run_id, results)
        return run_id

    def record_reference(self, study: StudyRun, reference: "Reference", *, ended: float) -> str:
        """Record a reference model of a study, unless it is recorded already; its run's id."""
        with self._failing(f"cannot record the reference models of {study.study!r} in"):
            for run in study_runs.every_run(self._reader, study, "reference"):
                if run.reference == reference.name and run.mlflow_status == "FINISHED":
                    return run.run_id
                if run.reference == reference.name and run.status != names.ABANDONED:  # its driver died on the way
                    self.abandon(run.run_id)
            return reference_runs.write(self._writer, self._origin, study, reference, ended)

    def has(self, run_id: str) -> bool:
        """Whether the store has the run; also one that was deleted, which can be undone."""
        from mlflow.exceptions import MlflowException

        with self._failing(f"cannot look for run {run_id} in"):
            try:
                self._client.get_run(run_id)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                return False
        return True

    def recorded(self, study: StudyRun) -> list[RecordedRun]:
        """Every trial and replicate of `study` in the record, whatever its state, by trial and replicate."""
        with self._failing(f"cannot read the study {study.study!r} in"):
            return study_runs.trials_and_replicates(study_runs.every_run(self._reader, study), study)

    def confirmations(self, study: StudyRun) -> list[RecordedRun]:
        """Every run of a trial of `study` on a fresh seed, whatever its state, by trial and seed."""
        with self._failing(f"cannot read the study {study.study!r} in"):
            return study_runs.every_run(self._reader, study, "confirmation")

    def file(self, run_id: str, path: str) -> bytes:
        """A recorded run's file, by artifact path; empty where it has none, or the file or the run is gone."""
        if not self.has(run_id):
            return b""
        with self._failing(f"cannot read {path} of run {run_id} in"):
            return artifacts.read(self._client, run_id, path)

    def add(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Add to the metrics of a run that is over."""
        with self._failing(f"cannot add to run {run_id} in"):
            self._log(run_id, metrics=entries.metrics(metrics, _now()))

    def measure(self, study: StudyRun, metrics: Mapping[str, float], at: float) -> None:
        """Add a point to curves over time on the study's parent run; `at` in seconds since 1970, steps count on."""
        with self._failing(f"cannot add to the study {study.study!r} in"):
            if study.run_id not in self._steps:
                histories = (self._client.get_metric_history(study.run_id, name) for name in metrics)
                self._steps[study.run_id] = 1 + max((point.step for each in histories for point in each), default=-1)
            step = self._steps[study.run_id]
            self._log(study.run_id, metrics=entries.metrics(metrics, round(at * 1000), step))
            self._steps[study.run_id] += 1

    def abandon(self, run_id: str) -> None:
        """Mark a run that a dead driver left RUNNING as KILLED, with the status `abandoned`: no table shows it."""
        with self._failing(f"cannot close run {run_id} in"):
            self._log(run_id, tags={names.STATUS: names.ABANDONED})
            self._client.set_terminated(run_id, "KILLED")

    def summarise(
        self,
        study: StudyRun,
        *,
        description: str,
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
        pictures: Mapping[str, bytes] = _NO_FILES,
    ) -> None:
        """Record the study's results on its parent run; may be called again as the study continues.

        Args:
            study: the study.
            description: Markdown. MLflow shows it on the run's page.
            metrics, tags: further ones.
            pictures: PNG files by artifact path.
        """
        with self._failing(f"cannot describe the study {study.study!r} in"):
            self._log(study.run_id, tags={names.NOTE: description, **tags}, metrics=entries.metrics(metrics, _now()))
        if pictures:
            self.attach(study.run_id, pictures)

    def attach(self, run_id: str, contents: Mapping[str, bytes]) -> None:
        """Keep files with a run, by artifact path; a file of the same path is replaced."""
        with self._failing(f"cannot keep files with run {run_id} in"):
            address = self._client.get_run(run_id).info.artifact_uri
            artifacts.write(self._client, run_id, address, lambda folder: entries.write_contents(contents, folder))

    def close_study(self, study: StudyRun, *, interrupted: bool) -> None:
        """Mark the study's parent run as over: FINISHED, or KILLED where it was interrupted."""
        with self._failing(f"cannot close the study {study.study!r} in"):
            self._client.set_terminated(study.run_id, "KILLED" if interrupted else "FINISHED")

    def _failing(self, what: str) -> AbstractContextManager[None]:
        return store_errors(self.uri, what)

    def _parent(self, experiment_id: str, study: str) -> StudyRun | None:
        """The study's parent run; one that is not deleted where there are several."""
        runs = self._reader.studies(deleted=True)
        same = [run for run in runs if (run.experiment_id, run.study) == (experiment_id, study)]
        return min(same, key=lambda run: run.deleted, default=None)

    def _child(
        self,
        study: StudyRun,
        trial: int,
        started_ms: int,
        tags: Mapping[str, str],
        replicate: int | None,
        parent: str | None,
    ) -> tuple[str, str]:
        """Make the run of a trial or replicate, with all tags but its status: its id, and the address of its files."""
        own = entries.place_tags(study, trial, replicate, parent, baseline=names.BASELINE in tags)
        return self._writer.begin(study.experiment_id, started_ms, entries.tags({**self._origin, **own, **tags}))

    def _log(
        self,
        run_id: str,
        *,
        tags: Mapping[str, str] = _NO_TAGS,
        metrics: "list[Metric] | None" = None,
    ) -> None:
        from mlflow.entities import RunTag

        run_tags = [RunTag(key, value) for key, value in entries.tags(tags).items()]
        self._client.log_batch(run_id, metrics=metrics or [], tags=run_tags)


def _now() -> int:
    return round(time.time() * 1000)

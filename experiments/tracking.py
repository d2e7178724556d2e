"""Outcomes into MLflow: a parent run for each study, a child for each trial. The only writer.

Read the record with `experiments.compare`, or in `mlflow ui`. What each name in it means: `docs/record.md`.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, final
from urllib.parse import unquote, urlparse

from experiments.config import RunConfig
from experiments.outcome import Outcome
from experiments.record import entries, names
from experiments.record.connection import connect, store_errors
from experiments.record.provenance import origin
from experiments.record.recorded import RecordedRun as RecordedRun
from experiments.record.recorded import StudyRun as StudyRun
from experiments.record.recorded import recorded_run
from experiments.record.stores import StoreError, tracking_uri, without_credentials

if TYPE_CHECKING:
    from mlflow.entities import Metric, Param, Run

_PAGE = 1000
_NO_TAGS: Mapping[str, str] = {}
_NO_METRICS: Mapping[str, float] = {}
_NO_PICTURES: Mapping[str, bytes] = {}


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
        self._client = connect(self.uri)
        self._origin = origin()

    def open_study(self, *, sweep: str, name: str, study: str, problem: str, about: Mapping[str, str]) -> StudyRun:
        """Make the study's parent run, or find the one there is and set it running again.

        Args:
            sweep: name of the experiment; it is made where there is none.
            name, study: as in `StudyRun`.
            problem: the problem's name.
            about: what else is to be said of the study, kept as tags `knobwise.about.*`.
        """
        said = {
            **self._origin,
            names.NAME: name,
            names.STUDY: study,
            names.KIND: "study",
            names.SWEEP: sweep,
            names.PROBLEM: problem,
            **{names.ABOUT + key: without_credentials(value) for key, value in about.items()},
        }
        with self._failing(f"cannot open the study {study!r} in"):
            experiment_id = self._experiment(sweep)
            parent = self._parent(experiment_id, study)
            if parent is None:
                run = self._client.create_run(experiment_id, start_time=_now(), tags=entries.tags(said), run_name=study)
                return StudyRun(experiment_id, run.info.run_id, study, name, sweep)
            run_id: str = parent.info.run_id
            if parent.info.lifecycle_stage == "deleted":
                raise StoreError(
                    f"the study {study!r} was deleted in MLflow: restore it there (run {run_id}), "
                    "or start another with --fresh or --name"
                )
            self._log(run_id, said=said)
            self._client.update_run(run_id, status="RUNNING")
            return StudyRun(experiment_id, run_id, study, name, sweep)

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
        on_created: Callable[[str], None] | None = None,
    ) -> str:
        """Record a run that is over, and return MLflow's id of it.

        Should the driver die on the way, MLflow is left with a run that is RUNNING and has no status: see `abandon`.

        Args:
            study: whose trial it is.
            trial: the trial's number.
            status: one of `names.STATUSES`.
            outcome: what came of it.
            started, ended: seconds since 1970.
            tags, metrics: further ones; where a name is also one of ours, these hold.
            replicate: which replicate of the trial it is; None for the trial itself.
            parent: run id of the trial that it is a replicate of.
            on_created: called with the run's id before anything else is written.
        """
        if status not in names.STATUSES:
            raise ValueError(f"status must be one of {', '.join(names.STATUSES)}, got {status!r}")
        begun, over = round(started * 1000), round(ended * 1000)
        said = {names.PROBLEM: outcome.problem, **tags}
        numbers = {**outcome.metrics, "epochs_done": float(outcome.epochs_done), **metrics}
        with self._failing(f"cannot record trial {trial} of {study.study!r} in"):
            run_id = self._child(study, trial, begun, said, replicate, parent)
            if on_created:
                on_created(run_id)
            self._log(
                run_id,
                said={names.STATUS: status},
                params=entries.params(outcome.config),
                numbers=[
                    *entries.curve_metrics(outcome.curves, begun, over),
                    *entries.metrics(numbers, over),
                ],
            )
            self._client.log_inputs(run_id, entries.dataset_inputs(outcome))
            self._write(run_id, lambda folder: entries.write_files(outcome, folder))
            self._client.set_terminated(run_id, "FAILED" if status == "failed" else "FINISHED", end_time=over)
        return run_id

    def record_failure(
        self,
        study: StudyRun,
        *,
        trial: int,
        config: RunConfig,
        error: str,
        started: float,
        ended: float,
        tags: Mapping[str, str] = _NO_TAGS,
    ) -> str:
        """Record a trial that raised, with its `error`, and return MLflow's id of the run."""
        said = {names.STATUS: "failed", names.ERROR: without_credentials(error)}
        with self._failing(f"cannot record trial {trial} of {study.study!r} in"):
            run_id = self._child(study, trial, round(started * 1000), tags, None, None)
            self._log(run_id, said=said, params=entries.params(config))
            self._client.set_terminated(run_id, "FAILED", end_time=round(ended * 1000))
        return run_id

    def recorded(self, study: StudyRun) -> list[RecordedRun]:
        """Every trial and replicate of `study` in the record, whatever its state, by trial and replicate."""
        with self._failing(f"cannot read the study {study.study!r} in"):
            trials = list(self._search(study.experiment_id, f"tags.`{names.PARENT}` = '{study.run_id}'"))
            above = {run.info.run_id for run in trials}
            replicates = self._search(study.experiment_id, f"tags.`{names.KIND}` = 'replicate'")
            runs = [*trials, *(run for run in replicates if run.data.tags.get(names.PARENT) in above)]
        return sorted(map(recorded_run, runs), key=lambda run: run.place)

    def abandon(self, run_id: str) -> None:
        """Mark a run that a dead driver left RUNNING as KILLED, with the status `abandoned`: no table shows it."""
        with self._failing(f"cannot close run {run_id} in"):
            self._log(run_id, said={names.STATUS: names.ABANDONED})
            self._client.set_terminated(run_id, "KILLED")

    def summarise(
        self,
        study: StudyRun,
        *,
        description: str,
        metrics: Mapping[str, float],
        tags: Mapping[str, str],
        pictures: Mapping[str, bytes] = _NO_PICTURES,
    ) -> None:
        """Put what was found onto the study's parent run; may be called again as the study goes on.

        Args:
            study: the study.
            description: Markdown; what was asked and found. MLflow shows it on the run's page.
            metrics, tags: further ones.
            pictures: PNG files by artifact path.
        """
        said = {names.NOTE: description, **tags}
        with self._failing(f"cannot describe the study {study.study!r} in"):
            self._log(study.run_id, said=said, numbers=entries.metrics(metrics, _now()))
            if pictures:
                self._write(study.run_id, lambda folder: entries.write_pictures(pictures, folder))

    def close_study(self, study: StudyRun, *, interrupted: bool) -> None:
        """Mark the study's parent run as over: FINISHED, or KILLED where it was interrupted."""
        with self._failing(f"cannot close the study {study.study!r} in"):
            self._client.set_terminated(study.run_id, "KILLED" if interrupted else "FINISHED")

    def _failing(self, what: str) -> AbstractContextManager[None]:
        return store_errors(self.uri, what)

    def _experiment(self, sweep: str) -> str:
        """The id of the sweep's experiment, made where there is none, with a place for its files."""
        found = self._client.get_experiment_by_name(sweep)
        if found is None:
            found = self._client.get_experiment(self._client.create_experiment(sweep, tags=names.TRAINING))
        experiment_id: str = found.experiment_id
        if found.lifecycle_stage == "deleted":
            raise StoreError(
                f"the experiment {sweep!r} was deleted in MLflow, which keeps its name: bring it back with `mlflow "
                f"experiments restore -x {experiment_id}`, or remove it for good with `mlflow gc --experiment-ids "
                f"{experiment_id}` (both with MLFLOW_TRACKING_URI set to the store)"
            )
        place = urlparse(found.artifact_location)
        if place.scheme in ("", "file"):
            Path(unquote(place.path)).mkdir(parents=True, exist_ok=True)
        return experiment_id

    def _parent(self, experiment_id: str, study: str) -> "Run | None":
        """The study's parent run; one that is not deleted where there are several."""
        runs = self._search(experiment_id, f"tags.`{names.KIND}` = 'study'")
        same = [run for run in runs if run.data.tags.get(names.STUDY) == study]
        return min(same, key=lambda run: run.info.lifecycle_stage == "deleted", default=None)

    def _child(
        self,
        study: StudyRun,
        trial: int,
        begun: int,
        tags: Mapping[str, str],
        replicate: int | None,
        parent: str | None,
    ) -> str:
        """Make the run of a trial or replicate, with all tags but its status."""
        said = {
            **self._origin,
            names.SWEEP: study.sweep,
            names.NAME: study.name,
            names.STUDY: study.study,
            names.KIND: "trial" if replicate is None else "replicate",
            names.TRIAL: str(trial),
            names.PARENT: parent or study.run_id,
            names.RUN_NAME: f"trial {trial}" + (" (baseline)" if names.BASELINE in tags else ""),
        }
        if replicate is not None:
            said |= {names.REPLICATE: str(replicate), names.RUN_NAME: f"trial {trial}, replicate {replicate}"}
        run = self._client.create_run(study.experiment_id, start_time=begun, tags=entries.tags({**said, **tags}))
        run_id: str = run.info.run_id
        return run_id

    def _log(
        self,
        run_id: str,
        *,
        said: Mapping[str, str] = _NO_TAGS,
        params: "list[Param] | None" = None,
        numbers: "list[Metric] | None" = None,
    ) -> None:
        from mlflow.entities import RunTag

        tags = [RunTag(key, value) for key, value in entries.tags(said).items()]
        self._client.log_batch(run_id, metrics=numbers or [], params=params or [], tags=tags)

    def _write(self, run_id: str, write: Callable[[Path], None]) -> None:
        """Hand MLflow a folder of files in one call."""
        with tempfile.TemporaryDirectory(prefix="knobwise-") as folder:
            write(Path(folder))
            self._client.log_artifacts(run_id, folder)

    def _search(self, experiment_id: str, condition: str) -> "Iterator[Run]":
        """All runs of an experiment that meet `condition`, those that a user deleted among them."""
        from mlflow.entities import ViewType

        token: str | None = ""
        while token is not None:
            page = self._client.search_runs(
                [experiment_id], condition, run_view_type=ViewType.ALL, max_results=_PAGE, page_token=token or None
            )
            yield from page
            token = page.token or None


def _now() -> int:
    return round(time.time() * 1000)

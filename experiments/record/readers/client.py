"""Any store of MLflow's, read through its client: tracking servers, other databases, tables of another version."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, final

from knobwise.experiments.record import artifacts, names
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.readers.reader import TAGS, Points, Rows, RunRow, study_run
from knobwise.experiments.record.recorded import AbandonedRun, StudyRun

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_PAGE = 1000
_AT_ONCE = 8  # a server's answer is mostly waited for
_NO_SUCH_RUN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # the second for what cannot be a run's id


@final
class ClientReader:
    """See `Reader`.

    Args:
        uri: the store's address.
        client: of that store; opened where it is None.
    """

    def __init__(self, uri: str, client: "MlflowClient | None" = None) -> None:
        self._uri = uri
        self._client = client or connect(uri)

    def studies(self, *, deleted: bool = False) -> list[StudyRun]:
        """See `Reader`."""
        from mlflow.entities import ViewType

        with store_errors(self._uri, "cannot read"):
            experiments = {
                each.experiment_id: each
                for each in self._client.search_experiments(ViewType.ALL if deleted else ViewType.ACTIVE_ONLY)
            }
            runs = list(self._search([*experiments], f"tags.`{names.KIND}` = 'study'", deleted=deleted))
        studies = []
        for run in runs:
            info, sweep = run.info, experiments[run.info.experiment_id]
            gone = "deleted" in (info.lifecycle_stage, sweep.lifecycle_stage)
            if names.STUDY in run.data.tags:
                facts = (info.run_id, info.experiment_id, sweep.name, info.start_time, info.status, gone)
                studies.append(study_run(run.data.tags, *facts))
        return studies

    def rows(
        self, study: StudyRun, *, kind: str = "", all_states: bool = False, params: bool = True, metrics: bool = True
    ) -> Rows:
        """See `Reader`; MLflow gives all of a run or nothing."""
        rows = Rows([], {}, [], [])
        with store_errors(self._uri, "cannot read"):
            for run in self._search([study.experiment_id], _condition(study.study, kind), deleted=all_states):
                below = run.data.tags.get(names.STUDY) == study.study and run.info.run_id != study.run_id
                if below and (all_states or run.info.status in ("FINISHED", "FAILED")):
                    _add(rows, run)
        return rows

    def abandoned(self) -> list[AbandonedRun]:
        """See `Reader`."""
        with store_errors(self._uri, "cannot read"):
            experiments = [experiment.experiment_id for experiment in self._client.search_experiments()]
            return [
                AbandonedRun(run.info.run_id, run.data.tags.get(names.STUDY, ""), run.info.run_name)
                for run in self._search(experiments, f"tags.`{names.STATUS}` = '{names.ABANDONED}'")
            ]

    def points(self, run_ids: list[str], metrics: tuple[str, ...]) -> Points:
        """See `Reader`."""

        def curve(run_and_metric: tuple[str, str]) -> Points:
            run_id, metric = run_and_metric
            history = self._client.get_metric_history(run_id, metric)
            return [(run_id, metric, point.step, _value(point.value)) for point in history]

        with store_errors(self._uri, "cannot read"), ThreadPoolExecutor(_AT_ONCE) as threads:
            return [point for points in threads.map(curve, product(run_ids, metrics)) for point in points]

    def tags(self, run_id: str) -> dict[str, str]:
        """See `Reader`."""
        from mlflow.exceptions import MlflowException

        with store_errors(self._uri, "cannot read"):
            try:
                run = self._client.get_run(run_id)
            except MlflowException as error:
                if error.error_code in _NO_SUCH_RUN:
                    return {}
                raise
        return dict(run.data.tags) if run.info.lifecycle_stage == "active" else {}

    def file(self, run_id: str, path: str) -> bytes:
        """See `Reader`."""
        with store_errors(self._uri, "cannot read the files of a run in"):
            return artifacts.read(self._client, run_id, path)

    def _search(self, experiments: list[str], condition: str, *, deleted: bool = False) -> "Iterator[Run]":
        from mlflow.entities import ViewType

        view = ViewType.ALL if deleted else ViewType.ACTIVE_ONLY
        token: str | None = ""
        while token is not None:
            page = self._client.search_runs(experiments, condition, view, _PAGE, page_token=token or None)
            yield from page
            token = page.token or None


def _condition(study: str, kind: str) -> str:
    """What the runs of a study meet, and as few others as MLflow's quotes allow."""
    of_kind = f"tags.`{names.KIND}` = '{kind}'" if kind else ""
    of_study = f"tags.`{names.STUDY}` = '{study}'" if "'" not in study else f"tags.`{names.KIND}` != 'study'"
    return " and ".join(filter(None, (of_study, of_kind)))


def _add(rows: Rows, run: "Run") -> None:
    info, run_id = run.info, run.info.run_id
    deleted = info.lifecycle_stage == "deleted"
    rows.runs.append(RunRow(run_id, info.run_name, info.start_time, info.status, deleted, info.artifact_uri))
    rows.tags[run_id] = {name: run.data.tags[name] for name in TAGS if name in run.data.tags}
    rows.params.extend((run_id, name, value) for name, value in run.data.params.items())
    rows.metrics.extend((run_id, name, _value(value)) for name, value in run.data.metrics.items())


def _value(value: float) -> float | None:
    return None if math.isnan(value) else value

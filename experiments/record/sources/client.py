"""Any store of MLflow's, read through its client: tracking servers, other databases, tables of another version."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, final

from knobwise.experiments.record import files, names
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.sources.rows import TAGS, Points, Rows, Study

if TYPE_CHECKING:
    from mlflow.entities import Run

_PAGE = 1000
_AT_ONCE = 8  # a server's answer is mostly waited for
_NO_SUCH_RUN = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # the second for what cannot be a run's id


@final
class ClientSource:
    """Args: uri: the store's address."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._client = connect(uri)

    def studies(self) -> list[Study]:
        """As `Source.studies`."""
        with store_errors(self._uri, "cannot read"):
            experiments = [experiment.experiment_id for experiment in self._client.search_experiments()]
            runs = list(self._search(experiments, f"tags.`{names.KIND}` = 'study'"))
        return [
            Study(
                run.info.experiment_id,
                run.info.run_id,
                run.data.tags[names.STUDY],
                run.data.tags[names.NAME],
                run.info.start_time,
                run.data.tags.get(names.PROBLEM, ""),
                run.data.tags.get(names.SCHEMA, ""),
            )
            for run in runs
        ]

    def rows(self, study: Study, *, only_tags: bool = False) -> Rows:
        """As `Source.rows`; MLflow gives all of a run or nothing."""
        found = Rows([], [], [], [])
        with store_errors(self._uri, "cannot read"):
            for run in self._search([study.experiment_id], _of_study(study.study)):
                ours = run.data.tags.get(names.STUDY) == study.study and run.info.run_id != study.run_id
                if ours and run.info.status in ("FINISHED", "FAILED"):
                    _add(found, run)
        return found

    def points(self, run_ids: list[str], metrics: tuple[str, ...]) -> Points:
        """As `Source.points`."""

        def curve(asked: tuple[str, str]) -> Points:
            run_id, metric = asked
            history = self._client.get_metric_history(run_id, metric)
            return [(run_id, metric, point.step, _value(point.value)) for point in history]

        with store_errors(self._uri, "cannot read"), ThreadPoolExecutor(_AT_ONCE) as threads:
            return [point for points in threads.map(curve, product(run_ids, metrics)) for point in points]

    def tags(self, run_id: str) -> dict[str, str]:
        """As `Source.tags`."""
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
        """As `Source.file`."""
        with store_errors(self._uri, "cannot read the files of a run in"):
            return files.read(self._client, run_id, path)

    def _search(self, experiments: list[str], condition: str) -> "Iterator[Run]":
        token: str | None = ""
        while token is not None:
            page = self._client.search_runs(experiments, condition, max_results=_PAGE, page_token=token or None)
            yield from page
            token = page.token or None


def _of_study(study: str) -> str:
    """What the runs of a study meet, and as few others as MLflow's quotes allow."""
    return f"tags.`{names.KIND}` != 'study'" if "'" in study else f"tags.`{names.STUDY}` = '{study}'"


def _add(rows: Rows, run: "Run") -> None:
    run_id = run.info.run_id
    rows.runs.append((run_id, run.info.start_time))
    rows.tags.extend((run_id, name, run.data.tags[name]) for name in TAGS if name in run.data.tags)
    rows.params.extend((run_id, name, value) for name, value in run.data.params.items())
    rows.metrics.extend((run_id, name, _value(value)) for name, value in run.data.metrics.items())


def _value(value: float) -> float | None:
    return None if math.isnan(value) else value

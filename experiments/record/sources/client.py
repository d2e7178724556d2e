"""Any store of MLflow's, read through its client: tracking servers, other databases, tables of another version."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, final

from experiments.record import names
from experiments.record.connection import connect, store_errors
from experiments.record.sources.rows import TAGS, Points, Rows, Study

if TYPE_CHECKING:
    from mlflow.entities import Run

_PAGE = 1000
_AT_ONCE = 8  # a server's answer is mostly waited for


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
            )
            for run in runs
        ]

    def rows(self, study: Study) -> Rows:
        """As `Source.rows`."""
        found = Rows([], [], [], [])
        with store_errors(self._uri, "cannot read"):
            for kind in ("trial", "replicate"):
                for run in self._search([study.experiment_id], f"tags.`{names.KIND}` = '{kind}'"):
                    if run.data.tags.get(names.STUDY) == study.study and run.info.status in ("FINISHED", "FAILED"):
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

    def _search(self, experiments: list[str], condition: str) -> "Iterator[Run]":
        token: str | None = ""
        while token is not None:
            page = self._client.search_runs(experiments, condition, max_results=_PAGE, page_token=token or None)
            yield from page
            token = page.token or None


def _add(rows: Rows, run: "Run") -> None:
    run_id = run.info.run_id
    rows.runs.append((run_id, run.info.start_time))
    rows.tags.extend((run_id, name, run.data.tags[name]) for name in TAGS if name in run.data.tags)
    rows.params.extend((run_id, name, value) for name, value in run.data.params.items())
    rows.metrics.extend((run_id, name, _value(value)) for name, value in run.data.metrics.items())


def _value(value: float) -> float | None:
    return None if math.isnan(value) else value

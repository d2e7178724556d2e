"""Runs written into MLflow's own tables, in the two transactions that a run needs.

MLflow makes an object of each row, looks up what it has just written, and commits eight times a run: 40 ms of CPU for
one with two curves of 100 points. The same rows, handed to its tables as rows, take 10. Sessions, tables and types are
MLflow's; a test compares every row with what its client writes.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from knobwise.experiments.record.writers.writer import Results, Writer

if TYPE_CHECKING:
    from mlflow.entities import Dataset, DatasetInput, Metric
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

Row = dict[str, Any]

_COLUMNS = {
    "SqlRun": "run_uuid name source_type source_name entry_point_name user_id status start_time end_time deleted_time "
    "source_version lifecycle_stage artifact_uri experiment_id",
    "SqlTag": "key value run_uuid",
    "SqlParam": "key value run_uuid",
    "SqlMetric": "key value timestamp step is_nan run_uuid",
    "SqlLatestMetric": "key value timestamp step is_nan run_uuid",
    "SqlDataset": "dataset_uuid experiment_id name digest dataset_source_type dataset_source dataset_schema "
    "dataset_profile",
    "SqlInput": "input_uuid source_type source_id destination_type destination_id step",
    "SqlInputTag": "input_uuid name value",
}
"""The columns of MLflow's tables that are written here. With one more or less, it is another MLflow: see `fits`."""


class SqliteWriter:
    """See `Writer`. Two transactions: the run with its tags, and all the rest.

    Args:
        store: MLflow's, open, of a SQLite file.
        fallback: writes, or refuses and says why, where this cannot.
    """

    def __init__(self, store: "SqlAlchemyStore", fallback: Writer) -> None:
        self._store, self._fallback = store, fallback

    @staticmethod
    def fits() -> bool:
        """Whether the tables of the MLflow that is installed are those known here, column by column."""
        from mlflow.store.tracking.dbmodels import models

        return all(
            {column.name for column in getattr(models, name).__table__.columns} == set(columns.split())
            for name, columns in _COLUMNS.items()
        )

    def begin(self, experiment_id: str, started: int, tags: Mapping[str, str]) -> tuple[str, str]:
        """See `Writer`."""
        from mlflow.entities import LifecycleStage, RunStatus, SourceType
        from mlflow.store.tracking.dbmodels.models import SqlExperiment, SqlRun, SqlTag
        from mlflow.utils.mlflow_tags import MLFLOW_RUN_NAME, MLFLOW_USER
        from mlflow.utils.uri import append_to_uri_path
        from sqlalchemy import select

        run_id, number = uuid.uuid4().hex, int(experiment_id)
        with self._store.ManagedSessionMaker(read_only=False) as session:
            active: ColumnElement[bool] = (SqlExperiment.experiment_id == number) & (
                SqlExperiment.lifecycle_stage == LifecycleStage.ACTIVE
            )
            place = session.scalar(select(SqlExperiment.artifact_location).where(active))
            if place is not None:
                folder = (place, run_id, self._store.ARTIFACTS_FOLDER_NAME)
                address: str = append_to_uri_path(*folder)  # type: ignore[no-untyped-call]
                run = {
                    "run_uuid": run_id,
                    "name": tags[MLFLOW_RUN_NAME],
                    "source_type": SourceType.to_string(SourceType.UNKNOWN),
                    "source_name": "",
                    "entry_point_name": "",
                    "user_id": tags.get(MLFLOW_USER, "unknown"),
                    "status": RunStatus.to_string(RunStatus.RUNNING),
                    "start_time": started,
                    "source_version": "",
                    "lifecycle_stage": LifecycleStage.ACTIVE,
                    "artifact_uri": address,
                    "experiment_id": number,
                }
                _insert(session, SqlRun, [run])
                _insert(session, SqlTag, _key_values(run_id, tags))
                return run_id, address
        return self._fallback.begin(experiment_id, started, tags)

    def complete(self, run_id: str, results: Results) -> None:
        """See `Writer`."""
        from mlflow.entities import LifecycleStage
        from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric, SqlParam, SqlRun, SqlTag
        from sqlalchemy import update

        active: ColumnElement[bool] = (SqlRun.run_uuid == run_id) & (SqlRun.lifecycle_stage == LifecycleStage.ACTIVE)
        with self._store.ManagedSessionMaker(read_only=False) as session:
            end = update(SqlRun).where(active).values(status=results.state, end_time=results.ended)
            # The transaction's first statement writes, so that nobody else does until its end.
            if session.execute(end.execution_options(synchronize_session=False)).rowcount == 1:
                points = self._points(run_id, results.metrics)
                _insert(session, SqlTag, _key_values(run_id, results.tags))
                _insert(session, SqlParam, _key_values(run_id, {param.key: param.value for param in results.params}))
                _insert(session, SqlMetric, points)
                _insert(session, SqlLatestMetric, _latest(points))
                _insert_inputs(session, run_id, results.inputs)
                return
        self._fallback.complete(run_id, results)

    def _points(self, run_id: str, metrics: "Iterable[Metric]") -> list[Row]:
        """The rows of metrics, without doubles. MLflow keeps NaN as 0 and a mark, infinity as the largest float."""
        rows = []
        for metric in dict.fromkeys(metrics):
            is_nan, value = self._store.sanitize_metric_value(metric.value)
            row = {"key": metric.key, "value": value, "is_nan": is_nan, "run_uuid": run_id}
            rows.append(row | {"timestamp": metric.timestamp, "step": metric.step})
        return rows


def _insert(session: "Session", table: Any, rows: list[Row]) -> None:
    from sqlalchemy import insert

    if rows:
        session.execute(insert(table.__table__), rows)


def _key_values(run_id: str, values: Mapping[str, str]) -> list[Row]:
    return [{"key": key, "value": value, "run_uuid": run_id} for key, value in values.items()]


def _insert_inputs(session: "Session", run_id: str, inputs: "Sequence[DatasetInput]") -> None:
    """Write the data sets of the run. MLflow keeps a data set once an experiment, by its name and digest."""
    from mlflow.store.tracking.dbmodels.models import SqlDataset, SqlInput, SqlInputTag, SqlRun
    from sqlalchemy import select

    if not inputs:
        return
    unique: dict[tuple[str, str], DatasetInput] = {}
    for data_input in inputs:
        unique.setdefault((data_input.dataset.name, data_input.dataset.digest), data_input)
    experiment_id = session.scalar(select(SqlRun.experiment_id).where(SqlRun.run_uuid == run_id))
    columns = (SqlDataset.name, SqlDataset.digest, SqlDataset.dataset_uuid)
    same_digest: ColumnElement[bool] = SqlDataset.digest.in_([digest for _, digest in unique])
    recorded = select(*columns).where(SqlDataset.experiment_id == experiment_id, same_digest)
    ids = {(name, digest): data_id for name, digest, data_id in session.execute(recorded)}
    datasets, edges, tags = [], [], []
    for key, data_input in unique.items():
        if key not in ids:
            ids[key] = uuid.uuid4().hex
            datasets.append(_dataset(data_input.dataset, ids[key], experiment_id))
        edge = uuid.uuid4().hex
        edges.append({"input_uuid": edge, "source_type": "DATASET", "source_id": ids[key]})
        tags += [{"input_uuid": edge, "name": tag.key, "value": tag.value} for tag in data_input.tags]
    _insert(session, SqlDataset, datasets)
    _insert(session, SqlInput, [edge | {"destination_type": "RUN", "destination_id": run_id} for edge in edges])
    _insert(session, SqlInputTag, tags)


def _dataset(data: "Dataset", data_id: str, experiment_id: int | None) -> Row:
    return {
        "dataset_uuid": data_id,
        "experiment_id": experiment_id,
        "name": data.name,
        "digest": data.digest,
        "dataset_source_type": data.source_type,
        "dataset_source": data.source,
        "dataset_schema": data.schema,
        "dataset_profile": data.profile,
    }


def _latest(points: list[Row]) -> list[Row]:
    """Of each metric the point that MLflow shows as its value: the last by step, then time, then value."""
    last: dict[str, Row] = {}
    for point in points:
        known = last.get(point["key"])
        if known is None or _order(point) > _order(known):
            last[point["key"]] = point
    return list(last.values())


def _order(point: Row) -> tuple[int, int, float]:
    return point["step"], point["timestamp"], point["value"]

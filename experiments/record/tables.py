"""Rows of a store into tables: one row a run, real types, columns in an order that reads well."""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, get_origin

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.config import RunConfig
from knobwise.experiments.record import names
from knobwise.experiments.record.errors import UnknownRun
from knobwise.experiments.record.readers.reader import Points, Rows

METRICS = (
    "val_mse", "val_r2", "test_mse", "test_rmse", "test_r2", "test_max_error", "val_log_loss", "val_accuracy",
    "val_balanced_accuracy", "val_roc_auc", "test_log_loss", "test_accuracy", "test_balanced_accuracy",
    "test_roc_auc", "test_calibration_error", "train_loss", "val_loss", "epochs_done", "train_seconds",
    "epochs_per_second", "n_parameters", "flops",
)  # fmt: skip
"""The metrics in the order of their columns; others follow by name."""

_LARGEST = float(np.finfo(np.float64).max)  # what MLflow keeps of infinity


def runs(study: str, rows: Rows, *, replicates: bool = False, confirmations: bool = False) -> pd.DataFrame:
    """The table of `knobwise.experiments.compare.runs`."""
    chosen = places(study, rows, replicates=replicates, confirmations=confirmations)
    index = {run_id: row for row, run_id in enumerate(chosen["run_id"])}
    facts = _params(_columns(rows.params, index), len(index)) | _metrics(_columns(rows.metrics, index))
    last = chosen[["started", "run_id"]]
    return pd.concat([chosen.drop(columns=list(last)), pd.DataFrame(facts, chosen.index), last], axis=1)


def places(study: str, rows: Rows, *, replicates: bool = False, confirmations: bool = False) -> pd.DataFrame:
    """Which runs there are, without their params and metrics, in the order of the table.

    A trial recorded twice, after a crash, counts by its last record.
    """
    kinds = ["trial", *["replicate"] * replicates, *["confirmation"] * confirmations]
    chosen: dict[tuple[int, int, int], tuple[str, int]] = {}
    for run in sorted(rows.runs, key=lambda run: run.started):
        tags = rows.tags.get(run.run_id, {})
        if tags.get(names.KIND) in kinds and tags.get(names.STATUS) in names.STATUSES and names.TRIAL in tags:
            kind = kinds.index(tags[names.KIND])
            chosen[int(tags[names.TRIAL]), kind, int(tags.get(names.REPLICATE, -1))] = run.run_id, run.started
    order = sorted(chosen)
    run_ids = [chosen[place][0] for place in order]
    table: dict[str, Any] = {
        "study": pd.array([study] * len(order), dtype="str"),
        "trial": np.array([place[0] for place in order], np.int64),
    }
    if confirmations:
        table["kind"] = pd.array([kinds[place[1]] for place in order], dtype="str")
    if replicates or confirmations:
        table["replicate"] = pd.array([None if place[2] < 0 else place[2] for place in order], dtype="Int64")
    table["status"] = pd.array([rows.tags[run_id][names.STATUS] for run_id in run_ids], dtype="str")
    table["baseline"] = np.array([names.BASELINE in rows.tags[run_id] for run_id in run_ids], np.bool_)
    times = np.array([chosen[place][1] for place in order], np.int64)
    table["started"] = pd.to_datetime(times, unit="ms", utc=True)
    table["run_id"] = pd.array(run_ids, dtype="str")
    return pd.DataFrame(table)


def of_trials(chosen: pd.DataFrame, trials: Iterable[int]) -> pd.DataFrame:
    """The rows of `chosen`, a table of `places`, that are of `trials`.

    Raises:
        UnknownRun: there is no such trial; the message names it.
    """
    wanted = list(trials)
    known = set(chosen["trial"])
    missing = [trial for trial in wanted if trial not in known]
    if missing:
        raise UnknownRun(f"trials must be among the {len(known)} that are over, got {missing[0]!r}")
    return chosen[chosen["trial"].isin(wanted)].reset_index(drop=True)


def curves(chosen: pd.DataFrame, points: Points) -> pd.DataFrame:
    """The table of `knobwise.experiments.compare.curves`, of the runs in `chosen`, a table of `places`."""
    index = {run_id: row for row, run_id in enumerate(chosen["run_id"])}
    metrics = {metric: code for code, metric in enumerate(names.CURVES)}
    run = np.array([index[point[0]] for point in points], np.int64)
    metric = np.array([metrics[point[1]] for point in points], np.int64)
    epoch = np.array([point[2] for point in points], np.int64)
    value = np.array([point[3] for point in points], np.float64)
    order = np.lexsort((epoch, metric, run))
    run, metric = run[order], metric[order]
    table = chosen[[name for name in ("study", "trial", "kind", "replicate", "run_id") if name in chosen]].take(run)
    table = table.reset_index(drop=True)
    table["metric"] = pd.array(names.CURVES, dtype="str").take(metric)
    table["epoch"] = epoch[order]
    table["value"] = value[order]
    return table


def _columns(rows: Iterable[tuple[str, str, Any]], index: dict[str, int]) -> dict[str, list[Any]]:
    """One list a name, with the value of each run in its row, and None where a run has none."""
    columns: dict[str, list[Any]] = {}
    for run_id, name, value in rows:
        row = index.get(run_id)
        if row is not None:
            if name not in columns:
                columns[name] = [None] * len(index)
            columns[name][row] = value
    return columns


def _params(columns: dict[str, list[str | None]], n: int) -> dict[str, Any]:
    """The fields of `RunConfig`, in its order and types; then params of other names, as text."""
    typed = {field.name: _typed(columns.get(field.name, [None] * n), field.type) for field in fields(RunConfig)}
    others = {name: pd.array(columns[name], dtype="str") for name in sorted(columns.keys() - typed.keys())}
    return {**typed, **others}


def _typed(texts: list[str | None], kind: Any) -> Any:
    """A column of the type `kind` of a field; of text where some run has a value that is not of that type."""
    parse, column = _TYPES[get_origin(kind) or kind]
    try:
        parsed = {text: None if text is None else parse(text) for text in set(texts)}
    except ValueError:
        return pd.array(texts, dtype="str")
    return column([parsed[text] for text in texts])


def _whole(values: list[int | None]) -> Any:
    return pd.array(values, dtype="Int64") if None in values else np.array(values, np.int64)


# How a field's type is read from text, and the column that it makes.
_TYPES: dict[Any, tuple[Callable[[str], Any], Callable[[list[Any]], Any]]] = {
    int: (int, _whole),
    float: (float, lambda values: np.array(values, np.float64)),
    str: (str, lambda values: pd.array(values, dtype="str")),
    tuple: (lambda text: tuple(json.loads(text)), lambda values: pd.array(values, dtype=object)),
}


def _metrics(columns: dict[str, list[float | None]]) -> dict[str, NDArray[np.float64]]:
    order = [name for name in METRICS if name in columns] + sorted(columns.keys() - set(METRICS))
    table = {name: np.array(columns[name], np.float64) for name in order}
    for values in table.values():
        values[values >= _LARGEST] = math.inf
        values[values <= -_LARGEST] = -math.inf
    return table

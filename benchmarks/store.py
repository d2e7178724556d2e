"""A store of MLflow's with thousands of runs, made in seconds, for `benchmarks.record`.

One trial is recorded by the tracker, as in a sweep. Then each of its rows, in every table, is copied for each further
run, with its own id and numbers: so the store is as MLflow would have made it.
"""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Curves, Outcome
from knobwise.experiments.record import names
from knobwise.experiments.record.tracker import Tracker

STUDY = "many"
POINTS = 100  # of each curve; each scored at every epoch
_CHUNK = 500  # runs to a transaction

_TABLES = ("runs", "tags", "params", "metrics", "latest_metrics")  # each names the run in its column run_uuid


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Be in `folder`, where a tracker makes its store."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def build(folder: Path, runs: int, seed: int = 0) -> str:
    """Make `mlflow.db` in `folder` with one study of `runs` trials, and return its address.

    Each has every field of `RunConfig` as a param, 12 metrics and two curves of `POINTS` points.
    """
    with working_in(folder):
        tracker = Tracker(f"sqlite:///{folder.as_posix()}/mlflow.db")
        study = tracker.open_study(sweep=STUDY, name=STUDY, study=STUDY, problem="article", about={"sampler": "random"})
        made = tracker.record(
            study, trial=0, status="complete", outcome=_outcome(), started=1.7e9, ended=1.7e9 + 1, tags={}
        )
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        _copy(database, made, runs - 1, np.random.default_rng(seed))
        database.execute("ANALYZE")
        database.commit()
    return tracker.uri


def _outcome() -> Outcome:
    epoch = np.arange(1, POINTS + 1)
    scored = ("val_mse", "val_r2", "test_mse", "test_rmse", "test_r2", "test_max_error")
    measured = ("train_seconds", "epochs_per_second", "n_parameters")
    return Outcome(
        problem="article",
        config=RunConfig(epochs=POINTS),
        status="complete",
        epochs_done=POINTS,
        curves=Curves(epoch=epoch, train_loss=1.0 / epoch, val_epoch=epoch, val_loss=1.5 / epoch),
        metrics=dict.fromkeys((*scored, *measured), 1.0),
        datasets={},
        pictures={},
        checkpoint=b"",
    )


def _copy(database: sqlite3.Connection, made: str, count: int, rng: np.random.Generator) -> None:
    heads, rows = {}, {}
    for table in _TABLES:
        cursor = database.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (made,))  # noqa: S608  names of our own
        heads[table], rows[table] = [each[0] for each in cursor.description], cursor.fetchall()
    for first in range(0, count, _CHUNK):
        new: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
        for number in range(first + 1, min(first + _CHUNK, count) + 1):
            run_id, factor = uuid.UUID(int=int(rng.integers(2**63)) << 64 | number).hex, float(rng.lognormal())
            own = {names.TRIAL: str(number), "lr": str(factor / 1000), "seed": str(number)}
            own |= {names.RUN_NAME: f"trial {number}"}
            for table, head in heads.items():
                new[table] += [_copied(head, row, made, run_id, factor, own) for row in rows[table]]
        for table, copies in new.items():
            holders = ", ".join("?" * len(heads[table]))
            database.executemany(f"INSERT INTO {table} VALUES ({holders})", copies)  # noqa: S608
        database.commit()


def _copied(
    head: list[str], row: tuple[Any, ...], made: str, run_id: str, factor: float, own: dict[str, str]
) -> tuple[Any, ...]:
    """A row of the run `made` as one of another run: its id put in, numbers times `factor`, texts of its `own`."""
    cells = dict(zip(head, row, strict=True))
    key = cells.get("key")
    for name, cell in cells.items():
        if isinstance(cell, str) and made in cell:
            cells[name] = cell.replace(made, run_id)
        elif name == "value" and isinstance(cell, float):
            cells[name] = cell * factor
        elif name == "value" and key in own:
            cells[name] = own[key]
    return tuple(cells.values())

"""Recorded runs as tables."""

import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import NamedTuple

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from knobwise.experiments import compare
from knobwise.experiments.compare import UnknownStudy
from knobwise.experiments.config import RunConfig
from knobwise.experiments.record import lookup, names
from knobwise.experiments.record.readers import sqlite
from knobwise.experiments.record.readers.client import ClientReader
from knobwise.experiments.record.readers.sqlite import SqliteReader
from knobwise.experiments.record.stores import StoreError
from knobwise.experiments.record.tracker import Tracker
from tests.conftest import user_environment
from tests.experiments.conftest import open_study
from tests.experiments.outcomes import outcome

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy

STARTED = 1_700_000_000.0
WIDTHS: list[tuple[int, ...]] = [(64, 64, 64), (), (32, 8), (16,), (64, 64, 64)]
STATUSES = ["complete", "diverged", "complete", "failed", "pruned"]
Table = Callable[..., pd.DataFrame]


class Recorded(NamedTuple):
    uri: str
    run_ids: list[str]


@pytest.fixture(scope="module")
def recorded(fresh_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """One study of five trials recorded out of order, with all that no table shows; and an older one. Only read it."""
    folder = tmp_path_factory.mktemp("recorded")
    shutil.copy(fresh_database, folder / "mlflow.db")
    before = Path.cwd()
    os.chdir(folder)  # where MLflow puts the files
    try:
        tracker = Tracker(f"sqlite:///{folder}/mlflow.db")
        yield Recorded(tracker.uri, _record_all(tracker))
    finally:
        os.chdir(before)


def _record_all(tracker: Tracker) -> list[str]:
    older = open_study(tracker, "lr_epochs")
    tracker.record(older, trial=0, status="complete", outcome=outcome(val_mse=77.0), started=STARTED, ended=STARTED + 1)
    study = open_study(tracker, "lr_epochs-2")
    other = open_study(tracker, "mine", name="mine", sweep="widths")
    tracker.record(other, trial=0, status="complete", outcome=outcome(val_mse=88.0), started=STARTED, ended=STARTED + 1)
    run_ids = {}
    for trial in (4, 0, 2, 1, 3):
        config = RunConfig(lr=10.0**-trial, epochs=10 * (trial + 1), widths=WIDTHS[trial], seed=trial)
        started, ended = STARTED + trial, STARTED + trial + 0.5
        tags = {names.BASELINE: "true"} if trial == 0 else {}
        if STATUSES[trial] == "failed":
            run_ids[trial] = tracker.record_failure(
                study, trial=trial, config=config, error="no", tags=tags, started=started, ended=ended
            )
            continue
        done = outcome("diverged" if trial == 1 else "complete", epochs_done=config.epochs, val_mse=float(trial))
        done = replace(done, config=config, metrics={**done.metrics, "huge": math.inf if trial == 2 else -math.inf})
        run_ids[trial] = tracker.record(
            study, trial=trial, status=STATUSES[trial], outcome=done, tags=tags, started=started, ended=ended
        )
    for number in (1, 0):
        tracker.record(
            study,
            trial=2,
            status="complete",
            outcome=outcome(val_mse=20.0 + number),
            started=STARTED,
            ended=STARTED + 1,
            replicate=number,
            parent=run_ids[2],
        )
    client = MlflowClient(tracker.uri)
    for trial in (6, 7):
        hidden = tracker.record(
            study, trial=trial, status="complete", outcome=outcome(), started=STARTED, ended=STARTED
        )
        client.delete_run(hidden) if trial == 6 else tracker.abandon(hidden)

    created: list[str] = []

    def die(run_id: str) -> None:
        created.append(run_id)
        raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            tracker.record(study, trial=8, status="complete", outcome=outcome(), started=1.0, ended=2.0, on_created=die)
    client.set_terminated(created[0])
    without_files = tracker.record(study, trial=9, status="complete", outcome=outcome(), started=1.0, ended=2.0)
    client.update_run(without_files, status="RUNNING")
    # A trial whose first record came before the one that counts: the driver died before it told so.
    tracker.record(study, trial=2, status="failed", outcome=outcome(), started=STARTED - 9, ended=STARTED)
    return [run_ids[trial] for trial in sorted(run_ids)]


def test_runs_has_one_row_a_trial_in_order(recorded: Recorded) -> None:
    table = compare.runs("lr_epochs", uri=recorded.uri)
    assert table["trial"].to_list() == [0, 1, 2, 3, 4]
    assert table["run_id"].to_list() == recorded.run_ids
    assert table["status"].to_list() == STATUSES
    assert table["baseline"].to_list() == [True, False, False, False, False]
    assert set(table["study"]) == {"lr_epochs-2"}
    assert table["lr"].to_list() == [1.0, 0.1, 0.01, 0.001, 0.0001]
    assert table["widths"].to_list() == WIDTHS
    assert table["started"].to_list() == [pd.Timestamp(STARTED + trial, unit="s", tz="UTC") for trial in range(5)]
    assert table.index.equals(pd.RangeIndex(5))


def test_runs_has_every_column_in_its_own_type(recorded: Recorded) -> None:
    table = compare.runs("lr_epochs", uri=recorded.uri)
    knobs = [field.name for field in fields(RunConfig)]
    assert table.columns.to_list()[:4] == ["study", "trial", "status", "baseline"]
    assert table.columns.to_list()[4 : 4 + len(knobs)] == knobs
    assert table.columns.to_list()[-2:] == ["started", "run_id"]
    kinds: dict[object, str] = {int: "int64", float: "float64", str: "str"}
    for field in fields(RunConfig):
        assert str(table[field.name].dtype) == kinds.get(field.type, "object"), field.name
    metrics = table.columns[4 + len(knobs) : -2]
    assert set(metrics) == {*outcome().metrics, "epochs_done", "train_loss", "val_loss", "huge"}
    assert {str(table[metric].dtype) for metric in metrics} == {"float64"}
    assert str(table["trial"].dtype) == "int64"
    assert str(table["baseline"].dtype) == "bool"
    assert isinstance(table["started"].dtype, pd.DatetimeTZDtype)


def test_what_a_run_has_not_is_nan(recorded: Recorded) -> None:
    table = compare.runs("lr_epochs", uri=recorded.uri).set_index("trial")
    assert table["val_mse"].to_list()[0::2] == [0.0, 2.0, 4.0]
    assert table["val_mse"].isna().to_list() == [False, True, False, True, False]
    assert table["train_loss"].to_list()[1] == 1.0 / 19, "the last before it diverged"
    assert table["huge"].to_list()[:3] == [-math.inf, -math.inf, math.inf]


def test_replicates_are_asked_for(recorded: Recorded) -> None:
    table = compare.runs("lr_epochs", uri=recorded.uri, replicates=True)
    assert table["trial"].to_list() == [0, 1, 2, 2, 2, 3, 4]
    assert str(table["replicate"].dtype) == "Int64"
    assert table["replicate"].fillna(-1).to_list() == [-1, -1, -1, 0, 1, -1, -1]
    assert table["val_mse"].to_list()[2:5] == [2.0, 20.0, 21.0]
    points = compare.curves("lr_epochs", uri=recorded.uri, replicates=True)
    assert points.groupby("run_id").ngroups == 6, "all but the failed one"


def test_curves_are_tidy(recorded: Recorded) -> None:
    table = compare.curves("lr_epochs", uri=recorded.uri)
    assert table.columns.to_list() == ["study", "trial", "run_id", "metric", "epoch", "value"]
    assert [str(kind) for kind in table.dtypes] == ["str", "int64", "str", "str", "int64", "float64"]
    assert table.index.equals(pd.RangeIndex(len(table)))
    one = table[(table["trial"] == 2) & (table["metric"] == "val_loss")]
    assert one["epoch"].to_list() == list(range(2, 31, 2))
    assert one["value"].to_list() == [1.5 / epoch for epoch in range(2, 31, 2)]
    assert table.equals(table.sort_values(["trial", "metric", "epoch"], ignore_index=True))
    assert table[table["trial"] == 1].groupby("metric")["epoch"].max().to_dict() == {"train_loss": 19, "val_loss": 18}


@pytest.mark.parametrize("table", [compare.runs, compare.curves])
@pytest.mark.parametrize("replicates", [False, True])
def test_the_client_gives_the_same(
    table: Table, replicates: bool, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    direct = table("lr_epochs", uri=recorded.uri, replicates=replicates)
    with monkeypatch.context() as changed:
        changed.setattr(lookup, "open_reader", ClientReader)
        through_client = table("lr_epochs", uri=recorded.uri, replicates=replicates)
    assert len(direct) >= 5
    pd.testing.assert_frame_equal(direct, through_client)


def test_tables_of_another_shape_are_left_to_the_client(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(recorded.uri.removeprefix("sqlite:///"))
    assert SqliteReader.fits(file)
    expected = compare.runs("lr_epochs", uri=recorded.uri)
    monkeypatch.setattr(sqlite, "_NEEDED", {**sqlite._NEEDED, "runs": {"a_column_of_tomorrow"}})
    assert not SqliteReader.fits(file)
    monkeypatch.setattr(SqliteReader, "studies", None)
    pd.testing.assert_frame_equal(compare.runs("lr_epochs", uri=recorded.uri), expected)


def test_runs_agrees_with_mlflow(recorded: Recorded) -> None:
    ours = compare.runs("lr_epochs", uri=recorded.uri).set_index("run_id")
    mlflow.set_tracking_uri(recorded.uri)
    try:
        theirs = mlflow.search_runs(experiment_names=["lr_epochs"]).set_index("run_id").loc[ours.index]
    finally:
        mlflow.set_tracking_uri("")
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    for name in theirs.columns:
        kind, _, key = name.partition(".")
        if kind == "metrics":
            np.testing.assert_array_equal(
                np.clip(ours[key], -np.finfo(float).max, np.finfo(float).max), theirs[name], err_msg=key
            )
        if kind == "params":
            text = [json.dumps(list(value)) if isinstance(value, tuple) else str(value) for value in ours[key]]
            assert text == theirs[name].to_list(), key


def test_curves_agree_with_mlflow(recorded: Recorded) -> None:
    client = MlflowClient(recorded.uri)
    ours = compare.curves("lr_epochs", uri=recorded.uri)
    for run_id, metric in ((recorded.run_ids[trial], metric) for trial in (0, 2, 4) for metric in names.CURVES):
        history = sorted((point.step, point.value) for point in client.get_metric_history(run_id, metric))
        one = ours[(ours["run_id"] == run_id) & (ours["metric"] == metric)]
        assert list(zip(one["epoch"], one["value"], strict=True)) == history


def test_a_name_is_the_newest_of_that_name_and_a_key_is_itself(recorded: Recorded) -> None:
    def studies(name: str) -> set[str]:
        return set(compare.runs(name, uri=recorded.uri)["study"])

    assert studies("lr_epochs") == studies("lr_epochs-2") == {"lr_epochs-2"}
    assert studies("mine") == {"mine"}
    first = next(study for study in SqliteReader(_file(recorded)).studies() if study.study == "lr_epochs")
    assert compare.runs(first.run_id, uri=recorded.uri)["val_mse"].to_list() == [77.0]


def test_an_unknown_study_is_told_with_those_there_are(recorded: Recorded) -> None:
    line = (
        r"^study must be one of lr_epochs, lr_epochs-2, mine in sqlite:///.*, got 'lr_epoch'; did you mean lr_epochs\?$"
    )
    with pytest.raises(UnknownStudy, match=line):
        compare.runs("lr_epoch", uri=recorded.uri)


def test_looking_makes_no_store(workdir: Path) -> None:
    for attempt in range(2):
        with pytest.raises(UnknownStudy, match="nothing has been recorded there; `knobwise sweep"):
            compare.runs("lr_epochs")
        if attempt == 0:
            assert list(workdir.iterdir()) == []
            (workdir / "mlflow.db").touch()
    assert (workdir / "mlflow.db").stat().st_size == 0


def test_a_store_without_studies(store: Path) -> None:
    with pytest.raises(UnknownStudy, match="nothing has been recorded there; "):
        compare.curves("lr_epochs")


def test_what_is_no_database_is_told(workdir: Path) -> None:
    (workdir / "mlflow.db").write_text("this is a letter to my mother, and it is long enough to be looked at\n" * 20)
    with pytest.raises(StoreError, match=r"^cannot read the store .*mlflow.db: file is not a database$"):
        compare.runs("lr_epochs")


def test_a_study_without_trials_is_an_empty_table(store: Path, recorded: Recorded) -> None:
    open_study(Tracker(), "new", name="new")
    empty = compare.runs("new")
    full = compare.runs("lr_epochs", uri=recorded.uri)
    assert len(empty) == 0
    knobs = [field.name for field in fields(RunConfig)]
    expected = ["study", "trial", "status", "baseline", *knobs, "started", "run_id"]
    assert empty.columns.to_list() == expected
    assert empty.dtypes.to_list() == full[expected].dtypes.to_list()
    assert compare.curves("new").columns.to_list() == ["study", "trial", "run_id", "metric", "epoch", "value"]


def test_params_that_do_not_fit_are_text_or_missing(recorded: Recorded, tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    shutil.copy(_file(recorded), file)
    with closing(sqlite3.connect(file)) as database, database:
        run = recorded.run_ids[0]
        database.execute("UPDATE params SET value = 'many' WHERE key = 'epochs' AND run_uuid = ?", (run,))
        database.execute("DELETE FROM params WHERE key IN ('seed', 'lr') AND run_uuid = ?", (run,))
        database.execute("INSERT INTO params VALUES ('knob_of_tomorrow', '11', ?)", (run,))
    database.close()
    table = compare.runs("lr_epochs", uri=f"sqlite:///{file}")
    assert table["epochs"].to_list() == ["many", "20", "30", "40", "50"]
    assert str(table["seed"].dtype) == "Int64"
    assert table["seed"].isna().to_list() == [True, False, False, False, False]
    assert np.isnan(table["lr"][0])
    assert table["knob_of_tomorrow"].fillna("").to_list() == ["11", "", "", "", ""]


def test_reading_a_file_needs_no_mlflow(recorded: Recorded) -> None:
    code = (
        "import sys; from knobwise.experiments import compare; from knobwise.experiments.record import tracker\n"
        f"print(len(compare.runs('lr_epochs', uri={recorded.uri!r})), 'mlflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=user_environment(), capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.stdout, done.stderr) == ("5 False\n", "")


def test_runs_can_be_read_while_they_are_written(store: Path) -> None:
    tracker = Tracker()
    study = open_study(tracker, "lr_epochs")
    for trial in range(3):
        tracker.record(study, trial=trial, status="complete", outcome=outcome(), started=STARTED, ended=STARTED)
        assert len(compare.runs("lr_epochs")) == trial + 1


def _file(recorded: Recorded) -> Path:
    return Path(recorded.uri.removeprefix("sqlite:///"))

"""The benchmarks of the record and of importance, at a tiny size."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks import importance, record, store
from knobwise.experiments import compare
from knobwise.experiments.record import names

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy

TINY = record.Size(6, 3, 3, 1)


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give back what the benchmark sets for MLflow."""
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    yield
    mlflow.set_tracking_uri(None)  # type: ignore[arg-type]


@pytest.mark.drill
def test_the_record_is_measured_and_compared(tmp_path: Path, restored: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "QUICK", TINY)
    file = tmp_path / "r.json"
    assert record.main(["--quick", "--clock", "cpu", "--json", str(file)]) == 0
    result = json.loads(file.read_text())
    assert [(case["store"], case["name"]) for case in result["cases"]] == [
        ("SQLite", "runs"),
        ("SQLite", "curves"),
        ("server", "runs"),
        ("server", "curves"),
    ]
    assert all(case["equal"] for case in result["cases"])
    assert all(case["times_faster"][0] > 0 for case in result["cases"])
    assert result["store_mb"] > 0


def test_what_differs_is_seen(tmp_path: Path, restored: None) -> None:
    uri = store.build(tmp_path, 3)
    ours, theirs = compare.runs(store.STUDY, uri=uri), record.search(uri)
    assert len(ours) == len(theirs) == 3
    assert ours["lr"].nunique() == ours["val_mse"].nunique() == 3
    assert record.same_runs(ours, theirs)
    for column, value in (("val_mse", 0.0), ("lr", 1.0), ("run_id", "x")):
        assert not record.same_runs(ours.assign(**{column: value}), theirs), column
    points, run_ids = compare.curves(store.STUDY, uri=uri), ours["run_id"].to_list()
    histories = record.histories(uri, run_ids)
    assert len(points) == 3 * len(names.CURVES) * store.POINTS
    assert record.same_curves(points, histories)
    assert not record.same_curves(points.assign(value=points["value"] + 1e-12), histories)
    assert not record.same_curves(points[:-1], histories)


def test_a_folder_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        record.main(["--json", "no/such/folder/a.json"])
    assert exit_.value.code == 2
    assert "must be in a folder that exists" in capsys.readouterr().err


def test_importance_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importance, "FUNCTIONS", {"two": (0.0, 9.0)})
    monkeypatch.setattr(importance, "TRIALS", (60,))
    file = tmp_path / "i.json"
    assert importance.main(["--repeats", "2", "--json", str(file)]) == 0
    [row] = json.loads(file.read_text())
    assert (row["trials"], row["first_right"], row["two_right"]) == (60, 1.0, 1.0)
    assert row["error"] < 0.1
    np.testing.assert_allclose(importance.true_shares(np.array([0.0, 9.0])).sum(), 1.0)

"""`--system-metrics`: how busy the machine is, on the study's own run, continued by the next session."""

import sqlite3
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest

from knobwise.experiments.record.tracker import Tracker
from knobwise.sweeps.engine.recording import system_metrics
from knobwise.sweeps.engine.recording.recorder import Recorder
from tests.system.test_faults import sweep

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy

MEMORY = "system/system_memory_usage_percentage"


def curve(folder: Path, name: str) -> list[tuple[str, int, float]]:
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        return database.execute(
            "SELECT kind.value, m.step, m.value FROM metrics m JOIN tags kind USING (run_uuid)"
            "WHERE m.key = ? AND kind.key = 'knobwise.kind' ORDER BY m.step",
            [name],
        ).fetchall()


def test_a_study_has_curves_of_the_machine_where_they_are_asked_for(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("m")  # a short name, for the sockets in it
    assert sweep(tmp_path, "--system-metrics", MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL="0.05")[0] == 0
    first = curve(tmp_path, MEMORY)
    assert len(first) >= 2
    for at in (1.0, 2.0):  # as two later sessions would
        tracker = Tracker(f"sqlite:///{tmp_path}/mlflow.db")
        study = tracker.open_study(sweep="tiny", name="tiny", study="tiny", problem="article", about={})
        tracker.measure(study, system_metrics.sample(), at)
    for name in system_metrics.sample():
        points = curve(tmp_path, name)
        assert len(points) == len(first) + 2
        assert [step for _, step, _ in points] == list(range(len(points)))
        assert {kind for kind, _, _ in points} == {"study"}
        assert all(0 <= value <= 100 for _, _, value in points) == name.endswith("percentage")


class Slow:
    """A recorder that has written nothing of what it was given; then the store fails."""

    def __init__(self) -> None:
        self.given: list[Future[None]] = []
        self._made = time.time()

    def measure(self, seen: Mapping[str, float], at: float) -> "Future[None]":
        assert self._made <= at <= time.time()
        self.given.append(Future())
        return self.given[-1]


def test_a_store_that_is_slow_or_fails_is_given_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.001")
    slow = Slow()
    with system_metrics.monitored(cast(Recorder, slow)):
        while not slow.given:
            time.sleep(0.001)
        time.sleep(0.02)
        assert len(slow.given) == 1
        slow.given[0].set_exception(OSError("gone"))
        time.sleep(0.02)
    assert len(slow.given) == 1


@pytest.mark.parametrize(
    ("given", "seconds"), [("0.5", 0.5), ("", system_metrics.INTERVAL), ("often", 5.0), ("-1", 5.0)]
)
def test_the_users_interval_is_taken_where_it_is_one(
    given: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", given)
    assert system_metrics.interval() == seconds

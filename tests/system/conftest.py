"""A study with a champion, and a server's answers, for the tests of what serves it."""

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from knobwise.experiments.model.champion import promote
from knobwise.experiments.record.tracker import StudyRun, Tracker
from knobwise.nn_core import predictor
from tests.experiments.trained import recorded, small

START = 150  # seconds that the server may take on a busy machine
KNOBWISE = "from knobwise.sweeps.commands import main; raise SystemExit(main())"
KNOBS: dict[str, Any] = {"widths": (16,), "epochs": 60}


class Study(NamedTuple):
    """Attributes: the folder of a study with a champion, its store, its place, and what its champion says."""

    folder: Path
    uri: str
    place: StudyRun
    network: predictor.Predictor


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    """Three trials, of which the second is best; the working directory is their folder."""
    folder = tmp_path_factory.mktemp("study")
    with contextlib.chdir(folder):
        tracker = Tracker(f"sqlite:///{folder}/mlflow.db")
        place = tracker.open_study(sweep="lr_epochs", name="small", study="small", problem="article", about={})
        runs = [recorded(tracker, place, trial, lr=lr, **KNOBS) for trial, lr in enumerate((0.001, 0.02, 0.005))]
        assert promote(tracker.uri, "small", runs[1]).moved
        yield Study(folder, tracker.uri, place, predictor.load(small(lr=0.02, **KNOBS).checkpoint))


@pytest.fixture
def here(study: Study, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(study.folder)
    return study


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/ping", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def post(url: str, body: str) -> tuple[int, dict[str, Any]]:
    """The status and the JSON that the server answers."""
    request = urllib.request.Request(f"{url}/invocations", body.encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status), dict(json.load(answer))
    except urllib.error.HTTPError as refusal:
        return refusal.code, dict(json.load(refusal))

"""`docs/record.md` lists what is recorded: all of it, and nothing else."""

import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knobwise.experiments import plots, problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.model import choice, images, retrained
from knobwise.experiments.plots.surface_frames import frames
from knobwise.experiments.record import names
from knobwise.experiments.record.artifacts import SNAPSHOTS
from knobwise.experiments.record.provenance import Provenance
from knobwise.experiments.record.tracker import Tracker
from knobwise.experiments.references import against
from knobwise.experiments.references.fit import Reference
from knobwise.experiments.run import run
from knobwise.experiments.snapshots import dump
from knobwise.sweeps.engine.recording import system_metrics
from knobwise.sweeps.engine.trials.running_trial import interval
from tests.conftest import RecordedSweep
from tests.experiments.conftest import open_study

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy

PAGE = Path(__file__).resolve().parents[2] / "docs" / "record.md"
TABLE = re.compile(r"^\| (?P<kind>param|metric|tag|artifact) .*\n\|[-|]+\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)
QUERIES = {"param": "SELECT key FROM params", "metric": "SELECT key FROM metrics", "tag": "SELECT key FROM tags"}


def documented() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table in TABLE.finditer(PAGE.read_text()):
        rows = re.findall(r"^\| `([^`]+)` \|", table["rows"], re.MULTILINE)
        assert len(rows) == table["rows"].count("\n"), "every row names one thing"
        found.setdefault(table["kind"], set()).update(rows)
    return found


def recorded(folder: Path) -> dict[str, set[str]]:
    database = sqlite3.connect(folder / "mlflow.db")
    found = {kind: {row[0] for row in database.execute(query)} for kind, query in QUERIES.items()}
    database.close()
    files = (file for file in (folder / "mlruns").glob("*/*/artifacts/**/*") if file.is_file())
    # MLflow adds step, time and a random number to the name of a stepped image.
    found["artifact"] = {file.as_posix().partition("/artifacts/")[2].partition("+step+")[0] for file in files}
    return found


@pytest.fixture
def every_kind_of_run(store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a trial, a replicate and a failed trial, made from code under version control."""
    monkeypatch.setattr(
        "knobwise.experiments.record.provenance.provenance", lambda: Provenance("c0ffee", True, "numpy==2")
    )
    tracker = Tracker()
    study = open_study(tracker, "lr_epochs")
    config = RunConfig(n_samples=50, epochs=3, widths=(4,))
    outcome = run(problems.load("article"), config)
    tags = {names.BASELINE: "true", names.EXTENDS: "0"}
    spread = interval([1.0, 2.0]) | {names.EPOCHS_TAKEN_OVER: 1.0}
    trial = tracker.record(
        study,
        trial=0,
        status="complete",
        outcome=outcome,
        started=1.0,
        ended=2.0,
        tags=tags,
        metrics=spread,
        further={SNAPSHOTS: dump(outcome.snapshots)},
    )
    tracker.record(
        study, trial=0, status="complete", outcome=outcome, started=1.0, ended=2.0, replicate=0, parent=trial
    )
    anew = retrained.record(choice.choose("lr_epochs"), outcome, "complete", 1.0, 2.0)
    images.log(tracker.uri, anew, frames(problems.load("article"), outcome.checkpoint, {}))
    tracker.measure(study, system_metrics.sample(), 1.0)
    classes = run(problems.load("two_moons"), replace(config, loss="binary_cross_entropy"), pictures=False)
    tracker.record(study, trial=2, status="complete", outcome=classes, started=1.0, ended=2.0)
    linear = Reference("linear", "a linear model", {"val_mse": 1.0, "train_seconds": 0.1}, np.ones((1, 1)))
    assert tracker.record_reference(study, linear, ended=2.0) == tracker.record_reference(study, linear, ended=3.0)
    beside = {names.REFERENCES: against.dumps([against.Scored("linear", "a linear model", {"val_mse": 1.0})])}
    tracker.summarise(study, description="", metrics={}, tags=beside, pictures={})
    tracker.record_failure(study, trial=1, config=config, error="ValueError: no", started=1.0, ended=2.0)
    return store


def test_all_that_is_recorded_is_documented_and_nothing_else(
    every_kind_of_run: Path, recorded_sweep: RecordedSweep
) -> None:
    written = documented()
    assert written.keys() == {"param", "metric", "tag", "artifact"}
    one, other = recorded(every_kind_of_run), recorded(recorded_sweep.folder)
    # Of runs that these are not: for problems of other kinds, and of a study with more than two knobs.
    pictures = {f"pictures/{kind}.png" for kind in plots.kinds()} | {"pictures/slices.png"}
    for kind, told in written.items():
        assert told == one[kind] | other[kind] | (pictures if kind == "artifact" else set()), kind


def test_the_page_names_what_it_says_of_the_data() -> None:
    page = PAGE.read_text()
    assert f"`{names.SHA256}`" in page
    assert all(f"`{name}`" in page for name in (*names.STATUSES, names.ABANDONED, *names.KINDS))
    assert all(f"`{name}`" in page for pair in names.TRAINING.items() for name in pair)

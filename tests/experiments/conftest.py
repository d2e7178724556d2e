"""A store of MLflow's to write to. Its tables take two seconds to make, so they are made once and copied."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knobwise.experiments.record import names
from knobwise.experiments.record.tracker import StudyRun, Tracker
from tests.conftest import user_environment
from tests.experiments.outcomes import outcome


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`mlflow.db` as the tracker makes it in an empty folder, which is told to nobody."""
    folder = tmp_path_factory.mktemp("fresh")
    done = subprocess.run(
        [sys.executable, "-c", "from knobwise.experiments.record.tracker import Tracker; print(Tracker().uri)"],
        cwd=folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"sqlite:///{folder}/mlflow.db\n"
    assert done.stderr == ""
    return folder / "mlflow.db"


@pytest.fixture
def store(fresh_database: Path, workdir: Path) -> Path:
    """The working directory, with an empty store in it."""
    shutil.copy(fresh_database, workdir / "mlflow.db")
    return workdir


@pytest.fixture
def tracker(store: Path) -> Tracker:
    return Tracker()


@pytest.fixture
def study(tracker: Tracker) -> StudyRun:
    return open_study(tracker, "lr_epochs")


def open_study(tracker: Tracker, study: str, name: str = "lr_epochs", sweep: str = "lr_epochs") -> StudyRun:
    return tracker.open_study(sweep=sweep, name=name, study=study, problem="article", about={"sampler": "tpe"})


def add(tracker: Tracker, study: StudyRun, trial: int, val_mse: float, *others: float, **knobs: Any) -> str:
    """A complete trial; with `others`, the values of its replicates 0, 1, ... of seeds 0, 1, ..."""
    tags = {names.BASELINE: "true"} if trial == 0 else {}
    run_id = tracker.record(
        study,
        trial=trial,
        status="complete",
        outcome=outcome(val_mse=val_mse, **knobs),
        started=1.0,
        ended=2.0,
        tags=tags,
    )
    for number, value in enumerate(others):
        alone = outcome(val_mse=value, **{**knobs, "seed": number})
        tracker.record(
            study,
            trial=trial,
            status="complete",
            outcome=alone,
            started=1.0,
            ended=2.0,
            replicate=number,
            parent=run_id,
        )
    return run_id


@pytest.fixture(scope="session")
def answers(fresh_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with a study of four trials with replicates, and one of single runs. Only read it."""
    folder = tmp_path_factory.mktemp("answers")
    shutil.copy(fresh_database, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        tracker = Tracker()
        seeded = open_study(tracker, "seeded", name="seeded")
        ids = {"baseline": add(tracker, seeded, 0, 10.0, 9.0, 10.0, 11.0, lr=0.01)}
        ids["good"] = add(tracker, seeded, 1, 5.0, 4.0, 5.0, 6.5, lr=0.02)
        add(tracker, seeded, 2, 5.2, 4.5, 4.9, 6.2, lr=0.03)
        alone = open_study(tracker, "alone", name="alone")
        ids["single"] = add(tracker, alone, 0, 3.0)
        tracker.record_failure(alone, trial=1, config=outcome().config, error="no", started=1.0, ended=2.0)
        ids["study"] = alone.run_id
        yield folder, ids


@pytest.fixture
def here(answers: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Be in that folder; the ids of some of its runs."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(answers[0])
    return answers[1]

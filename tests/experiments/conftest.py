"""A store of MLflow's to write to. Its tables take two seconds to make, so they are made once and copied."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.tracking import StudyRun, Tracker
from tests.conftest import user_environment


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`mlflow.db` as the tracker makes it in an empty folder, which is told to nobody."""
    folder = tmp_path_factory.mktemp("fresh")
    done = subprocess.run(
        [sys.executable, "-c", "from experiments.tracking import Tracker; print(Tracker().uri)"],
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

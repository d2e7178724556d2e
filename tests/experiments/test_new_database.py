"""A new database: whole or not there, whatever happens while it is made."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from knobwise.experiments.record import leftovers, new_database
from knobwise.experiments.record.tracker import Tracker
from tests.conftest import user_environment

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")

KILLED = """
import os, sys
from sqlalchemy.engine.default import DefaultDialect
steps, do = [0], DefaultDialect.do_execute

def counted(self, *arguments):
    steps[0] += 1
    if steps[0] == 200:
        os._exit(137)
    return do(self, *arguments)

DefaultDialect.do_execute = counted
from knobwise.experiments.record.tracker import Tracker
Tracker()
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_process_killed_while_it_makes_the_tables_leaves_no_half_of_them(workdir: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=workdir, env=user_environment(), check=False)
    assert killed.returncode == 137
    left = names(workdir)
    assert "mlflow.db" not in left
    assert any(name.startswith("mlflow.db.new-") for name in left)
    Tracker()
    assert names(workdir) == ["mlflow.db"]


def test_one_that_is_there_by_then_keeps_its_name(workdir: Path) -> None:
    made, other = workdir / "made", workdir / "mlflow.db"
    for file, text in ((made, "ours"), (other, "another's")):
        file.write_text(text)
    new_database._name(made, other)
    assert other.read_text() == "another's"
    other.write_bytes(b"")  # SQLite makes such a file before it is written to
    new_database._name(made, other)
    assert other.read_text() == "ours"


def test_a_file_system_without_links_will_do(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(*_: object) -> None:
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", without)
    (workdir / "made").write_text("ours")
    new_database._name(workdir / "made", workdir / "mlflow.db")
    assert names(workdir) == ["mlflow.db"]


def test_tables_that_an_older_version_left_in_part_are_told_of(workdir: Path) -> None:
    with closing(sqlite3.connect(workdir / "mlflow.db")) as database, database:
        database.execute("create table model_version_tags (key text)")
    with pytest.raises(Exception, match="its tables are there in part only") as refused:
        Tracker()
    assert "\n" not in str(refused.value)


def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_kept(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for name in (f"x-{dead.pid}-folder", f"x-{os.getpid()}-folder", "x-notes-folder"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    (tmp_path / f"x-{dead.pid}--journal").touch()
    leftovers.remove(tmp_path, "x-")
    assert names(tmp_path) == [f"x-{os.getpid()}-folder", "x-notes-folder"]

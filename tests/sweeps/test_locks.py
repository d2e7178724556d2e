"""Locks: those of studies and of journals never share a name, and every wait has an end that names the holder."""

import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from knobwise.experiments.record.stores import StoreError, journal_path
from knobwise.sweeps.engine.repair import check, cleanup
from knobwise.sweeps.engine.search import locks, studies
from knobwise.sweeps.engine.search.locks import FileLock
from knobwise.sweeps.engine.search.storage import lock_folder, open_storage

HOLD = """
import sys
from pathlib import Path
from knobwise.sweeps.engine.search.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("key", ["optuna.journal", "optuna.journal.lock", "optuna", "search.journal", ".lock"])
@pytest.mark.parametrize("address", ["", "search.journal", "deep/search.journal", "sqlite:///search.db"])
def test_a_study_of_any_name_can_write_its_journal_while_it_is_locked(key: str, address: str, workdir: Path) -> None:
    (workdir / "deep").mkdir()
    with studies.alone(lock_folder(address), key):
        study = optuna.create_study(storage=open_storage(address), study_name=key)
        study.set_user_attr("a", 1)
        assert check.running_process(address, key) is not None
    assert check.running_process(address, key) is None


def test_a_wait_for_a_lock_ends_with_a_line_that_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "search.journal.lock"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        line = (
            rf"^cannot lock {path}: process {other.pid} has held it for 0.2 seconds; let that process end, or end it$"
        )
        with pytest.raises(StoreError, match=line):
            FileLock(path).acquire(patience=0.2)
        other.kill()
    assert FileLock(path).acquire(patience=5)


def test_clean_leaves_the_locks_of_journals_and_finds_those_of_studies_of_0_1(workdir: Path) -> None:
    for address in ("", "mlruns/other.journal"):
        optuna.create_study(storage=open_storage(address), study_name="s")
    with studies.alone(lock_folder(""), "s"):
        pass
    old = journal_path().with_name("s.lock")
    old.write_text("123\n")
    found = cleanup.find().locks
    assert [path.name for path in found] == ["s.lock", "s.study-lock"]
    assert locks.of_journal(journal_path()).exists()

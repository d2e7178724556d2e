"""The search's file: cut short, damaged, of another kind, locked."""

import json
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from knobwise.experiments.record.stores import StoreError
from knobwise.sweeps.engine.errors import BadInput, Unfinished
from knobwise.sweeps.engine.search import studies
from knobwise.sweeps.engine.search.locks import FileLock
from knobwise.sweeps.engine.search.storage import lock_folder, open_storage, open_to_read


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of a study with three finished trials."""
    path = tmp_path / "search.journal"
    study = optuna.create_study(storage=open_storage(str(path)), study_name="s")
    for value in (3.0, 1.0, 2.0):
        trial = study.ask()
        trial.suggest_float("lr", 0.1, 1.0)
        study.tell(trial, value)
    return path


def values(path: Path) -> list[float | None]:
    study = optuna.load_study(study_name="s", storage=open_storage(str(path)))
    return [trial.value for trial in study.trials if trial.state.is_finished()]


def test_a_journal_cut_anywhere_in_its_last_line_loses_that_line_only_and_can_be_written(journal: Path) -> None:
    whole = journal.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for end in range(last, len(whole), 7):
        journal.write_bytes(whole[:end])
        assert values(journal) == [3.0, 1.0]
        study = optuna.load_study(study_name="s", storage=open_storage(str(journal)))
        study.tell(2, 2.5)  # its result was lost, so it still runs
        assert values(journal) == [3.0, 1.0, 2.5]
        assert all(json.loads(line) for line in journal.read_text().splitlines())


@pytest.mark.parametrize(
    "damaged", ['{"op_code":', "[]", "7", '{"a": 1}', '{"op_code": 6, "trial_id": 99, "state": 1}']
)
def test_a_journal_damaged_in_the_middle_is_refused_with_the_line_and_the_way_out(damaged: str, journal: Path) -> None:
    lines = journal.read_text().splitlines(keepends=True)
    lines[3] = damaged + "\n"
    journal.write_text("".join(lines))
    with pytest.raises(
        StoreError, match=r"^cannot read the journal .*: line 4 is damaged \(.*\); restore .*--repair"
    ) as error:
        open_storage(str(journal))
    assert "\n" not in str(error.value)
    assert journal.read_text() == "".join(lines)


def test_a_file_that_is_no_journal_is_refused_and_not_touched(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("first line\nno newline at the end")
    with pytest.raises(StoreError, match="not a journal"):
        open_storage(str(notes))
    assert notes.read_text() == "first line\nno newline at the end"


@pytest.mark.parametrize("address", ["file/x.journal", "sqlite:///file/x.db", "sqlite:///nowhere/x.db"])
def test_a_place_that_cannot_be_is_refused_in_one_line(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as error:
        open_storage(address)
    assert "\n" not in str(error.value)


def test_an_unknown_kind_of_url_is_bad_input() -> None:
    with pytest.raises(BadInput, match="must be a URL such as sqlite:///search"):
        open_storage("carrier-pigeon://coop")


def test_looking_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_to_read("") is None
    assert open_to_read("sqlite:///search.db") is None
    assert list(tmp_path.iterdir()) == []


def test_sqlite_holds_a_study(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/search.db"
    optuna.create_study(storage=open_storage(address), study_name="there")
    storage = open_to_read(address)
    assert storage is not None
    assert [study.study_name for study in storage.get_all_studies()] == ["there"]
    assert lock_folder(address) == tmp_path


def test_a_second_driver_is_refused_and_a_dead_ones_lock_is_not_in_the_way(tmp_path: Path) -> None:
    hold = (
        "import sys; from pathlib import Path; from knobwise.sweeps.engine.search import studies\n"
        "with studies.alone(Path(sys.argv[1]), 's'): print('held', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        refused = pytest.raises(Unfinished, match=f"'s' is being run by process {other.pid}")
        with refused, studies.alone(tmp_path, "s"):
            pass
        with studies.alone(tmp_path, "another"):
            pass
        other.kill()
    with studies.alone(tmp_path, "s"):
        assert not FileLock(tmp_path / "s.study-lock").acquire(wait=False)
    assert FileLock(tmp_path / "s.study-lock").acquire(wait=False)

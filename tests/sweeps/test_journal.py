"""The journal's file when a write fails half-way: whole lines stay, and the study can be resumed."""

import errno
import json
import multiprocessing
import os
from pathlib import Path

import optuna
import pytest

from knobwise.experiments.record.stores import StoreError
from knobwise.sweeps.engine.search.storage import open_storage


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "search.journal"


def full_after(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk takes so many more bytes, and those that would not fit by halves."""
    left, write = [count], os.write

    def limited(file: int, data: bytes) -> int:
        if left[0] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = write(file, data[: left[0]])
        left[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", limited)


def attributes(path: Path) -> dict[str, int]:
    return dict(optuna.load_study(study_name="s", storage=open_storage(str(path))).user_attrs)


def test_a_line_that_the_disk_takes_in_parts_is_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:7]))
    study = optuna.create_study(storage=open_storage(str(path)), study_name="s")
    study.set_user_attr("a", 1)
    assert attributes(path) == {"a": 1}


def test_a_line_that_does_not_fit_is_taken_back_and_the_process_can_go_on(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = optuna.create_study(storage=open_storage(str(path)), study_name="s")
    study.set_user_attr("a", 1)
    whole = path.read_bytes()
    with monkeypatch.context() as full:
        full_after(20, full)
        with pytest.raises(StoreError, match=rf"^cannot write the journal {path}: No space left on device$"):
            study.set_user_attr("b", 2)
    assert path.read_bytes() == whole
    study.set_user_attr("c", 3)
    assert attributes(path) == {"a": 1, "c": 3}


def test_half_a_line_that_cannot_be_taken_back_is_cut_by_the_next_write(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = optuna.create_study(storage=open_storage(str(path)), study_name="s")
    with monkeypatch.context() as full:
        full_after(20, full)
        full.setattr(os, "ftruncate", lambda file, size: os.close(-1))  # an OSError
        with pytest.raises(StoreError, match="No space left"):
            study.set_user_attr("b", 2)
    assert not path.read_bytes().endswith(b"\n")
    study.set_user_attr("c", 3)
    assert attributes(path) == {"c": 3}


def test_half_a_line_of_another_driver_is_cut_by_one_that_goes_on(path: Path) -> None:
    study = optuna.create_study(storage=open_storage(str(path)), study_name="s")
    with path.open("ab") as file:
        file.write(b'{"op_code":2,"worker_id":"another')
    study.set_user_attr("c", 3)
    assert attributes(path) == {"c": 3}
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_a_journal_that_was_removed_is_told_of(path: Path) -> None:
    study = optuna.create_study(storage=open_storage(str(path)), study_name="s")
    path.unlink()
    with pytest.raises(StoreError, match="No such file"):
        study.set_user_attr("a", 1)


@pytest.mark.parametrize("start", [b"", b"{", b'{"op_code"', b'{"op_code":0,"worker'])
def test_a_journal_cut_in_its_first_line_is_as_new(start: bytes, path: Path) -> None:
    path.write_bytes(start)
    optuna.create_study(storage=open_storage(str(path)), study_name="s").set_user_attr("a", 1)
    assert attributes(path) == {"a": 1}


@pytest.mark.parametrize("text", ["no newline at the end", '{"a": 1}', '{"a": 1}\n'])
def test_another_file_of_one_line_is_refused_and_not_touched(text: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(StoreError, match="not a journal"):
        open_storage(str(path))
    assert path.read_text() == text


def _write(path: str, name: str) -> None:
    study = optuna.load_study(study_name="s", storage=open_storage(path))
    for number in range(20):
        study.set_user_attr(f"{name}{number}", number)


def test_two_processes_write_whole_lines(path: Path) -> None:
    optuna.create_study(storage=open_storage(str(path)), study_name="s")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(str(path), name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert len(attributes(path)) == 40

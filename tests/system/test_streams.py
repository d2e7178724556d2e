"""Commands on terminals and pipes of every kind: other encodings, narrow ones, and readers that leave early."""

import io
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from knobwise.sweeps.engine.cli import start
from tests.conftest import ROOT, RecordedSweep
from tests.system import test_sweep_command as sweep_command
from tests.system.test_knobwise_command import knobwise

SIGNS = "≈ 1.5 ± 0.2 ─ Köln"


class Piped:
    """A command's stdout or stderr, as a pipe.

    Args:
        gone: whether its reader has left.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, encoding: str = "utf-8", *, gone: bool = False):
        reading, writing = os.pipe()
        self._reader = io.FileIO(reading)
        self._stream = io.TextIOWrapper(io.FileIO(writing, "w"), encoding=encoding, write_through=True)
        monkeypatch.setattr(sys, name, self._stream)
        if gone:
            self._reader.close()

    def close(self) -> None:
        """Close the end that is written to."""
        self._stream.close()

    def text(self) -> str:
        """All that was written."""
        self.close()
        with self._reader:
            return self._reader.readall().decode(self._stream.encoding)


def printing(text: str, code: int = 0) -> Callable[[], int]:
    def work() -> int:
        sys.stdout.write(text)
        Console(highlight=False).print(text)
        return code

    return work


@pytest.mark.parametrize(
    ("encoding", "written"),
    [
        ("utf-8", SIGNS),
        ("ascii", r"~ 1.5 +/- 0.2 - K\xf6ln"),
        ("latin-1", "~ 1.5 ± 0.2 - Köln"),
        ("cp1252", "~ 1.5 ± 0.2 - Köln"),
        ("cp437", "≈ 1.5 ± 0.2 ─ Köln"),
        ("koi8-r", r"≈ 1.5 +/- 0.2 ─ K\xf6ln"),
    ],
)
def test_signs_that_the_encoding_lacks_are_written_in_ascii(
    encoding: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = Piped(monkeypatch, "stdout", encoding)
    assert start.run(printing(f"{SIGNS}\n")) == 0
    assert pipe.text().split("\n")[:2] == [written, written]


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_work_is_finished_where_the_reader_has_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    finished = []

    def work() -> int:
        for _ in range(100):
            getattr(sys, name).write("x" * 10_000 + "\n")
            getattr(sys, name).flush()
        finished.append(True)
        return 0

    pipe = Piped(monkeypatch, name, gone=True)
    assert start.run(work) == (141 if name == "stdout" else 0)
    assert finished
    pipe.close()


def test_an_error_keeps_its_exit_code_where_the_reader_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Piped(monkeypatch, "stdout", gone=True)
    assert start.run(printing("x" * 100_000, code=2)) == 2
    pipe.close()


@pytest.mark.parametrize("columns", ["1", "30", "60"])
def test_no_number_is_broken_on_narrow_terminals(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Piped(monkeypatch, "stdout")
    monkeypatch.setenv("COLUMNS", columns)
    number = "0.123456789012345678901234567890"
    assert start.run(printing(f"{number} {number}\n")) == 0
    assert pipe.text().count(number) == 4


def test_tables_are_whole_in_ascii_and_on_narrow_terminals(recorded_sweep: RecordedSweep) -> None:
    wide = knobwise(recorded_sweep.folder, "best", "lr_epochs", PYTHONIOENCODING="utf-8")
    narrow = knobwise(recorded_sweep.folder, "best", "lr_epochs", PYTHONIOENCODING="ascii", COLUMNS="30")
    assert (wide.returncode, narrow.returncode, narrow.stderr) == (0, 0, "")
    assert "±" in wide.stdout
    assert narrow.stdout.isascii()
    assert re.findall(r"\d[\d.e-]*", narrow.stdout) == re.findall(r"\d[\d.e-]*", wide.stdout)


def test_head_ends_a_verb_without_noise(recorded_sweep: RecordedSweep) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    code = "from knobwise.sweeps.commands import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "runs", "lr_epochs"],
        cwd=recorded_sweep.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_sweep_whose_reader_left_makes_all_its_trials(tmp_path: Path) -> None:
    process = sweep_command.start(tmp_path, "--trials", "3")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    assert process.wait(timeout=120) == 141
    assert sweep_command.recorded(tmp_path) == Counter({(trial, "FINISHED"): 1 for trial in range(3)})

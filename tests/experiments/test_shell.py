"""What a command prints for the user to type: bare names only where PATH leads to this environment's programs."""

import os
import sys
from pathlib import Path

import pytest

from knobwise.experiments import shell


@pytest.fixture
def environment(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the programs of an environment inside the working directory, which is not on PATH."""
    folder = workdir / ".venv" / "bin"
    _programs(folder, "knobwise", "mlflow")
    (folder / "python").symlink_to(sys.executable)  # as in an environment, where it leads out of the folder
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return folder


def _programs(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)


@pytest.mark.parametrize("name", ["knobwise", "python", "mlflow"])
def test_the_name_alone_where_the_environment_is_activated(
    name: str, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.program(name) == f".venv/bin/{name}"
    monkeypatch.setenv("PATH", f"{environment}:/usr/bin")
    assert shell.program(name) == name


def test_a_program_of_that_name_of_another_environment_is_not_ours(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _programs(tmp_path / "other", "knobwise", "python")
    monkeypatch.setenv("PATH", str(tmp_path / "other"))
    assert [shell.program(name) for name in ("knobwise", "python")] == [".venv/bin/knobwise", ".venv/bin/python"]


def test_a_link_to_ours_on_the_path_is_ours(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "knobwise").symlink_to(environment / "knobwise")
    monkeypatch.setenv("PATH", str(tmp_path / "links"))
    assert shell.program("knobwise") == "knobwise"
    assert shell.program("python") == ".venv/bin/python"


def test_the_full_path_from_elsewhere_and_dots_from_within(
    environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    assert shell.program("knobwise") == f"{environment}/knobwise"
    monkeypatch.chdir(environment)
    assert shell.program("knobwise") == "./knobwise"


def test_what_the_shell_would_take_apart_is_quoted(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = workdir / "my tools" / "bin"
    _programs(folder, "python")
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    monkeypatch.setenv("PATH", os.defpath)
    assert shell.program("python") == "'my tools/bin/python'"
    assert shell.program("knobwise") == "knobwise", "its programs are elsewhere"

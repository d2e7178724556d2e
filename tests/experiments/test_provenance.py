"""Which code made a run."""

import subprocess
from pathlib import Path

import pytest

from knobwise.experiments.record import names, provenance
from knobwise.experiments.record.provenance import Provenance, origin


def git(folder: Path, *words: str) -> str:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *settings, "-C", str(folder), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A repository with one commit, and a package in it."""
    package = tmp_path / "repo" / "package"
    package.mkdir(parents=True)
    (package / "a.py").write_text("1\n")
    git(tmp_path, "init", "-q", "repo")
    git(package, "add", ".")
    git(package, "commit", "-qm", "first")
    return package


def of(folder: Path) -> tuple[str, bool]:
    found = provenance.provenance(folder)
    return found.commit, found.dirty


def test_the_commit_and_whether_the_code_was_edited(code: Path) -> None:
    commit = git(code, "rev-parse", "HEAD")
    assert len(commit) == 40
    assert of(code) == (commit, False)
    (code / "a.py").write_text("2\n")
    assert of(code) == (commit, True)
    git(code, "checkout", "-q", ".")
    assert of(code) == (commit, False)
    (code.parent / "new.py").write_text("a variant is found by its file\n")
    assert of(code) == (commit, True)


def test_what_a_sweep_leaves_behind_is_no_edit(code: Path) -> None:
    commit = git(code, "rev-parse", "HEAD")
    for place in (code, code.parent):
        (place / "mlruns").mkdir()
        (place / "mlruns" / "optuna.journal").touch()
        (place / "mlflow.db").touch()
        (place / "mlflow.db-journal").touch()
    assert of(code) == (commit, False)
    (code.parent / ".gitignore").write_text("*.log\n")
    git(code.parent, "add", ".gitignore")
    git(code.parent, "commit", "-qm", "second")
    (code / "x.log").touch()
    assert of(code)[1] is False


def test_code_without_a_commit_has_none(tmp_path: Path, code: Path) -> None:
    assert of(tmp_path) == ("", False)
    untracked = code.parent / "venv"
    untracked.mkdir()
    (untracked / "b.py").touch()
    assert of(untracked) == ("", False), "installed into a folder of somebody's repository"
    git(tmp_path, "init", "-q", "empty")
    (tmp_path / "empty" / "a.py").touch()
    assert of(tmp_path / "empty") == ("", False)
    git(tmp_path / "empty", "add", "a.py")
    assert of(tmp_path / "empty") == ("", True)


def test_without_git_there_is_no_commit(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert of(code) == ("", False)


def test_packages_are_named_with_their_versions(code: Path) -> None:
    import numpy

    packages = provenance.provenance(code).packages.split()
    assert packages[0].startswith("python==3.")
    assert f"numpy=={numpy.__version__}" in packages
    assert [package.partition("==")[0] for package in packages][-2:] == ["optuna", "mlflow"]


@pytest.mark.parametrize(("dirty", "said"), [(True, "true"), (False, "false")])
def test_tags(dirty: bool, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "provenance", lambda: Provenance("c0ffee", dirty, "numpy==2"))
    tags = origin()
    assert (tags[names.COMMIT], tags[names.DIRTY], tags[names.PACKAGES]) == ("c0ffee", said, "numpy==2")
    monkeypatch.setattr(provenance, "provenance", lambda: Provenance("", dirty, "numpy==2"))
    assert not {names.COMMIT, names.DIRTY} & set(origin())


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert origin()[names.USER] == "unknown"

"""The `knobwise` command and its verbs, as a user runs them."""

import subprocess
import sys
from pathlib import Path

import pytest

from knobwise.sweeps import commands
from tests.conftest import user_environment

KNOBWISE = "from knobwise.sweeps.commands import main; raise SystemExit(main())"


def knobwise(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", KNOBWISE, *words],
        cwd=folder,
        env={**user_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_lists_every_verb_with_what_it_does(tmp_path: Path) -> None:
    done = knobwise(tmp_path, "--help")
    assert done.returncode == 0
    for verb in ("sweep", "list", "doctor", "problems"):
        assert verb in commands.names()
        assert f"  {verb} " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["swep"], "did you mean sweep?"),
        (["sweep"], "must be followed by one of"),
        (["sweep", "lr_epoch"], "did you mean lr_epochs?"),
        (["sweep", "lr_epochs", "--jobs", "x"], "--jobs must be a whole number, got 'x'"),
        (["list", "--stroage"], "knobwise list must stand alone"),
        (["doctor", "who"], "the words that are no options must be none, got who"),
    ],
)
def test_a_wrong_word_is_one_line_that_says_what_would_be_right(words: list[str], said: str, tmp_path: Path) -> None:
    done = knobwise(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_looking_around_makes_nothing(tmp_path: Path) -> None:
    listed = knobwise(tmp_path, "list")
    assert listed.returncode == 0
    assert "lr_epochs" in listed.stdout
    assert "No studies yet." in listed.stdout
    doctor = knobwise(tmp_path, "doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert "will be made by the first sweep" in doctor.stdout
    assert "numpy" in doctor.stdout
    assert "article " in knobwise(tmp_path, "problems").stdout
    assert list(tmp_path.iterdir()) == []


def test_doctor_tells_of_a_store_that_cannot_be_reached(tmp_path: Path) -> None:
    doctor = knobwise(tmp_path, "doctor", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert doctor.returncode == 1
    assert "WRONG: cannot open the store http://127.0.0.1:9" in doctor.stdout


def test_sweep_takes_the_options_of_the_script(tmp_path: Path) -> None:
    done = knobwise(tmp_path, "sweep", "lr_epochs", "--dry-run", "--trials", "7")
    assert done.returncode == 0, done.stderr
    assert "7 more trials" in done.stdout
    assert list(tmp_path.iterdir()) == []

"""The `knobwise` command and its verbs, as a user runs them."""

import shlex
import subprocess
import sys
from importlib import metadata
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
        timeout=300,
        check=False,
    )


def test_help_lists_every_verb_with_what_it_does(tmp_path: Path) -> None:
    done = knobwise(tmp_path, "--help")
    assert done.returncode == 0
    for verb in ("sweep", "list", "doctor", "problems"):
        assert verb in commands.names()
        assert f"  {verb} " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_help_and_version_import_none_of_the_slow_libraries(tmp_path: Path) -> None:
    slow = "{'numpy', 'optuna', 'mlflow', 'pandas', 'rich'}"
    code = (
        f"import sys; from knobwise.sweeps.commands import main; main(sys.argv[1:]); print({slow} & {{*sys.modules}})"
    )
    for words in (["--help"], ["--version"], ["best", "--help"], ["sweep", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            cwd=tmp_path,
            env=user_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr, done.stdout.splitlines()[-1]) == (0, "", "set()"), words
    assert knobwise(tmp_path, "--version").stdout == f"knobwise {metadata.version('knobwise')}\n"


def test_the_help_of_a_verb_and_of_a_sweep(tmp_path: Path) -> None:
    shown = knobwise(tmp_path, "best", "lr_epochs", "-h").stdout
    assert "Usage: knobwise best STUDY [options]\n" in shown
    assert "--n N " in shown
    generic, named = (knobwise(tmp_path, "sweep", *words, "--help").stdout for words in ([], ["lr_epochs"]))
    assert "Usage: knobwise sweep SWEEP [options]\n" in generic
    assert "[the sweep's own]" in generic
    assert "Usage: knobwise sweep lr_epochs [options]\n" in named
    assert "[lr_epochs]" in named


def test_hints_are_what_works_in_the_users_shell(tmp_path: Path) -> None:
    elsewhere = {"PATH": "/usr/bin:/bin"}
    shown = knobwise(tmp_path, "list", **elsewhere).stdout
    program = shown.partition("(")[2].partition(" sweep NAME)")[0]
    assert subprocess.run([*shlex.split(program), "--version"], cwd=tmp_path, env=elsewhere, check=True).returncode == 0
    assert f"Usage: {program} best STUDY" in knobwise(tmp_path, "best", "--help", **elsewhere).stdout
    assert "(knobwise sweep NAME)" in knobwise(tmp_path, "list").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["swep"], "did you mean sweep?"),
        (["sweep"], "knobwise sweep: missing SWEEP; Usage: knobwise sweep SWEEP [options]"),
        (["best"], "knobwise best: missing STUDY; Usage: knobwise best STUDY [options]"),
        (["extend", "lr_epochs"], "knobwise extend: missing TRIAL"),
        (["extend", "lr_epochs", "-1", "--epochs", "9"], "TRIAL must be a whole number >= 0, got -1"),
        (["runs", "lr_epochs", "two"], "knobwise runs: unknown word 'two'"),
        (["sweep", "lr_epoch"], "did you mean lr_epochs?"),
        (["sweep", "lr_epochs", "--jobs", "x"], "--jobs must be a whole number, got 'x'"),
        (["sweep", "--jobs", "0", "lr_epoch"], "did you mean lr_epochs?"),
        (["list", "--stroage"], "did you mean --storage?"),
        (["doctor", "who"], "knobwise doctor: unknown word 'who'; Usage: knobwise doctor [options]"),
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

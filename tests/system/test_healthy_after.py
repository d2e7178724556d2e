"""`knobwise doctor` finds nothing wrong after each way in which a sweep can end, once what it asks for was done."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import user_environment
from tests.system.drill import SCRIPT

pytestmark = pytest.mark.drill
PATIENCE = 240
KNOBWISE = "from knobwise.sweeps.commands import main; raise SystemExit(main())"


@pytest.fixture(autouse=True)
def own_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Not the system's, where other tests leave what killed processes were making. Short, for the sockets in it."""
    with tempfile.TemporaryDirectory(prefix="h", ignore_cleanup_errors=True) as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield


def start(folder: Path, *options: str) -> "subprocess.Popen[str]":
    """The sweep `tiny`, whose runs take a fifth of a second."""
    (folder / "tiny.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, "-B", "tiny.py", "--jobs", "2", "--confirm", "0", "--quiet", *options],
        cwd=folder,
        env=user_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sweep(folder: Path, *options: str) -> str:
    """Run it to its end; what it prints."""
    process = start(folder, *options)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out + err


def interrupted(folder: Path, number: int) -> int:
    """Run it, and send it a signal once a trial of it is over; its exit code."""
    process = start(folder, "--trials", "300")
    journal = folder / "mlruns" / "optuna.journal"
    deadline = time.monotonic() + PATIENCE
    while not journal.exists() or b'"state":1' not in journal.read_bytes().replace(b" ", b""):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=PATIENCE)
    return process.returncode


def knobwise(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a verb."""
    return subprocess.run(
        [sys.executable, "-c", KNOBWISE, *words],
        cwd=folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def doctor(folder: Path, *words: str) -> dict[str, Any]:
    """What `knobwise doctor` says, as JSON."""
    done = knobwise(folder, "doctor", "--json", *words)
    assert done.stdout, done.stderr
    return dict(json.loads(done.stdout))


def assert_healthy(folder: Path) -> None:
    """Nothing is wrong, and nothing is left over."""
    said = doctor(folder)
    assert (said["wrong"], said["files"], said["healthy"]) == ([], [], True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_clean_stop_is_healthy_and_so_is_its_resume(number: int, code: int, tmp_path: Path) -> None:
    assert interrupted(tmp_path, number) == code
    assert_healthy(tmp_path)
    sweep(tmp_path, "--trials", "4")
    assert_healthy(tmp_path)


def test_a_kill_and_its_resume_are_healthy(tmp_path: Path) -> None:
    assert interrupted(tmp_path, signal.SIGKILL) == -signal.SIGKILL
    sweep(tmp_path, "--trials", "4")
    assert_healthy(tmp_path)

"""What every test may ask for: a folder to work in, a recorded sweep, a browser."""

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when NumPy loads
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
# As in the shell of an activated environment: hints name its programs without a path.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from knobwise.sweeps.engine.search.locks import FileLock

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A property does not hang on how fast a machine tries its examples.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class RecordedSweep(NamedTuple):
    """Attributes:
    folder: where it ran, with its `mlflow.db` and `mlruns/`.
    answer: the JSON object that it printed.
    """

    folder: Path
    answer: dict[str, Any]


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is also the working directory, with no tracking server named in the environment."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def recorded_sweep(tmp_path_factory: pytest.TempPathFactory) -> RecordedSweep:
    """A sweep of four trials, run once for all tests as a user runs it. Read it; do not write to it.

    Where the tests are spread over processes, the first that needs it makes it for all.
    """
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared
    folder, said = shared / "recorded_sweep", shared / "recorded_sweep.json"
    lock = FileLock(shared / "recorded_sweep.lock")
    lock.acquire(patience=600)
    try:
        if not said.exists():
            folder.mkdir()
            said.write_text(_swept(folder))
    finally:
        lock.release()
    return RecordedSweep(folder, json.loads(said.read_text()))


def _swept(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "sweeps" / "lr_epochs.py"), "--trials", "4", "--confirm", "2", "--json"],
        cwd=folder,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Commands run as a user runs them take longest: first, so that no process is left with them at the end."""
    items.sort(key=lambda item: "system" not in item.path.parts)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """A headless Chromium. Where there is none the test is skipped, or fails under KNOBWISE_REQUIRE_BROWSER=1."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing("BROWSER", f"none of {', '.join(BROWSERS)} is installed")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("BROWSER", "playwright is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=BROWSER_ARGS)
        yield chromium
        chromium.close()


def missing(what: str, why: str) -> NoReturn:
    """Skip the test, or fail it where KNOBWISE_REQUIRE_<what> is 1: where every tool ought to be there."""
    if os.environ.get(f"KNOBWISE_REQUIRE_{what}") == "1":
        pytest.fail(why)
    pytest.skip(why)


def user_environment() -> dict[str, str]:
    """The environment for a command run as a user would: nothing set that points MLflow elsewhere."""
    return {**{k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}, "PYTHONPATH": str(ROOT)}

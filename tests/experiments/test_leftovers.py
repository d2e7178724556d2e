"""Files of dead processes: those of ours are found, those of the living and of others are left."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from knobwise.experiments.record import artifacts, leftovers
from knobwise.sweeps.engine.repair import cleanup
from tests.conftest import user_environment

KILLED = """
import os
from knobwise.sweeps.engine.workers.jobs import serve
from knobwise.sweeps.engine.workers.local import LocalWorkers

workers = LocalWorkers(1)
workers._start()
os._exit(9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no server of forks elsewhere")
def test_the_folder_of_a_killed_drivers_processes_is_removed_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path_factory.mktemp("t")  # a short name, for the socket in it
    done = subprocess.run(
        [sys.executable, "-c", KILLED],
        env=user_environment() | {"TMPDIR": str(place)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 9, done.stderr
    [ours] = place.glob("pymp-*")
    others, living = place / "pymp-another", place / "pymp-living"
    for folder in (others, living):
        folder.mkdir()
    (others / "listener-1").touch()
    (living / f"{artifacts.SCRATCH}{os.getpid()}-").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    assert cleanup.files() == [ours]
    leftovers.remove(place, artifacts.SCRATCH)
    assert sorted(place.glob("pymp-*")) == [others, living]

"""Some of the faults that `python -m tests.sweeps.faults` injects; all of them are injected in `.ci/run`."""

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT, user_environment


@pytest.mark.drill
def test_a_sweep_comes_to_the_same_end_after_a_fault_at_any_write() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sweeps.faults", "--every", "53"],
        cwd=ROOT,
        env=user_environment(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["wrong"] == {}
    assert set(found["writes"]) == {"journal", "commit", "file"}
    trials = 3
    assert found["writes"]["journal"] >= trials * 4, "asked, two parameters, told"
    assert found["writes"]["commit"] >= trials * 3, "begun, filled, finished"
    assert found["writes"]["file"] >= trials * 3, "configuration, checkpoint, a picture"
    kinds = {name.split()[0] for name in found["tried"]}
    modes = {name.split()[1] for name in found["tried"]}
    assert (kinds, modes) == ({"journal", "commit", "file"}, {"kill", "full", "stays-full"})

"""Sweeps on a Dask cluster, where Dask is installed."""

from pathlib import Path

import pytest

from tests.system.drill import Drill
from tests.system.test_sweep_command import answer, refused, sweep

pytest.importorskip("distributed")


def test_a_sweep_runs_on_a_cluster_of_its_own(tmp_path: Path) -> None:
    facts = answer(sweep(tmp_path, "--executor", "dask", "--trials", "3", "--json", "--quiet"))
    assert facts["trials"] == {"complete": 3, "pruned": 0, "diverged": 0, "failed": 0}


def test_a_cluster_address_that_is_none_is_bad_input(tmp_path: Path) -> None:
    line = refused(sweep(tmp_path, "--executor", "dask", "--cluster", "nonsense", "--quiet"), 2)
    assert "--cluster must be an address such as tcp://host:8786, got 'nonsense'" in line


def test_a_sweep_under_kills_comes_to_the_end_of_one_left_alone() -> None:
    drill = Drill("dask", "random", seed=1)
    for victim in ("driver", "worker"):
        found = drill.round(victim, jobs=2)
        assert found.kills > 0
        assert found.wrong == []

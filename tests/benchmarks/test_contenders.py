"""The cases, and that every contender trains what it is told to."""

import json
import math
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from benchmarks.case import Case, load_task, save_data
from benchmarks.cases import CASES, goals
from benchmarks.contenders import Unsupported, load, missing, names
from benchmarks.memory import beyond_data

SMALL = Case(name="small", title="small", contenders=("ours",), n=40, sizes=(2, 5, 5, 1))


def test_on_several_cores_the_goal_is_that_nobody_is_ahead() -> None:
    assert {goal.at_least for goal in goals(2)} == {1.0}
    assert "limit" not in {goal.contender for goal in goals(2)}


def test_every_case_has_contenders_that_exist_and_every_goal_a_case_and_contender() -> None:
    by_name = {case.name: case for case in CASES}
    assert len(by_name) == len(CASES)
    for case in CASES:
        assert case.contenders[0] == "ours"
        assert set(case.contenders) <= set(names())
        assert set(case.slow) < set(case.contenders)
        assert case.batch == 0 or case.n % case.batch == 0
    for goal in (*goals(1), *goals(2)):
        assert goal.contender in by_name[goal.case].contenders


def test_case_survives_json() -> None:
    for case in CASES:
        assert Case.from_dict(json.loads(json.dumps(case.as_dict()))) == case


def test_task_is_the_same_for_everybody_and_float32(tmp_path: Path) -> None:
    file = save_data(SMALL, tmp_path)
    one, other = load_task(SMALL, file, 1), load_task(SMALL, file, 1)
    assert one.X.shape == (40, 2)
    assert one.y.shape == (40, 1)
    assert [W.shape for W in one.weights] == [(2, 5), (5, 5), (5, 1)]
    assert {array.dtype for array in (one.X, one.y, *one.weights)} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(one.X, other.X)
    np.testing.assert_allclose(one.X.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(one.y.std(), 1, rtol=1e-6)


def test_replicates_differ_in_data_and_start(tmp_path: Path) -> None:
    case = Case(name="two", title="", contenders=("ours",), n=10, replicates=2)
    task = load_task(case, save_data(case, tmp_path), 1)
    assert task.X.shape == (2, 10, 2)
    assert not np.allclose(task.X[0], task.X[1])
    assert not np.allclose(task.weights[0][0], task.weights[0][1])


@pytest.mark.parametrize("name", [name for name in names() if load(name).trains and name != "one_by_one"])
@pytest.mark.parametrize(("batch", "optimizer"), [(0, "sgd"), (20, "adam")])
@pytest.mark.filterwarnings("ignore")
def test_contenders_agree(name: str, batch: int, optimizer: str, tmp_path: Path) -> None:
    """Everybody who is installed, in this process: first loss exactly, then the path as far as it is the same."""
    contender = load(name)
    if missing(contender):
        pytest.skip(f"{missing(contender)} is not installed")
    if name == "torch_compiled":
        pytest.skip("compiles for longer than all the other tests take")
    case = Case(name="x", title="", contenders=(name,), n=200, batch=batch, optimizer=optimizer, lr=1e-4)
    task = load_task(case, save_data(case, tmp_path), 1)
    try:
        theirs = contender.prepare(task)
    except Unsupported as why:
        pytest.skip(str(why))
    ours = load("ours").prepare(task)
    if not batch:
        assert theirs.run(1) == pytest.approx(ours.run(1), rel=1e-5)
        assert theirs.run(59) == pytest.approx(ours.run(59), rel=1e-3)
    else:
        assert theirs.run(30) == pytest.approx(ours.run(30), rel=0.1)


def test_replicates_one_by_one_are_the_stacked_ones(tmp_path: Path) -> None:
    case = Case(name="x", title="", contenders=("ours",), n=64, replicates=3, sizes=(2, 8, 1))
    task = load_task(case, save_data(case, tmp_path), 1)
    assert load("one_by_one").prepare(task).run(20) == pytest.approx(load("ours").prepare(task).run(20), rel=1e-4)


def test_limit_does_as_many_products_as_a_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(name="x", title="", contenders=("limit",), n=60, batch=20, sizes=(2, 8, 8, 1))
    run = load("limit").prepare(load_task(case, save_data(case, tmp_path), 1)).run
    dot = Mock(wraps=np.dot)
    monkeypatch.setattr(np, "dot", dot)
    assert math.isnan(run(2))
    # Two epochs of three steps; a step has 3 products forward, 3 gradients, and backward 1 (the other is an outer one).
    assert dot.call_count == 2 * 3 * 7


def test_memory_is_what_training_adds(tmp_path: Path) -> None:
    few = Case(name="x", title="x", contenders=("ours",), n=2000)
    many = Case(name="y", title="y", contenders=("ours",), n=400_000)
    small, large = (beyond_data(case, save_data(case, tmp_path)) for case in (few, many))
    assert 0 < small < 60
    assert large < small + 20  # the inputs as columns: 400,000 x (3 + 1) x 4 bytes is 6.4 MB

"""The arithmetic of a race, and that it catches who skips work. Nothing is timed."""

import sys
from pathlib import Path

import pytest

from benchmarks.case import Case, save_data
from benchmarks.entrant import Entrant, Failed, environment, pick_cores
from benchmarks.measure import measure
from benchmarks.race import Lane, Pace, Spread, busy, disagreements, ratios, spread
from benchmarks.report import remarks

QUICK = Pace(rounds=3, turn=0.002)
SMALL = Case(name="small", title="small", contenders=("ours",), n=40, sizes=(2, 5, 5, 1))

PLANTED = {
    # One that trains on half of the samples' epochs: an epoch asked for is half an epoch done.
    "lazy": """
from benchmarks.contenders import Contender, Trainer
from benchmarks.contenders.ours import prepare as honest

def lazy():
    return Contender("lazy", prepare)

def prepare(task):
    trainer = honest(task)
    last = [trainer.run(1)]
    def run(k):
        if k > 1:
            last[0] = trainer.run(k // 2)
        return last[0]
    return Trainer(run)
""",
    # One that stops working after a while, and goes on reporting the last loss.
    "tired": """
from benchmarks.contenders import Contender, Trainer
from benchmarks.contenders.ours import prepare as honest

def tired():
    return Contender("tired", prepare)

def prepare(task):
    trainer = honest(task)
    done, last = [0], [0.0]
    def run(k):
        todo = min(k, 10 - done[0])
        if todo:
            done[0] += todo
            last[0] = trainer.run(todo)
        return last[0]
    return Trainer(run)
""",
    # One that reports a loss that is no number.
    "mute": """
import math
from benchmarks.contenders import Contender, Trainer

def mute():
    return Contender("mute", lambda task: Trainer(lambda k: math.nan))
""",
    # One that breaks when it is made ready, after printing something where the answers go.
    "broken": """
from benchmarks.contenders import Contender, Trainer

def broken():
    return Contender("broken", prepare)

def prepare(task):
    print("not an answer")
    raise RuntimeError("no such luck")
""",
    "absent": """
from benchmarks.contenders import Contender, Trainer

def absent():
    return Contender("absent", lambda task: 1 / 0, needs=("a_module_that_nobody_has",))
""",
    "ours": "from benchmarks.contenders.ours import ours as ours",
    "limit": "from benchmarks.contenders.limit import limit as limit",
}


def test_ratio_is_formed_round_by_round_so_that_drift_cancels() -> None:
    ours, theirs = Lane([1.0, 10.0, 2.0, 5.0, 100.0]), Lane([3.0, 30.0, 6.0, 15.0, 300.0])
    assert ratios(theirs, ours) == Spread(3.0, 3.0, 3.0)
    assert ratios(Lane([2.0, 1.0, 4.0]), Lane([1.0, 1.0, 1.0])) == Spread(2.0, 1.5, 3.0)


def test_spread_is_median_and_quartiles() -> None:
    assert spread([5.0, 1.0, 4.0, 2.0, 3.0]) == Spread(3.0, 2.0, 4.0)


def test_busy_is_the_worst_median() -> None:
    assert busy({"a": Lane(shared=[0.0, 0.1, 0.9]), "b": Lane(shared=[0.3, 0.2, 0.4])}) == 0.3


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package of contenders, one a file, for this process and for those that it starts."""
    package = tmp_path / "planted_contenders"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name, source in PLANTED.items():
        (package / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for module in [module for module in sys.modules if module.startswith(package.name)]:
        monkeypatch.delitem(sys.modules, module)
    return package.name


def test_who_skips_work_is_found_and_left_out(planted: str) -> None:
    case = Case(
        name="x", title="x", contenders=("ours", "lazy", "tired", "mute", "absent", "broken", "limit"), n=40, lr=1e-3
    )
    result = measure([case], QUICK, pick_cores(1), package=planted)
    (found,) = result["cases"]
    assert list(found["lanes"]) == ["ours", "limit"]
    assert found["left_out"]["lazy"].startswith("did not do the work: loss ")
    assert found["left_out"]["tired"].startswith("did not do the work: loss ")
    assert "after 5 epochs" in found["left_out"]["lazy"]
    assert "after 5 epochs" not in found["left_out"]["tired"]
    assert found["left_out"]["mute"].startswith("did not do the work: loss nan")
    assert found["left_out"]["absent"] == "a_module_that_nobody_has is not installed"
    assert found["left_out"]["broken"] == "RuntimeError: no such luck"
    assert any("without lazy" in line for line in remarks(result))


def test_honest_work_agrees(tmp_path: Path) -> None:
    data = save_data(SMALL, tmp_path)
    with Entrant("ours", pick_cores(1)) as one, Entrant("ours", pick_cores(1)) as other:
        assert one.prepare(SMALL, data) == ""
        answer = one.run(7)
        assert answer["epochs"] == 8
        assert 0 <= answer["shared"] <= 1
        assert 0 < answer["cpu"] <= answer["wall"] * 1.1
        lane = Lane(epochs=8, loss=answer["loss"])
        assert disagreements(SMALL, {"one": lane}, other, data) == {}
        lane.loss *= 1.02
        assert list(disagreements(SMALL, {"one": lane}, other, data)) == ["one"]


def test_who_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with Entrant("ours", pick_cores(1)) as entrant, pytest.raises(Failed, match="not ready within 0 s"):
        entrant.prepare(SMALL, save_data(SMALL, tmp_path), patience=0.001)


def test_every_contender_starts_with_as_many_threads_as_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    env = environment(2, 2)
    assert env["OMP_NUM_THREADS"] == env["OPENBLAS_NUM_THREADS"] == "2"
    assert "intra_op_parallelism_threads=2" in env["XLA_FLAGS"]
    assert environment(2, 1)["OPENBLAS_NUM_THREADS"] == "1"

"""The sweep benchmark: what its contenders do, how they are counted, what is written of it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import sweep, sweep_measure
from benchmarks.entrant import Failed
from benchmarks.sweep_cases import CASES, Case, Goal, Lane
from benchmarks.sweep_measure import epochs_in, lacking, measure, turn
from benchmarks.sweep_report import markdown
from benchmarks.sweeping import Left, Work, load, missing, names

TINY = Work(trials=2, epochs=4, samples=20)


def test_every_contender_of_a_case_is_there_and_every_goal_is_of_something() -> None:
    assert {lane.contender for case in CASES for lane in case.lanes} == set(names())
    for case in CASES:
        places = {f"{place} / 0" for place in range(1, len(case.lanes))}
        assert {goal.of for goal in case.goals} <= places | {"rate", "last / first", "memory_mb", "resume_s"}
    with pytest.raises(ValueError, match="contender must be one of bare, instant, nested_mlflow"):
        load("nobody")


@pytest.mark.drill
@pytest.mark.parametrize("name", ["ours", "nested_mlflow", "ray_tune"])
def test_a_contender_does_the_whole_work(name: str) -> None:
    if missing(load(name)):
        pytest.skip(f"{', '.join(missing(load(name)))} is not installed")
    seconds, _ = turn(name, TINY)  # raises where anything is missing in what it leaves
    assert seconds > 0


@pytest.mark.drill
def test_the_instant_sweep_says_how_fast_it_was() -> None:
    _, measured = turn("instant", Work(trials=20, epochs=1))
    assert set(measured) == {"rate", "first", "last", "memory_mb", "resume_s"}
    assert measured["rate"] > 0
    assert 50 < measured["memory_mb"] < 2000


def test_bare_trainings_time_themselves() -> None:
    whole, measured = turn("bare", TINY)
    assert 0 < measured["seconds"] < whole


@pytest.mark.parametrize(
    ("left", "lacks"),
    [
        (Left(2, 200, 2), ""),
        (Left(2, 300, 4), ""),
        (Left(1, 200, 2), "1 trials of 2"),
        (Left(2, 199, 2), "199 points of 200"),
        (Left(2, 200, 0), "0 pictures of 2"),
    ],
)
def test_who_records_less_has_not_done_the_work(left: Left, lacks: str) -> None:
    assert lacking(left, Work(trials=2, epochs=500), "ours") == lacks


def test_a_curve_has_a_point_every_five_epochs_of_five_hundred() -> None:
    assert [Work(trials=1, epochs=epochs).every for epochs in (4, 100, 500, 2000)] == [1, 1, 5, 20]


def test_a_contender_that_fails_says_why_in_a_line() -> None:
    with pytest.raises(Failed, match=r"^ZeroDivisionError|^ValueError|must be") as raised:
        turn("ours", Work(trials=1, epochs=0))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("of_epochs", "expected"),
    [
        (lambda epochs: 0.04 + 0.001 * epochs, 1960),
        (lambda epochs: 0.04 + 0.001 * epochs - 0.1 * (epochs > 1000), 2060),  # quicker than the short ones say
        (lambda _: 0.3, 4734),  # where it cannot be told, half of the time counts as the epochs'
    ],
)
def test_how_many_epochs_are_so_many_seconds(
    of_epochs: Callable[[int], float], expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Work] = []

    def answered(contender: str, work: Work) -> tuple[float, dict[str, float]]:
        asked.append(work)
        return 9.0, {"seconds": 2 * of_epochs(work.epochs)}  # 4 trainings, two at once

    monkeypatch.setattr(sweep_measure, "turn", answered)
    assert epochs_in(2.0, Work(trials=40, epochs=0, jobs=2)) == expected
    assert [(work.trials, work.epochs) for work in asked[:2]] == [(4, 200), (4, 400)]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Contenders whose times are known: twice as long in the second round, and one that fails."""
    turns: list[str] = []

    def answered(contender: str, work: Work) -> tuple[float, dict[str, float]]:
        turns.append(contender)
        if contender == "ray_tune":
            raise Failed("it rained")
        slow = 2.0 if turns.count(contender) > 1 else 1.0
        if contender == "instant":
            return 5.0, {"rate": 40.0, "first": 20.0, "last": 24.0 * slow, "memory_mb": 300.0}
        if contender == "bare":
            return 99.0, {"seconds": slow}
        return (2.0 if contender == "ours" else 12.0) * slow, {}

    monkeypatch.setattr(sweep_measure, "turn", answered)
    monkeypatch.setattr(sweep_measure, "missing", lambda one: ["ray"] if "reuse" in one.label else [])
    return turns


def case(name: str, *contenders: str, goals: tuple[Goal, ...] = ()) -> Case:
    return Case(name=name, title=name, lanes=tuple(map(Lane, contenders)), trials=2, quick=1, epochs=5, goals=goals)


def test_contenders_take_turns_and_a_ratio_is_of_one_round(measured: list[str]) -> None:
    cases = [
        case("peers", "ours", "nested_mlflow", "ray_tune", "ray_tune_reused", goals=(Goal("1 / 0", "at least", 5.0),)),
        case("short", "bare", "ours", goals=(Goal("1 / 0", "at most", 1.6),)),
        case("many", "instant", goals=(Goal("last / first", "at most", 1.5), Goal("rate", "at least", 30.0))),
    ]
    result = measure(cases, 2)
    assert measured[:5] == ["ours", "nested_mlflow", "ray_tune", "ours", "nested_mlflow"]
    peers, short, many = result["cases"]
    assert [lane["ratio"] for lane in peers["lanes"]] == [[1.0] * 3, [6.0] * 3]
    assert peers["left_out"] == {
        "Ray Tune, PyTorch": "it rained",
        "Ray Tune, PyTorch, reuse_actors": "ray is not installed",
    }
    assert (peers["trials"], peers["epochs"]) == (2, 5)
    assert short["lanes"][0]["seconds"] == [1.5, 1.25, 1.75], "its own time, not that of its process"
    assert [(goal["what"], goal["met"]) for goal in peers["goals"] + short["goals"] + many["goals"]] == [
        ("Optuna, nested MLflow runs / Knobwise", True),
        ("Knobwise / trainings alone", False),
        ("last / first", False),
        ("rate", True),
    ]
    assert many["figures"]["last / first"] == pytest.approx([1.8, 1.5, 2.1])
    page = markdown(result)
    for line in (
        "| Knobwise | 3.0 | 1.00 |  |",
        "| Optuna, nested MLflow runs | 18.0 | 6.00 | [6.00, 6.00] |",
        "| trials recorded in a second | 40 |",
        "- peers: without Ray Tune, PyTorch: it rained",
    ):
        assert line in page.splitlines()


def test_the_command_writes_its_result(
    measured: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sweep, "CASES", [case("short", "bare", "ours", goals=(Goal("1 / 0", "at most", 1.6),))])
    file, page = tmp_path / "a.json", tmp_path / "a.md"
    assert sweep.main(["--quick", "--json", str(file), "--markdown", str(page)]) == 0
    result = json.loads(file.read_text())
    assert (result["quick"], result["cases"][0]["trials"], result["cases"][0]["rounds"]) == (True, 1, 1)
    assert result["cases"][0]["goals"] == []
    assert page.read_text() == markdown(result)
    assert "not held against the goals" in capsys.readouterr().out
    assert sweep.main([]) == 0
    assert "short: Knobwise / trainings alone 2.00, at most 1.6 wanted: MISSED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "nothing"], "invalid choice: 'nothing'"),
        (["--rounds", "-1"], "--rounds must be a whole number >= 1, got -1"),
        (["--json", "no/such/folder/a.json"], "no/such/folder/a.json must be in a folder that exists"),
    ],
)
def test_bad_usage_is_one_line_and_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        sweep.main(arguments)
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_the_list_of_contenders_needs_none_of_their_libraries() -> None:
    before = set(sys.modules)
    for name in names():
        load(name)
    assert not {"ray", "torch"} & (set(sys.modules) - before)

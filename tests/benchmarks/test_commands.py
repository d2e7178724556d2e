"""What the commands write, draw and refuse."""

import json
from pathlib import Path

import pytest

from benchmarks import core, recipe
from benchmarks import page as page_command
from benchmarks.case import Case, load_task, save_arrays, save_data
from benchmarks.chart import chart
from benchmarks.contenders import load
from benchmarks.entrant import pick_cores
from benchmarks.race import LEAST_ROUNDS, Pace
from benchmarks.report import markdown

QUICK = Pace(rounds=3, turn=0.002)


def test_quick_json_where_only_numpy_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [
        Case(name="full_1000", title="full", contenders=("ours", "article", "limit"), n=50),
        Case(name="replicates", title="eight", contenders=("ours", "one_by_one"), n=32, batch=16, replicates=2),
    ]
    monkeypatch.setattr(core, "CASES", cases)
    monkeypatch.setattr(core, "Pace", lambda *args, **kwargs: QUICK)
    json_file, png, page = tmp_path / "a.json", tmp_path / "chart.png", tmp_path / "a.md"
    arguments = ["--quick", "--json", str(json_file), "--chart", str(png), "--markdown", str(page)]
    assert core.main(arguments) == 0
    result = json.loads(json_file.read_text())
    assert set(result) == {"machine", "versions", "clock", "rounds", "contenders", "cases", "goals", "wall_s"}
    assert {"cpu", "kernel", "library", "cores"} <= set(result["machine"])
    assert {"python", "numpy"} <= set(result["versions"])
    assert [case["name"] for case in result["cases"]] == ["full_1000", "replicates"]
    for case in result["cases"]:
        for name, lane in case["lanes"].items():
            ratio, low, high = lane["ratio"]
            assert 0 < low <= ratio <= high
            assert lane["rounds"] >= LEAST_ROUNDS
            assert (lane["loss"] is None) == (name == "limit")
        assert case["lanes"]["ours"]["ratio"] == [1.0, 1.0, 1.0]
    assert {(goal["case"], goal["contender"]) for goal in result["goals"]} == {
        ("full_1000", "article"),
        ("full_1000", "limit"),
        ("replicates", "one_by_one"),
    }
    assert png.read_bytes()[:4] == b"\x89PNG"
    text = page.read_text()
    assert "](pictures/benchmarks_1.png)" in text
    assert (tmp_path / "pictures" / "benchmarks_1.png").exists()
    assert "| full | Knobwise |" in text
    again = tmp_path / "again" / "b.md"
    again.parent.mkdir()
    assert page_command.main([str(json_file), "--markdown", str(again)]) == 0
    assert again.read_text() == text


def test_page_shows_results_and_recipe() -> None:
    lane = {"seconds_per_step": [1e-4, 1e-4, 1e-4], "ratio": [1.0, 1.0, 1.0], "rounds": 3, "epochs": 9, "loss": 0.5}
    result = {
        "machine": {"cpu": "C", "library": "L", "version": "1", "kernel": "K", "cores": 2},
        "versions": {"numpy": "2"},
        "clock": "wall",
        "rounds": 3,
        "contenders": {"ours": {"label": "Knobwise", "note": ""}, "b": {"label": "B", "note": "odd"}},
        "cases": [
            {
                "name": "x",
                "title": "the case",
                "lanes": {"ours": lane, "b": {**lane, "ratio": [2.5, 2.25, 2.75]}},
                "left_out": {"b": "it rained"},
                "busy": 0.5,
            }
        ],
    }
    run = {"n": 1000, "lanes": {"Knobwise": {"seconds": 1.5, "grid_r2": 0.99991}}}
    page = markdown([result], [{"about": "stir well", "runs": [run]}], charts=["a.png"])
    for line in (
        "## On 2 cores",
        "![Time of each contender, in units of Knobwise's own](a.png)",
        "| the case | Knobwise | 100.0 us | 1.00 |  |",
        "|  | B | 100.0 us | 2.50 | [2.25, 2.75] |",
        "- x: without B: it rained",
        "- x: other work took 50% of the cores' time: measure again",
        "- B: odd.",
        "stir well",
        "| 1,000 | Knobwise | 1.50 | 0.9999100 |",
    ):
        assert line in page.splitlines()


def test_chart_draws_what_is_slower_and_what_is_faster(tmp_path: Path) -> None:
    lanes = {"ours": {"ratio": [1.0] * 3}, "b": {"ratio": [3.0, 2.5, 3.5]}, "limit": {"ratio": [0.6, 0.5, 0.7]}}
    labels = {name: {"label": name.upper()} for name in lanes}
    file = tmp_path / "a.svg"
    chart({"contenders": labels, "cases": [{"title": "T", "lanes": lanes}]}, file)
    assert "</svg>" in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "nothing"], "invalid choice: 'nothing'"),
        (["--hurry"], "unrecognized arguments: --hurry"),
        (["--cores", "1000"], "cores must be a whole number from 1 to"),
        (["--json", "no/such/folder/a.json"], "no/such/folder/a.json must be in a folder that exists"),
    ],
)
def test_bad_usage_is_one_line_and_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        core.main(arguments)
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_recipe_refuses_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["--steps", "0"], "steps must be a whole number >= 1, got 0"),
        (["--batch", "64"], "batch must divide every number of samples, got 64 for [1000, 10000]"),
        (["--lr", "nan"], "lr must be a number > 0, got nan"),
    ):
        with pytest.raises(SystemExit):
            recipe.main(arguments)
        assert said in capsys.readouterr().err


def test_recipe_scores_the_weights_that_the_contender_ended_with(tmp_path: Path) -> None:
    case = Case(
        name="r", title="r", contenders=("ours",), n=100, batch=50, epochs=30, optimizer="adam", activation="silu"
    )
    lanes = recipe.fit(case, pick_cores(1))
    assert list(lanes) == ["Knobwise"]
    assert lanes["Knobwise"]["seconds"] > 0
    trainer = load("ours").prepare(load_task(case, save_data(case, tmp_path), 1))
    loss = trainer.run(30)
    assert lanes["Knobwise"]["loss"] == pytest.approx(loss, rel=1e-4)
    assert trainer.layers is not None
    file = tmp_path / "layers.npz"
    layers = trainer.layers()
    save_arrays(file, {f"W{i}": W for i, (W, _) in enumerate(layers)} | {f"b{i}": b for i, (_, b) in enumerate(layers)})
    assert lanes["Knobwise"]["grid_r2"] == pytest.approx(recipe.grid_r2(case, file), rel=1e-3)

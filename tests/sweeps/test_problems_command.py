"""`knobwise problems`: the list, one problem, data of the user's, and what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from knobwise.experiments import problems
from knobwise.sweeps import commands
from tests.conftest import user_environment


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert commands.main(["problems", *words]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    return out.out


def test_the_list_has_every_problem_with_size_options_and_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys).splitlines()
    assert [line.split()[0] for line in lines[:-2:2]] == problems.names()
    assert max(map(len, lines)) <= 80
    assert "friedman1      10 inputs; noise=0, inputs=10" in lines
    assert "noisy_sine     1 input; noise=0.1" in lines
    assert "digits         64 inputs, 10 classes, 1,797 rows" in lines
    assert "diabetes       10 inputs, 442 rows" in lines
    assert lines[lines.index("wine           13 inputs, 3 classes, 178 rows") + 1].startswith("    178 wines")
    assert "FILE.csv?target=COLUMN" in lines[-1]
    assert "FILE.py:FUNCTION?bounds=" in lines[-1]


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = {each["problem"]: each for each in json.loads(said(capsys, "--json"))}
    assert sorted(found) == problems.names()
    assert found["spirals"]["options"] == {"noise": 0.05, "arms": 2, "turns": 1.5}
    assert found["spirals"]["rows"] is None
    assert found["spirals"]["task"] == "classification"
    assert found["article"]["task"] == "regression"
    assert found["breast_cancer"]["rows"] == 569
    assert found["breast_cancer"]["classes"] == ["benign", "malignant"]


def test_one_problem_has_its_formula_its_source_and_what_its_options_make_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = said(capsys, "friedman1?inputs=6")
    assert "y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5" in text
    assert "Multivariate adaptive regression splines" in text
    assert "6 inputs, as many samples as are asked for" in text
    assert "any number to train, 2,000 to validate, 10,000 to test" in text
    assert "x1, x2, x3, x4, x5, x6\n" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "pixel_0_0, pixel_0_1," in (pixels := said(capsys, "digits"))
    assert "... pixel_7_7" in pixels
    assert "1,151 to train, 287 to validate, 359 to test" in pixels


def test_a_function_of_ones_own_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def bowl(a, b):\n    return a * a + b\n")
    text = said(capsys, "mine.py:bowl?bounds=-1..1")
    assert text.startswith("function bowl of mine.py\n")
    assert "inputs     a, b\n" in text
    (found,) = json.loads(said(capsys, "mine.py:bowl?bounds=-1..1", "--json"))
    assert found["inputs"] == ["a", "b"]
    assert found["problem"].startswith("mine.py:bowl?bounds=-1..1&sha256=")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["friedman"], "got 'friedman'; did you mean friedman3?"),
        (["friedman1?noise=-1"], "error: noise must be >= 0, got -1\n"),
        (["mine.py:f?bounds=0..1"], "the file of a function must be one that can be read, got mine.py"),
        (["article", "franke"], "unknown word 'franke'"),
        (["--jsno"], "did you mean --json?"),
    ],
)
def test_what_is_wrong_is_one_line(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["problems", *words]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert line in out.err
    assert out.err.count("\n") == 1


def test_the_problems_of_formulas_need_neither_scikit_learn_nor_mlflow_nor_optuna(tmp_path: Path) -> None:
    code = (
        "import sys; from knobwise.experiments import problems; "
        "[problems.load(name).train(10, 0) for name in problems.names() if name not in "
        "('diabetes', 'wine', 'breast_cancer', 'digits')]; "
        "print([name for name in ('sklearn', 'mlflow', 'optuna') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=user_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_function_is_loaded_in_a_fresh_process_from_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import helper\n\ndef f(x):\n    return helper.twice(x)\n")
    (tmp_path / "helper.py").write_text("def twice(x):\n    return 2 * x\n")
    code = (
        "import sys; from knobwise.experiments import problems; problem = problems.load(sys.argv[1]); "
        "print(problem.name); print(problem.train(3, 0).y.ravel().tolist())"
    )

    def loaded(text: str) -> list[str]:
        command = [sys.executable, "-c", code, text]
        done = subprocess.run(command, cwd=tmp_path, env=user_environment(), capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    name, values = loaded("mine.py:f?bounds=0..1&noise=0.1")
    assert loaded(name) == [name, values]

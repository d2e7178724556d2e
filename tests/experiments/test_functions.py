"""The user's own function as a problem: its arguments, and what is refused."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from knobwise.experiments.data import functions
from knobwise.experiments.data.modules import imported
from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.problems import load

MINE = """
import math
from dataclasses import dataclass

import numpy as np

import helper

LIMIT = 3

@dataclass
class Plane:
    slope: "float"
    def __call__(self, u, v):
        return self.slope * u + v

tilted = Plane(2.0)

def surface(x, y, scale=10.0):
    return scale * x + y

def doubled(x, y):
    x *= 2
    return x + helper.one(y)

def total(*x):
    return sum(x)

def swapped(y, z, value):
    return y

def whole(x):
    return np.floor(10 * x).astype(int)

def of_lists(x):
    return [float(each) for each in x]

def scalar(x):
    return math.sin(x)

def branch(x):
    return 1.0 if x > 0 else x

def fails(x, y):
    if ((x > 0.5) & (y > 0.25)).any():
        raise KeyError("too far\\nout")
    return x

def not_everywhere(x, y):
    return np.log(x) + y

def column(x):
    return x[:, None]

def one_number(x):
    return 1.0

def nothing(x):
    pass

def words(x):
    return np.array(["a"] * len(x))

def imaginary(x):
    return x * 1j

def ragged(x):
    return [[1.0], [1.0, 2.0]]

def flat(x):
    return 0 * x + 3

def share(x):
    return x / x.sum()

def drawn(x):
    return np.random.default_rng().normal(size=x.shape)

def by_name(x, *, z):
    return x

def no_input(scale=1.0):
    return scale

def y_and_z(y, z):
    return y - z
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "helper.py").write_text("def one(y):\n    return y\n")
    monkeypatch.delitem(sys.modules, "helper", raising=False)
    return tmp_path


def problem_of(function: str, bounds: str = "0..1", **options: str) -> Problem:
    return functions.load(Spec(f"mine.py:{function}", {"bounds": bounds, **options}))


def test_inputs_bounds_and_values() -> None:
    problem = problem_of("surface", "-1..1,2..5")
    assert (problem.inputs, problem.outputs, problem.grid, problem.classes) == (("x", "y"), ("z",), (100, 100), ())
    X, y = problem.train(500, 0)
    np.testing.assert_allclose(X.min(axis=0), [-1, 2], atol=0.05)
    np.testing.assert_allclose(X.max(axis=0), [1, 5], atol=0.05)
    np.testing.assert_array_equal(y[:, 0], 10 * X[:, 0] + X[:, 1])


def test_one_pair_of_bounds_holds_for_all() -> None:
    np.testing.assert_array_equal(problem_of("surface", "2..3").test().X[[0, -1]], [[2, 2], [3, 3]])
    assert problem_of("total", "0..1,0..1,-2..2").inputs == ("x1", "x2", "x3")


def test_the_output_has_a_name_that_no_input_has() -> None:
    outputs = {name: problem_of(name).outputs[0] for name in ("whole", "surface", "y_and_z")}
    assert outputs == {"whole": "y", "surface": "z", "y_and_z": "value"}
    assert problem_of("swapped").outputs == ("swapped(y, z, value)",)


def test_a_function_may_work_in_place_return_whole_numbers_or_a_list_or_be_an_object() -> None:
    X, y = problem_of("doubled").train(10, 0)
    np.testing.assert_array_equal(X, np.random.default_rng(0).uniform(0, 1, (10, 2)))
    np.testing.assert_array_equal(y[:, 0], 2 * X[:, 0] + X[:, 1])
    for name in ("whole", "of_lists"):
        assert problem_of(name).train(10, 0).y.dtype == np.float64
    assert problem_of("tilted").inputs == ("u", "v")


def test_the_name_loads_the_same_data_and_has_the_digest(folder: Path) -> None:
    problem = load("mine.py:surface?noise=0.5&bounds=-1..1,0..5")
    spec = Spec.parse(problem.name)
    assert spec.source == "mine.py:surface"
    assert spec.options["bounds"] == "-1..1,0..5"
    assert len(spec.options["sha256"]) == 64
    reloaded = functions.load(spec)
    assert reloaded.name == problem.name
    np.testing.assert_array_equal(reloaded.train(20, 1).y, problem.train(20, 1).y)
    np.testing.assert_allclose(problem.train(500, 0).y, 10 * problem.train(500, 0).X[:, :1], atol=9)


def test_a_file_that_has_changed_is_refused_and_loaded_anew_without_its_digest(folder: Path) -> None:
    before = problem_of("surface")
    (folder / "mine.py").write_text(MINE.replace("scale * x + y", "scale * x - y"))
    with pytest.raises(
        ValueError,
        match=r"^the file mine\.py has changed since the study began: its SHA-256 is [0-9a-f]{64} and was "
        r"[0-9a-f]{64}; put the old file back, or begin another study with --fresh$",
    ):
        functions.load(Spec.parse(before.name))
    X, y = problem_of("surface").train(10, 0)
    np.testing.assert_array_equal(y[:, 0], 10 * X[:, 0] - X[:, 1])


def test_a_module_is_found_by_name_and_the_digest_is_of_the_file_that_the_function_is_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pack_of_functions").mkdir()
    (folder / "pack_of_functions" / "__init__.py").write_text("from pack_of_functions.inner import f\n")
    (folder / "pack_of_functions" / "inner.py").write_text("def f(x):\n    return x\n")
    before = list(sys.path)
    problem = functions.load(Spec("pack_of_functions:f", {"bounds": "0..1"}))
    assert sys.path == before
    assert problem.inputs == ("x",)
    _, file = imported("pack_of_functions", "f")
    assert file.name == "inner.py"
    for name in [name for name in sys.modules if name.startswith("pack_of_functions")]:
        monkeypatch.delitem(sys.modules, name)


def test_the_search_path_is_restored_also_by_a_file_that_fails(folder: Path) -> None:
    before, loaded = list(sys.path), set(sys.modules)
    problem_of("surface")
    (folder / "broken.py").write_text("x = 1 / 0\n")
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        functions.load(Spec("broken.py:f", {"bounds": "0..1"}))
    assert sys.path == before
    assert not any("broken" in name for name in set(sys.modules) - loaded)


def test_a_file_may_have_the_name_of_a_module_of_python(folder: Path) -> None:
    (folder / "random.py").write_text("def f(x):\n    return x + 1\n")
    assert functions.load(Spec("random.py:f", {"bounds": "0..1"})).test().y.min() >= 1


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("none.py:f", "the file of a function must be one that can be read, got none.py: No such file or directory"),
        ("no_such:f", "no module 'no_such' can be imported; a file is named with its ending, no_such.py"),
        (
            "json.no_such:f",
            "no module 'json.no_such' can be imported; a file is named with its ending, json/no_such.py",
        ),
        (
            "a b:f",
            "problem must be module:function, with a file that ends in .py or a module that can be imported, got",
        ),
        ("mine.py:", "problem must be module:function, with a file that ends in .py or a module that can be imported"),
        ("mine.py:LIMIT", "LIMIT of mine.py must be a function, got a value of type int"),
        ("mine.py:surfaces", "mine.py must have a function 'surfaces'; it has branch, by_name, column"),
        ("lost.py:f", "lost.py must run without an error, got ModuleNotFoundError: No module named 'no_such_module'"),
        ("wrong.py:f", "wrong.py must run without an error, got SyntaxError: "),
        ("leaves.py:f", "leaves.py must run without an error, got SystemExit: 3"),
        ("lost:f", "lost must run without an error, got ModuleNotFoundError: No module named 'no_such_module'"),
    ],
)
def test_what_is_not_a_function_is_refused(source: str, message: str, folder: Path) -> None:
    (folder / "lost.py").write_text("import no_such_module\n")
    (folder / "wrong.py").write_text("def f(x:\n")
    (folder / "leaves.py").write_text("raise SystemExit(3)\n")
    refused(source, {"bounds": "0..1"}, message)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "bounds must be given for mine.py:surface: low..high for each input, such as -1..1,0..5"),
        (
            {"bounds": "0..1,0..1,0..1"},
            "bounds must be one pair low..high for each of x, y, or one for all, got 3 pairs",
        ),
        ({"bounds": "1..1"}, "bounds must be low..high with low < high, got '1..1'"),
        ({"bounds": "0..1,2..-2"}, "bounds must be low..high with low < high, got '2..-2'"),
        ({"bounds": "-1e308..1e308"}, "bounds must be low..high with low < high, and high - low finite"),
        ({"bounds": "0..a"}, "bounds must be low..high in numbers, got '0..a'"),
        ({"bounds": "0..inf"}, "bounds must be low..high in numbers, got '0..inf'"),
        ({"bounds": "5"}, "bounds must be low..high in numbers, got '5'"),
        ({"bounds": ""}, "bounds must be low..high in numbers, got ''"),
        ({"bounds": "0..1", "noise": "-1"}, "noise must be >= 0, got -1"),
        ({"bounds": "0..1", "noise": "loud"}, "noise must be a number, got 'loud'"),
        ({"bounds": "0..1", "colour": "red"}, "problem mine.py:surface takes the options bounds, noise, sha256, got"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, str], message: str) -> None:
    refused("mine.py:surface", options, message)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            "scalar",
            "must take arrays and work elementwise, as NumPy's functions do: for 10,000 points at once it raised",
        ),
        (
            "branch",
            "must take arrays and work elementwise, as NumPy's functions do: for 10,000 points at once it raised",
        ),
        ("fails", "must have a value everywhere, at x=0.505051, y=0.252525 it raised KeyError: 'too far\\nout'"),
        ("not_everywhere", "must return finite numbers, got 100 of 10,000 that are not, the first -inf at x=0, y=0"),
        ("column", "must return the shape of each input, (10000,) here, got (10000, 1)"),
        ("one_number", "must return the shape of each input, (10000,) here, got ()"),
        ("nothing", "must return an array of numbers, got NoneType"),
        ("words", "must return an array of numbers, got an array of <U1"),
        ("imaginary", "must return an array of numbers, got an array of complex128"),
        ("ragged", "must return an array of numbers, got list"),
        ("flat", "must not be constant, it is 3 at all of 10,000 points"),
        ("share", "must give a point the same value each time, whatever the other points are, got "),
        ("drawn", "must give a point the same value each time, whatever the other points are, got "),
        ("by_name", "must take its inputs by position, got z by keyword alone"),
        ("no_input", "must have an input, as def f(x) has, got a function of none"),
    ],
)
def test_values_that_cannot_be_learned_are_refused(function: str, message: str) -> None:
    refused(f"mine.py:{function}", {"bounds": "0..1"}, f"function {function} of mine.py {message}")


def test_a_value_that_is_not_finite_outside_of_the_test_part_is_refused_when_it_is_drawn(folder: Path) -> None:
    (folder / "late.py").write_text("import numpy as np\ndef f(x, y):\n    return np.where(len(x) == 7, np.nan, x)\n")
    problem = functions.load(Spec("late.py:f", {"bounds": "0..1"}))
    with pytest.raises(
        ValueError, match=r"^function f of late\.py must return finite numbers, got 7 of 7 that are not"
    ):
        problem.train(7, 0)


def refused(source: str, options: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}") as error:
        functions.load(Spec(source, options))
    assert "\n" not in str(error.value)

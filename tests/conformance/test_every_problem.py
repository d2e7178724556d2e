"""Every bundled problem, a table, a function and a new problem file, through every check."""

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from knobwise.experiments import problems
from tests.conformance.checks.problems import CHECKS

WITH_OPTIONS = [
    "friedman1?noise=1&inputs=6",
    "franke?noise=0.05",
    "noisy_sine?noise=0",
    "rosenbrock?inputs=4&noise=10",
    "two_moons?noise=0.1",
    "spirals?arms=3&turns=1",
]
OWN = [
    "mine.py:bowl?bounds=-1..1,0..2&noise=0.01",
    "mine:line?bounds=0..1",
    "table.csv?target=y",
    "kinds.csv?target=kind",
]
CASES = [
    pytest.param(text, check, id=f"{text}-{check.__name__}")
    for text in [*problems.names(), *WITH_OPTIONS, *OWN]
    for check in CHECKS
]

MINE = """
def bowl(x, y):
    return x**2 + 3 * y**2

def line(x):
    return 2 * x + 1
"""

NEW = '''
"""A plane."""
import numpy as np
from knobwise.experiments.data import synthetic
from knobwise.experiments.data.problem import Part

def thrown_away(tilt: float = 2.0):
    box = [(0, 1), (0, 1)]
    made = synthetic.regression("thrown_away", lambda x, y: x + tilt * y, box, inputs=("x", "y"), about="us")
    return CHANGE
'''
WRONG = {
    "made": "",
    "made._replace(val=made.val, train=lambda n, seed: made.train(n, 0))": "a_seed_decides",
    "made._replace(train=lambda n, seed: Part(*(a[::-1] for a in made.train(n, seed))))": "a_larger_sample_contains",
    "made._replace(val=lambda seed: made.train(50, seed))": "no_row_is_in_two_parts",
    "made._replace(test=lambda: made.val(0))": "no_row_is_in_two_parts",
    "made._replace(test=lambda: made.test()._replace(y=made.test().y.astype(np.float32)))": "shapes_and_numbers",
    "made._replace(test=lambda: made.test()._replace(y=np.ones((10_000, 1))))": "shapes_and_numbers",
    "made._replace(test=lambda: Part(*(a[::-1] for a in made.test())))": "a_grid_is_one",
    "made._replace(surface=lambda x, y: x)": "a_grid_is_one",
    "made._replace(classes=('b', 'a'), target='c')": "classes_are_coded",
    "made._replace(train=lambda n, seed: Part(made.train(n, seed).X, made.train(n, seed + 1).y))": "a_short_training",
}


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder to work in with a function's file and two tables."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    random = np.random.default_rng(5)
    X = random.normal(size=(300, 2))
    y = X[:, 0] - 2 * X[:, 1]
    kind = np.where(y > 1, "much", np.where(y < -1, "little", "some"))
    rows = [f"{a!r},{b!r},{c!r}" for a, b, c in np.column_stack([X, y]).tolist()]
    (tmp_path / "table.csv").write_text("\n".join(["a,b,y", *rows]) + "\n")
    kinds = [f"{a!r},{b!r},{c}" for (a, b), c in zip(X.tolist(), kind.tolist(), strict=True)]
    (tmp_path / "kinds.csv").write_text("\n".join(["a,b,kind", *kinds]) + "\n")


@pytest.fixture
def dropped_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Puts the file of a problem, `thrown_away`, where problems are found."""

    def put(change: str) -> None:
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "thrown_away.py").write_text(NEW.replace("CHANGE", change))
        monkeypatch.setattr(problems, "__path__", [*problems.__path__, str(tmp_path / "new")])
        importlib.invalidate_caches()

    yield put
    problems._LOADED.clear()
    sys.modules.pop("knobwise.experiments.problems.thrown_away", None)
    vars(problems).pop("thrown_away", None)


@pytest.mark.parametrize(("text", "check"), CASES)
def test_conforms(text: str, check: Callable[[str], None]) -> None:
    check(text)


@pytest.mark.parametrize(("change", "caught_by"), WRONG.items())
def test_a_new_file_is_found_and_a_wrong_one_is_caught(
    change: str, caught_by: str, dropped_in: Callable[[str], None]
) -> None:
    assert "thrown_away" not in problems.names()
    dropped_in(change)
    assert "thrown_away" in problems.names()
    failed = []
    for check in CHECKS:
        try:
            check("thrown_away")
        except AssertionError:
            failed.append(check.__name__)
    if caught_by:
        assert any(name.startswith(caught_by) for name in failed), failed
    else:
        assert failed == []


@pytest.mark.parametrize("name", problems.names())
def test_options_have_types_and_defaults_that_work(name: str) -> None:
    module = importlib.import_module(f"knobwise.experiments.problems.{name}")
    parameters = inspect.signature(getattr(module, name)).parameters
    for each in parameters.values():
        assert each.annotation in (int, float, str)
        assert type(each.default) is each.annotation
    options = "&".join(f"{option}={each.default}" for option, each in parameters.items())
    plain, spelled = problems.load(name), problems.load(f"{name}?{options}" if options else name)
    np.testing.assert_array_equal(plain.test().y, spelled.test().y)


@pytest.mark.parametrize("name", problems.names())
def test_a_listing_has_a_description(name: str) -> None:
    docstring = inspect.getdoc(importlib.import_module(f"knobwise.experiments.problems.{name}")) or ""
    assert docstring.partition("\n")[0].endswith(".")
    assert name == "article" or len(docstring.partition("\n")[0]) <= 76


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("friedman1?noise=-1", "noise must be >= 0, got -1"),
        ("friedman2?noise=nan", "noise must be a finite number >= 0, got nan"),
        ("friedman3?noise=inf", "noise must be a finite number >= 0, got inf"),
        ("franke?noise=much", "noise of problem franke must be a number, got 'much'"),
        ("branin?inputs=3", "problem branin takes the options noise, got inputs"),
        ("friedman1?inputs=4", "inputs must be 5 to 1000, got 4"),
        ("friedman1?inputs=5.5", "inputs of problem friedman1 must be a whole number, got '5.5'"),
        ("rosenbrock?inputs=1", "inputs must be 2 to 1000, got 1"),
        ("spirals?arms=1", "arms must be 2 to 20, got 1"),
        ("spirals?turns=0", "turns must be a finite number > 0, got 0"),
        ("two_moons?noise=-0.1", "noise must be >= 0, got -0.1"),
        ("digits?noise=1", "problem digits takes no options, got noise"),
    ],
)
def test_a_wrong_option_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        problems.load(text)

"""The rules that keep the house in order: which way imports point, and how long a file may be."""

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.imports import FILES, PACKAGES, ROOT, circle, graph, imported, module_of
from tests.imports import upward as upward_between

LONGEST = 320
EVERYWHERE = [*FILES, *sorted(file for part in ("tests", "benchmarks") for file in (ROOT / part).rglob("*.py"))]

# The rooms of a package from the top floor down: a room imports only from itself and from those below it.
ROOMS = {
    "knobwise.sweeps.engine": (
        "cli", "session", "preview", "finish", "repair", "search", "driver", "results", "recording", "workers", "space",
        "trials", "settings", "study_attrs", "sweep", "errors",
    ),
    "knobwise.experiments": (
        "article", "estimators", "report", "model", "compare", "record", "references", "run", "plots",
        "problems", "metrics", "compat", "cost", "data", "outcome", "snapshots", "config",
        "ranking", "statistics", "pareto", "ranges", "text", "shell",
    ),
}  # fmt: skip

# Peers in the benchmarks that draw as everybody does, which is what is measured of them.
PEERS = {f"benchmarks/{name}.py" for name in ("surface", "sweeping/nested_mlflow", "sweeping/ray_tune")}

# What a module of each package may not import: the packages above it, the tests, and what its layer is kept free of.
FORBIDDEN = {
    "nn_core": {"experiments", "sweeps", "tests", "benchmarks"},
    "experiments": {"sweeps", "tests", "benchmarks"},
    "sweeps": {"tests", "benchmarks"},
}


def tops(source: str) -> set[str]:
    """The packages that `source` imports: of ours those inside `knobwise`, of others their top level."""
    names = {name.removeprefix("knobwise.") for name in imported(source)} - {"knobwise"}
    return {name.split(".")[0] for name in names}


def bare(source: str) -> set[str]:
    """What `source` imports of ours under another name than `knobwise.`: such a module would exist twice."""
    return {name for name in imported(source) if name.split(".")[0] in PACKAGES}


def upward(package: str, source: str) -> set[str]:
    """What `source`, a module of `package`, imports against the direction."""
    return tops(source) & FORBIDDEN[package]


def foreign_to_core(source: str) -> set[str]:
    """What `source` imports that is neither nn_core, nor numpy, nor the standard library."""
    return tops(source) - {"nn_core", "numpy"} - sys.stdlib_module_names


@pytest.mark.parametrize("file", EVERYWHERE, ids=lambda file: str(file.relative_to(ROOT)))
def test_our_packages_are_imported_as_parts_of_knobwise(file: Path) -> None:
    assert not bare(file.read_text())


def test_a_bare_import_is_seen() -> None:
    assert bare("from sweeps.engine import main") == {"sweeps.engine", "sweeps.engine.main"}
    assert bare("def late():\n    import nn_core") == {"nn_core"}
    assert not bare("from knobwise import sweeps\nimport knobwise.nn_core.simple")


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def package_of(file: Path) -> str:
    return file.relative_to(ROOT).parts[0]


def test_there_is_something_to_check() -> None:
    assert {package_of(file) for file in FILES} == set(PACKAGES)
    assert ROOT / "nn_core" / "simple.py" in FILES


@pytest.mark.parametrize("file", FILES, ids=named)
def test_imports_point_one_way(file: Path) -> None:
    assert not upward(package_of(file), file.read_text())


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_import_downwards(package: str) -> None:
    rooms = tuple(f"{package}.{room}" for room in ROOMS[package])
    assert list(upward_between(rooms, graph())) == []


@pytest.mark.parametrize("package", ROOMS)
def test_every_file_is_in_a_room(package: str) -> None:
    inside = {
        module.removeprefix(f"{package}.").split(".")[0] for module in graph() if module.startswith(f"{package}.")
    }
    assert inside == set(ROOMS[package])


def test_the_engine_has_few_rooms() -> None:
    assert len({file.parent for file in FILES if "engine" in file.parts}) <= 15


def test_an_import_from_a_lower_room_is_seen() -> None:
    rooms = ("a.cli", "a.driver")
    assert list(upward_between(rooms, {"a.driver.plan": {"a.cli.words"}, "a.cli.words": {"a.driver.plan"}})) == [
        "a.driver.plan -> a.cli.words"
    ]


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circle(graph()) == []


def test_a_circle_is_seen() -> None:
    assert circle({"a": ["b"], "b": ["c"], "c": ["a"]}) == ["a", "b", "c"]
    assert circle({"a": ["b", "c"], "b": ["c"], "c": []}) == []
    assert "knobwise.experiments.data.problem" in graph()["knobwise.experiments.run"], "imports are found"


@pytest.mark.parametrize("file", [f for f in FILES if package_of(f) == "nn_core"], ids=named)
def test_nn_core_imports_numpy_and_the_standard_library_only(file: Path) -> None:
    assert not foreign_to_core(file.read_text())


@pytest.mark.parametrize("file", [file for file in EVERYWHERE if named(file) not in PEERS], ids=named)
def test_pyplot_is_used_by_peers_alone(file: Path) -> None:
    assert "matplotlib.pyplot" not in imported(file.read_text())


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_run_knows_nothing_of_the_record_or_the_search(file: Path) -> None:
    names = tops(file.read_text())
    assert "optuna" not in names or package_of(file) == "sweeps"
    if set(file.relative_to(ROOT).with_suffix("").parts) & {"run", "config", "outcome", "metrics", "problems", "plots"}:
        assert "mlflow" not in names or package_of(file) == "sweeps"


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("nn_core", "import knobwise.experiments.run"),
        ("nn_core", "def late():\n    from knobwise.experiments import run"),
        ("experiments", "from knobwise.sweeps.engine import driver"),
        ("experiments", "if True:\n    from knobwise import sweeps"),
        ("sweeps", "from tests import conftest"),
    ],
)
def test_an_import_against_the_direction_is_seen(package: str, source: str) -> None:
    assert upward(package, source)


def test_an_import_of_a_third_party_into_the_core_is_seen() -> None:
    assert foreign_to_core("import numpy as np, math\nfrom knobwise.nn_core import blas") == set()
    assert foreign_to_core("def late():\n    import pandas.api") == {"pandas"}
    assert foreign_to_core("from . import simple") == {""}, "relative imports hide where they point"
    assert "matplotlib.pyplot" in imported("from matplotlib import pyplot as plt")


@pytest.mark.parametrize("file", FILES, ids=named)
def test_every_module_says_what_it_is(file: Path) -> None:
    said = ast.get_docstring(ast.parse(file.read_text()))
    assert said, f"{named(file)} has no docstring"
    assert len(said.splitlines()[0]) > 10


@pytest.mark.parametrize("file", EVERYWHERE, ids=named)
def test_files_are_short(file: Path) -> None:
    lines = len(file.read_text().splitlines())
    assert lines < LONGEST, f"{named(file)} has {lines} lines: it holds more than one idea"


def test_every_folder_of_modules_is_a_package() -> None:
    without = {named(file.parent) for file in FILES if not (file.parent / "__init__.py").exists()}
    assert not without


def test_nn_core_imports_with_nothing_but_numpy_installed(tmp_path: Path) -> None:
    numpy = find_spec("numpy")
    assert numpy is not None
    assert numpy.origin is not None
    site = Path(numpy.origin).parent.parent
    for folder in ("numpy", "numpy.libs"):
        if (site / folder).exists():
            (tmp_path / folder).symlink_to(site / folder)
    (tmp_path / "knobwise").mkdir()
    (tmp_path / "knobwise" / "__init__.py").symlink_to(ROOT / "knobwise" / "__init__.py")
    (tmp_path / "knobwise" / "nn_core").symlink_to(ROOT / "nn_core")
    code = f"""
import importlib, importlib.util, pkgutil, sys
sys.path.insert(0, {str(tmp_path)!r})
for absent in ("pandas", "mlflow", "optuna", "matplotlib", "scipy"):
    assert importlib.util.find_spec(absent) is None, absent
from knobwise import nn_core
for module in pkgutil.walk_packages(nn_core.__path__, "knobwise.nn_core."):
    print(module.name, importlib.import_module(module.name).__name__)
"""
    # -S leaves site-packages out, -I the environment and the working directory.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    names = {line.split()[0] for line in done.stdout.splitlines()}
    files = {file for file in FILES if package_of(file) == "nn_core" and file != ROOT / "nn_core" / "__init__.py"}
    expected = {module_of(file) for file in files}
    assert names == expected

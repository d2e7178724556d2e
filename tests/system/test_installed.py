"""Knobwise as it is installed: what the wheel holds, and that it works beside modules of the user's with like names."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT, user_environment

pytestmark = pytest.mark.drill  # builds a wheel, and runs sweeps from it

OLD_NAMES = ("nn_core", "experiments", "sweeps")  # what 0.1.0 installed, and what users' own modules may be called
SLOW = ("mlflow", "optuna", "matplotlib", "numpy", "pandas", "scipy", "sklearn", "rich", "tyro")
BUILD = "import sys; from setuptools import build_meta; getattr(build_meta, sys.argv[1])(sys.argv[2])"
SWEEP = ("sweep", "lr_epochs", "--seed", "395", "--confirm", "0", "--jobs", "2", "--quiet", "--json")  # short trials
RESUMED_HERE = """
import json, sys
from knobwise.sweeps.commands import main

code = main([*sys.argv[1:], "--trials", "4"])
files = {}
for name, module in list(sys.modules.items()):
    if getattr(module, "__file__", None) and name != "__main__":
        files.setdefault(module.__file__, []).append(name)
old = [name for name in sys.modules if name.partition(".")[0] in ("nn_core", "experiments", "sweeps")]
ours = [name for name in sys.modules if name.startswith("knobwise.")]
twice = {file: names for file, names in files.items() if "knobwise" in file and len(names) > 1}
print(json.dumps({"code": code, "old": old, "twice": twice, "ours": len(ours)}))
"""


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel that is built from the checkout, and the one that is built from the source distribution."""
    folder = tmp_path_factory.mktemp("build")
    checkout, out = folder / "checkout", folder / "out"
    checkout.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout)
    for name in ("knobwise", *OLD_NAMES):
        shutil.copytree(ROOT / name, checkout / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    built(checkout, "build_wheel", out / "direct")
    built(checkout, "build_sdist", out / "source")
    (source,) = (out / "source").iterdir()
    with tarfile.open(source) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    built(unpacked, "build_wheel", out / "by_source")
    (direct,), (by_source,) = (out / "direct").iterdir(), (out / "by_source").iterdir()
    return direct, by_source


def built(project: Path, what: str, out: Path) -> None:
    out.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUILD, what, str(out)],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def installed(wheels: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel is installed in, alone: its dependencies are those of the tests."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index"]
    subprocess.run(
        [*pip, "--no-deps", "--no-compile", "--target", str(target), str(wheels[0])], check=True, timeout=120
    )
    return target


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's folder, whose own modules have the names that version 0.1.0 installed, and must not be imported."""
    folder = tmp_path_factory.mktemp("user")
    for name in ("nn_core.py", "experiments/__init__.py", "sweeps/__init__.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f'raise RuntimeError("imported the user\'s own {name}")\n')
    return folder


def python(installed: Path, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=user_environment() | {"PYTHONPATH": os.fspath(installed)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_every_file_once_under_one_package(wheels: tuple[Path, Path]) -> None:
    held = {name: data for name, data in contents(wheels[0]).items() if ".dist-info/" not in name}
    kept = [
        file
        for name in OLD_NAMES
        for file in (ROOT / name).rglob("*")
        if file.suffix in (".py", ".css") and "__pycache__" not in file.parts
    ]
    expected = {f"knobwise/{file.relative_to(ROOT).as_posix()}": file.read_bytes() for file in kept}
    expected |= {f"knobwise/{name}": (ROOT / "knobwise" / name).read_bytes() for name in ("__init__.py", "py.typed")}
    assert sorted(held) == sorted(expected)
    assert held == expected
    assert "knobwise/experiments/report/style.css" in held


def test_the_source_distribution_builds_the_same_wheel(wheels: tuple[Path, Path]) -> None:
    direct, by_source = map(contents, wheels)
    assert wheels[0].name == wheels[1].name
    assert sorted(direct) == sorted(by_source)
    assert direct == by_source


def test_importing_knobwise_imports_nothing_slow(installed: Path, folder: Path) -> None:
    code = "import sys; before = set(sys.modules); import knobwise; print(*sorted(set(sys.modules) - before))"
    done = python(installed, folder, "-c", code)
    assert done.returncode == 0, done.stderr
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "knobwise" in loaded
    assert loaded.isdisjoint((*SLOW, *OLD_NAMES))
    assert len(done.stdout.split()) <= 40


def test_a_sweep_runs_beside_modules_of_the_old_names(installed: Path, folder: Path) -> None:
    done = python(installed, folder, str(installed / "bin" / "knobwise"), *SWEEP, "--trials", "3")
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(done.stdout)["trials"].values()) == 3
    code = "import knobwise as kw; runs = kw.runs('lr_epochs'); print(kw.__file__, *runs['status'])"
    done = python(installed, folder, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(installed / "knobwise" / "__init__.py"), "complete", "complete", "complete"]
    resumed = python(installed, folder, "-c", RESUMED_HERE, *SWEEP)
    assert resumed.returncode == 0, resumed.stderr
    check(resumed.stdout)


def test_no_module_of_the_checkout_is_imported_under_two_names(tmp_path: Path) -> None:
    done = python(ROOT, tmp_path, "-c", RESUMED_HERE, *SWEEP, "--name", "here")
    assert done.returncode == 0, done.stderr
    check(done.stdout)


def check(out: str) -> None:
    """A sweep of four trials ran in the process that printed `out`, with each module under one name."""
    answer, modules = map(json.loads, out.splitlines())
    assert sum(answer["trials"].values()) == 4
    assert modules["code"] == 0
    assert (modules["old"], modules["twice"]) == ([], {})
    assert modules["ours"] > 50

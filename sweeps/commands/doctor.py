"""Check this machine and its stores.

Usage: knobwise doctor [options]

    knobwise doctor
    knobwise doctor --repair

Shows versions, the library behind NumPy and the threads it uses, whether the search and the record can be used, and
whether they agree: each finished trial has one finished run, and no run of a dead process is marked as running.
Exit code 1 where something is wrong.

Options:
  --repair        repair what can be, as the next sweep would, and list what was done; studies that are being run are
                  left alone
  --storage URL   where the search is kept [mlruns/optuna.journal]
  --json          one line of JSON on stdout
"""

import importlib.metadata
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import optuna

from knobwise.experiments import shell
from knobwise.experiments.record.stores import StoreError, journal_path, sqlite_file, tracking_uri, without_credentials
from knobwise.experiments.text import counted, first_of
from knobwise.nn_core import blas
from knobwise.sweeps.engine.cli.parser import Given
from knobwise.sweeps.engine.repair import check, cleanup, repair
from knobwise.sweeps.engine.repair.agreement import Agreement
from knobwise.sweeps.engine.search.storage import open_to_read
from knobwise.sweeps.engine.settings import cores

PACKAGES = ("knobwise", "numpy", "optuna", "mlflow", "pandas", "scikit-learn", "matplotlib", "rich")


class Checked(NamedTuple):
    """What was checked.

    Attributes:
        search, record: whether each can be used, and what there is in it or why not.
        agreement: how far they agree.
        files: of processes that are gone.
        repaired: what was repaired, a line each.
    """

    search: tuple[bool, str]
    record: tuple[bool, str]
    agreement: Agreement
    files: list[Path]
    repaired: list[str]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return self.search[0] and self.record[0] and not self.agreement.problems and not self.files


def main(given: Given) -> int:
    """Print the state of the machine and its stores, and what is wrong with them."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    address = given.get("--storage", "")
    checked = _check(address)
    if "--repair" in given and not checked.healthy:
        repaired = _repair(address, checked)
        checked = _check(address)._replace(repaired=repaired)
    if "--json" in given:
        sys.stdout.write(json.dumps(_facts(checked, address)) + "\n")
    else:
        for name, about in [*_machine(), *_stores(checked, address)]:
            sys.stdout.write(f"{name:<14}{about}\n")
    return 0 if checked.healthy else 1


def _check(address: str) -> Checked:
    """Check everything; nothing is changed."""
    search, record = _usable(lambda: _search(address)), _usable(_record)
    both = search[0] and record[0]
    agreement = check.compare_stores(address, tracking_uri()) if both else Agreement([], [], 0, 0)
    return Checked(search, record, agreement, cleanup.files(), [])


def _usable(describe: Callable[[], str]) -> tuple[bool, str]:
    """Whether a store can be used, and its description, or why not."""
    try:
        return True, describe()
    except StoreError as error:
        return False, str(error)


def _repair(address: str, checked: Checked) -> list[str]:
    done = repair.repair(address, tracking_uri(), checked.agreement.problems)
    if checked.files:
        cleanup.remove(cleanup.Leftovers([], [], checked.files))
        done.append(f"removed {_files(checked.files)}")
    return done


def _machine() -> Iterator[tuple[str, str]]:
    facts = blas.report()
    yield "Python", f"{platform.python_version()} on {platform.system()}, {cores()} cores, {facts['cpu']}"
    for name in PACKAGES:
        yield name, _version(name)
    yield "BLAS", f"{facts['library']} {facts['version']}, kernel {facts['kernel']}, {facts['threads']} threads here"
    yield "workers", ", ".join(f"{name}={value}" for name, value in _workers().items())


def _stores(checked: Checked, address: str) -> Iterator[tuple[str, str]]:
    for name, place, (usable, about) in (
        ("search", _place(address), checked.search),
        ("record", without_credentials(tracking_uri()), checked.record),
    ):
        yield name, f"{place}: {about}" if usable else f"WRONG: {about}"
    for line in checked.repaired:
        yield "repaired", line
    agreement = checked.agreement
    for problem in agreement.problems:
        yield "agreement", f"WRONG: {problem.line}"
    for note in agreement.notes:
        yield "agreement", note
    if checked.search[0] and checked.record[0] and not agreement.problems:
        yield "agreement", _agreed(agreement)
    if checked.files:
        yield "left over", f"WRONG: {_files(checked.files)}"
    if not checked.repaired and (checked.files or any(problem.repairable for problem in agreement.problems)):
        yield "", f"`{shell.program('knobwise')} doctor --repair` repairs what can be repaired."


def _agreed(agreement: Agreement) -> str:
    if not agreement.studies:
        return "nothing to compare yet" if not agreement.notes else "nothing else to compare"
    studies = counted(agreement.studies, "study", "studies")
    return f"the {agreement.trials} finished trials of {studies} have a run each, and nothing is left over"


def _files(files: list[Path]) -> str:
    return f"{counted(len(files), 'file')} of processes that are gone: {first_of(files, 3)}"


def _facts(checked: Checked, address: str) -> dict[str, Any]:
    report = blas.report()
    return {
        "healthy": checked.healthy,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "blas": {name: report[name] for name in ("library", "version", "kernel", "threads", "cpu")},
        "cores": cores(),
        "workers": _workers(),
        "search": {"place": _place(address), "usable": checked.search[0], "about": checked.search[1]},
        "record": {
            "place": without_credentials(tracking_uri()),
            "usable": checked.record[0],
            "about": checked.record[1],
        },
        "wrong": [problem._asdict() for problem in checked.agreement.problems],
        "notes": checked.agreement.notes,
        "files": [str(path) for path in checked.files],
        "repaired": checked.repaired,
    }


def _workers() -> dict[str, str]:
    """The BLAS settings that a worker would have: ours, and those the user made."""
    ours = blas.worker_environment()
    users = {name: os.environ[name] for name in (*blas.THREADS, blas.KERNEL) if name in os.environ}
    return {**ours, **users}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _place(address: str) -> str:
    return without_credentials(address) or str(journal_path())


def _search(address: str) -> str:
    storage = open_to_read(address)
    if storage is None:
        return _writable(sqlite_file(address) or Path(address or journal_path()))
    return counted(len(storage.get_all_studies()), "study", "studies")


def _record() -> str:
    """Checked, but not made: a store that does not exist is not created."""
    file = sqlite_file(tracking_uri())
    if file is not None and not file.exists():
        return _writable(file)
    from knobwise.experiments.record.connection import connect

    connect(tracking_uri())
    return "answers"


def _writable(file: Path) -> str:
    folder = next(each for each in (file.absolute().parent, *file.absolute().parents) if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise StoreError(f"{file} cannot be made, {folder} is not a folder that may be written to")
    return "will be made by the first sweep"

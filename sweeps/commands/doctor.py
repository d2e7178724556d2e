"""Look whether this machine and its stores are in order.

    knobwise doctor

Shows versions, the library behind NumPy and the threads it uses, and whether the search and the record can be used.
Exit code 1 where one of them cannot.
"""

import importlib.metadata
import os
import platform
import sys
from pathlib import Path

from experiments.record.stores import StoreError, journal_path, sqlite_file, tracking_uri, without_credentials
from nn_core import blas
from sweeps.commands import no_options
from sweeps.engine.options import cores
from sweeps.engine.storage import open_to_read

PACKAGES = ("knobwise", "numpy", "optuna", "mlflow", "pandas", "scikit-learn", "matplotlib", "tyro", "rich")


def main(argv: list[str]) -> int:
    """Print what there is, and what is wrong with it."""
    no_options("doctor", argv)
    facts = blas.report()
    lines = [
        ("Python", f"{platform.python_version()} on {platform.system()}, {cores()} cores, {facts['cpu']}"),
        *((name, _version(name)) for name in PACKAGES),
        ("BLAS", f"{facts['library']} {facts['version']}, kernel {facts['kernel']}, {facts['threads']} threads here"),
        ("workers", ", ".join(f"{name}={value}" for name, value in _workers().items())),
    ]
    checks = [("search", str(journal_path()), _search), ("record", without_credentials(tracking_uri()), _record)]
    wrong = 0
    for name, place, check in checks:
        try:
            lines.append((name, f"{place}: {check()}"))
        except StoreError as error:
            wrong += 1
            lines.append((name, f"WRONG: {error}"))
    for name, about in lines:
        sys.stdout.write(f"{name:<14}{about}\n")
    return 1 if wrong else 0


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


def _search() -> str:
    storage = open_to_read("")
    if storage is None:
        return _writable(journal_path())
    count = len(storage.get_all_studies())
    return f"{count} {'study' if count == 1 else 'studies'}"


def _record() -> str:
    """Looked at, but not made: a store that is not there yet stays so."""
    file = sqlite_file(tracking_uri())
    if file is not None and not file.exists():
        return _writable(file)
    from experiments.record.connection import connect

    connect(tracking_uri())
    return "answers"


def _writable(file: Path) -> str:
    folder = next(each for each in (file.absolute().parent, *file.absolute().parents) if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise StoreError(f"{file} cannot be made, {folder} is not a folder that may be written to")
    return "will be made by the first sweep"

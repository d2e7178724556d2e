"""A run's files, written: straight into the run's folder where that is on this machine, else by MLflow."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from knobwise.experiments.record import leftovers

if TYPE_CHECKING:
    from mlflow import MlflowClient

SCRATCH = "knobwise-"
"""How folders in the system's place for temporary files begin."""


def local_folder(address: str) -> Path | None:
    """The folder behind the address of a run's artifacts; None where it is not on this machine.

    >>> local_folder("file:///data/my%20runs/7/artifacts").as_posix()
    '/data/my runs/7/artifacts'
    >>> local_folder("mlflow-artifacts:/1/7/artifacts") is None
    True
    """
    place = urlparse(address)
    return Path(unquote(place.path)) if place.scheme in ("", "file") else None


def write(client: "MlflowClient", run_id: str, address: str, write_into: Callable[[Path], None]) -> None:
    """Have `write_into` write the files of run `run_id`.

    MLflow copies a folder that it is handed. Where it would copy it to a folder on this machine, the files are written
    there at once, and MLflow is not asked once more where that is: a third of what recording files costs.

    Args:
        client: of the store.
        run_id: the run's.
        address: of the run's artifacts, as MLflow gave it when the run was made.
        write_into: writes the files into the folder it is given.
    """
    folder = local_folder(address)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_into(folder)
        return
    with tempfile.TemporaryDirectory(prefix=leftovers.mine(SCRATCH)) as scratch:
        write_into(Path(scratch))
        client.log_artifacts(run_id, scratch)

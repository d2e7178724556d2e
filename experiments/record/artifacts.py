"""A run's files, written and read: in the run's folder where that is on this machine, else through MLflow."""

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from knobwise.experiments.record import leftovers, names
from knobwise.experiments.record.errors import ArtifactGone
from knobwise.experiments.record.readers.reader import Points, Reader

if TYPE_CHECKING:
    import pandas as pd
    from mlflow import MlflowClient

CHECKPOINT = "checkpoint.npz"
CURVES = "curves.csv"
MODEL = "MLmodel"
SNAPSHOTS = "snapshots.npz"
SCRATCH = "knobwise-"
"""How folders in the system's place for temporary files begin."""


def local_folder(address: str) -> Path | None:
    """The folder behind the address of a run's artifacts; None where it is not on this machine.

    >>> local_folder("file:///data/my%20runs/7/artifacts").as_posix()
    '/data/my runs/7/artifacts'
    >>> local_folder("/data/a#1/7/artifacts").as_posix()
    '/data/a#1/7/artifacts'
    >>> local_folder("mlflow-artifacts:/1/7/artifacts") is None
    True
    """
    place = urlparse(address)
    if place.scheme == "":  # a path, which is read as MLflow reads it: a # or ? in it is one
        return Path(unquote(address))
    return Path(unquote(place.path)) if place.scheme == "file" else None


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


def read(client: "MlflowClient", run_id: str, path: str) -> bytes:
    """The file that run `run_id` keeps under the artifact path `path`; empty where it is gone.

    Raises:
        MlflowException: there is no such run, or the server does not answer.
    """
    folder = local_folder(client.get_run(run_id).info.artifact_uri)
    if folder is not None:
        return read_local(folder, path)
    if path not in {each.path for each in client.list_artifacts(run_id, str(Path(path).parent).removeprefix("."))}:
        return b""
    with tempfile.TemporaryDirectory(prefix=leftovers.mine(SCRATCH)) as scratch:
        return Path(client.download_artifacts(run_id, path, scratch)).read_bytes()


def read_local(folder: Path, path: str) -> bytes:
    """The file `path` in a run's folder on this machine; empty where it is gone."""
    file = folder / path
    return file.read_bytes() if file.is_file() else b""


def curve_points(reader: Reader, runs: "pd.DataFrame") -> Points:
    """Every point of the loss curves of `runs`, a table of `tables.places`, from their files; a failed trial has none.

    Raises:
        ArtifactGone: a run that has curves has no file of them.
        StoreError: the place cannot be reached.
    """
    points: Points = []
    for run_id, study, trial, status in runs[["run_id", "study", "trial", "status"]].itertuples(index=False):
        if status == "failed":
            continue
        text = reader.file(run_id, CURVES).decode()
        if not text:
            raise ArtifactGone(
                f"trial {trial} of the study {study!r} has no {CURVES} any more (run {run_id}): it was deleted, or its "
                "folder was moved, see docs/record.md; without full=True the curves come thinned from the database"
            )
        for row in csv.DictReader(text.splitlines()):
            epoch = int(row["epoch"])
            points += [(run_id, metric, epoch, float(row[metric])) for metric in names.CURVES if row[metric]]
    return points

"""A run's files, read back."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

from knobwise.experiments.record import leftovers
from knobwise.experiments.record.run_files import SCRATCH

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHECKPOINT = "checkpoint.npz"


def read(client: "MlflowClient", run_id: str, path: str) -> bytes:
    """The file that run `run_id` keeps under the artifact path `path`; empty where it is gone.

    Raises:
        MlflowException: there is no such run, or the server does not answer.
    """
    place = urlparse(client.get_run(run_id).info.artifact_uri)
    if place.scheme in ("", "file"):
        file = Path(unquote(place.path)) / path
        return file.read_bytes() if file.is_file() else b""
    if path not in {each.path for each in client.list_artifacts(run_id, str(Path(path).parent).removeprefix("."))}:
        return b""
    with tempfile.TemporaryDirectory(prefix=leftovers.mine(SCRATCH)) as folder:
        return Path(client.download_artifacts(run_id, path, folder)).read_bytes()

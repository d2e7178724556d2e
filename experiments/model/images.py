"""Stepped images: the frames of a run's surface, which the slider on its page in MLflow goes through."""

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knobwise.experiments.plots.surface_frames import Frame
from knobwise.experiments.record import artifacts, names
from knobwise.experiments.record.connection import connect, store_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient

_FOLDER = "images"
# The smaller copy of a picture, which MLflow writes after the picture itself.
_STEP = re.compile(rf"{_FOLDER}/{names.SURFACE}\+step\+(\d+)\+.*\+compressed\.webp")


def logged(uri: str, run_id: str) -> set[int]:
    """The epochs of the frames that a run has.

    Raises:
        StoreError: the store cannot be used.
    """
    client = connect(uri)
    with store_errors(uri, f"cannot list the pictures of run {run_id} in"):
        return _logged(client, run_id)


def log(uri: str, run_id: str, frames: Sequence[Frame]) -> int:
    """Add to a run those frames that it does not have, the epoch being MLflow's step; returns how many.

    Raises:
        StoreError: the store cannot be used.
    """
    client = connect(uri)
    with store_errors(uri, f"cannot add pictures to run {run_id} in"):
        from PIL import Image

        _remove_unfinished(client, run_id)
        there = _logged(client, run_id)
        missing = [frame for frame in frames if frame.epoch not in there]
        for frame in missing:
            client.log_image(run_id, Image.open(io.BytesIO(frame.png)), key=names.SURFACE, step=frame.epoch)
    return len(missing)


def _remove_unfinished(client: "MlflowClient", run_id: str) -> None:
    """Remove what a killed process left of a frame: MLflow's temporary files, and a picture without its smaller copy.

    Only where the run's folder is on this machine: elsewhere MLflow cannot delete a file. One driver has the study, so
    that no other process is writing here.
    """
    folder = artifacts.local_folder(client.get_run(run_id).info.artifact_uri)
    if folder is None:
        return
    for path in [*(folder / _FOLDER).glob(".artifact.uploading.*"), *(folder / _FOLDER).glob(f"{names.SURFACE}+*.png")]:
        if path.suffix != ".png" or not path.with_name(f"{path.stem}+compressed.webp").exists():
            path.unlink()


def _logged(client: "MlflowClient", run_id: str) -> set[int]:
    matches = (_STEP.fullmatch(file.path) for file in client.list_artifacts(run_id, _FOLDER))
    return {int(match.group(1)) for match in matches if match}

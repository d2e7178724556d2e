"""Stepped images: a surface that forms, in pictures that the slider of a run's page in MLflow goes through."""

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from knobwise.experiments.forming import Frame
from knobwise.experiments.record import names
from knobwise.experiments.record.connection import connect, store_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient

_FOLDER = "images"
_STEP = re.compile(rf"{_FOLDER}/{names.SURFACE}\+step\+(\d+)\+.*\.png")


def logged(client: "MlflowClient", run_id: str) -> set[int]:
    """The epochs that the run has pictures of."""
    found = (_STEP.fullmatch(file.path) for file in client.list_artifacts(run_id, _FOLDER))
    return {int(match.group(1)) for match in found if match}


def log(uri: str, run_id: str, frames: Sequence[Frame]) -> int:
    """Put onto a run's page those pictures that it does not have yet, the epoch being the step; returns how many.

    Raises:
        StoreError: the store cannot be used.
    """
    client = connect(uri)
    with store_errors(uri, f"cannot put pictures onto run {run_id} in"):
        from PIL import Image

        there = logged(client, run_id)
        missing = [frame for frame in frames if frame.epoch not in there]
        for frame in missing:
            client.log_image(run_id, Image.open(io.BytesIO(frame.png)), key=names.SURFACE, step=frame.epoch)
    return len(missing)

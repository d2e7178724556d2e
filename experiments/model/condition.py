"""Whether a champion can still be used: its run, its checkpoint and the files of its model are there."""

from typing import TYPE_CHECKING

from knobwise.experiments.model.champion_entry import Champion
from knobwise.experiments.record import artifacts
from knobwise.experiments.record.artifacts import CHECKPOINT, MODEL

if TYPE_CHECKING:
    from mlflow import MlflowClient


def what_is_gone(client: "MlflowClient", champion: Champion) -> str:
    """What a champion lacks, in a few words; empty where it lacks nothing.

    Raises:
        MlflowException: the store does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        checkpoint = artifacts.read(client, champion.run_id, CHECKPOINT)
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return f"its run {champion.run_id} is gone"
    if not checkpoint:
        return f"{CHECKPOINT} of its run {champion.run_id} is gone"
    return "" if not champion.model_id or has_files(client, champion.model_id) else "the files of its model are gone"


def has_files(client: "MlflowClient", model_id: str) -> bool:
    """Whether a logged model is there with its files.

    Raises:
        MlflowException: the store does not answer.
    """
    from mlflow.exceptions import MlflowException

    try:
        folder = artifacts.local_folder(client.get_logged_model(model_id).artifact_location)
        if folder is not None:
            return (folder / MODEL).is_file()
        return any(file.path == MODEL for file in client.list_logged_model_artifacts(model_id))
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return False

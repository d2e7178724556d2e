"""Studies that a user has deleted in MLflow, where they stay until `mlflow gc`: which, and what restores them."""

import os
import shlex

from knobwise.experiments import shell
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.readers.reader import Reader
from knobwise.experiments.record.stores import tracking_uri, without_credentials


def how_to_restore(reader: Reader, name: str, uri: str) -> str:
    """Where a study called `name` was deleted, and the command that restores it; empty where none was.

    Args:
        reader: of the store.
        name: its key, its base name, or the id of its run.
        uri: the address of that store.

    Raises:
        StoreError: the store cannot be read.
    """
    for study in reader.studies(deleted=True):
        if not study.deleted or name not in (study.study, study.name, study.run_id):
            continue
        client = connect(uri)
        with store_errors(uri, "cannot read"):
            experiment = client.get_experiment(study.experiment_id)
        if experiment.lifecycle_stage == "deleted":
            command = _command(uri, f"experiments restore --experiment-id {study.experiment_id}")
            return f"its experiment {experiment.name!r} was deleted in MLflow; {command}"
        return f"it was deleted in MLflow; {_command(uri, f'runs restore --run-id {study.run_id}')}"
    return ""


def _command(uri: str, words: str) -> str:
    """The command, as it finds the store in the user's shell."""
    elsewhere = uri != tracking_uri()
    needed = elsewhere or not os.environ.get("MLFLOW_TRACKING_URI")
    store = f"MLFLOW_TRACKING_URI={shlex.quote(without_credentials(uri))} " if needed else ""
    return f"`{store}{shell.program('mlflow')} {words}` restores it"

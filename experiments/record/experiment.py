"""The experiment of a sweep in MLflow, which holds the runs of all its studies."""

from typing import TYPE_CHECKING

from knobwise.experiments.record import artifacts, names
from knobwise.experiments.record.stores import StoreError

if TYPE_CHECKING:
    from mlflow import MlflowClient


def opened(client: "MlflowClient", sweep: str) -> str:
    """The id of the sweep's experiment, made where there is none, with a place for its files.

    Raises:
        StoreError: it was deleted in MLflow; the line says how to restore it.
        MlflowException: the store cannot be used.
    """
    experiment = client.get_experiment_by_name(sweep)
    if experiment is None:
        experiment = client.get_experiment(client.create_experiment(sweep, tags=names.TRAINING))
    experiment_id: str = experiment.experiment_id
    if experiment.lifecycle_stage == "deleted":
        raise StoreError(
            f"the experiment {sweep!r} was deleted in MLflow, which keeps its name: bring it back with `mlflow "
            f"experiments restore -x {experiment_id}`, or remove it for good with `mlflow gc --experiment-ids "
            f"{experiment_id}` (both with MLFLOW_TRACKING_URI set to the store)"
        )
    folder = artifacts.local_folder(experiment.artifact_location)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return experiment_id

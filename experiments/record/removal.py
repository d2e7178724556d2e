"""A study's part of the record, removed for good: runs, models, their files, and the registered model."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from knobwise.experiments.record import artifacts, names
from knobwise.experiments.record.connection import connect, store_errors
from knobwise.experiments.record.stores import sqlite_file

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run


class Recorded(NamedTuple):
    """What the record has of a study, runs and models that a user has deleted in MLflow among them.

    Attributes:
        runs: its runs, its own last.
        models: the models that were logged.
        registered: whether there is a registered model of its name that is its own.
    """

    runs: "list[Run]"
    models: "list[LoggedModel]"
    registered: bool

    def __bool__(self) -> bool:
        return any(self)


def find(study: str, uri: str) -> Recorded:
    """What the store at `uri` has of the study with the key `study`; a store that is not there is not made.

    Raises:
        StoreError: it cannot be read.
    """
    file = sqlite_file(uri)
    if (file is not None and not file.exists()) or "'" in study:  # no study has such a name, and no query can have it
        return Recorded([], [], False)
    from mlflow.entities import ViewType

    client = connect(uri)
    with store_errors(uri, "cannot read"):
        experiments = [each.experiment_id for each in client.search_experiments(view_type=ViewType.ALL)]
        condition = f"tags.`{names.STUDY}` LIKE '{study}'"
        runs = [run for run in _runs(client, experiments, condition) if run.data.tags[names.STUDY] == study]
        of_runs = sorted({run.info.experiment_id for run in runs})
        models = [model for model in _models(client, of_runs) if model.tags.get(names.STUDY) == study]
        registered = client.search_registered_models(f"name = '{study}'")
    runs.sort(key=lambda run: run.data.tags[names.KIND] == "study")
    return Recorded(runs, models, any(model.tags.get(names.STUDY) == study for model in registered))


def remove(study: str, recorded: Recorded, uri: str) -> tuple[list[Path], bool]:
    """Remove it; what was cut short is finished by the next call.

    Files are removed where they lie beside the store's file or below the working directory. Elsewhere they may be
    another project's: the record of a folder that was copied names the files of the first.

    Returns:
        The folders of files that were left, and whether the runs are gone for good: a server keeps them, marked as
        deleted, until `mlflow gc` is run there.

    Raises:
        StoreError: the store cannot be written.
        OSError: a file cannot be removed.
    """
    client = connect(uri)
    store = client._tracking_client.store  # the one that is open; its client has no call that deletes for good
    for_good = hasattr(store, "_hard_delete_run") and hasattr(store, "_hard_delete_logged_model")
    file = sqlite_file(uri)
    ours = [folder.resolve() for folder in (Path.cwd(), *([file.parent] if file else []))]
    left: list[Path] = []
    with store_errors(uri, f"cannot remove {study!r} from"):
        if recorded.registered:
            client.delete_registered_model(study)
        for model in recorded.models:
            client.delete_logged_model(model.model_id)
            if for_good:
                left += _remove_files(model.artifact_location, model.model_id, ours)
                store._hard_delete_logged_model(model.model_id)
        for run in recorded.runs:
            if run.info.lifecycle_stage != "deleted":
                client.delete_run(run.info.run_id)
            if for_good:
                left += _remove_files(run.info.artifact_uri, run.info.run_id, ours)
                store._hard_delete_run(run.info.run_id)
    return left, for_good


def _runs(client: "MlflowClient", experiments: list[str], condition: str) -> "list[Run]":
    from mlflow.entities import ViewType

    runs: list[Run] = []
    token: str | None = ""
    while token is not None and experiments:
        page = client.search_runs(experiments, condition, run_view_type=ViewType.ALL, page_token=token or None)
        runs += page
        token = page.token or None
    return runs


def _models(client: "MlflowClient", experiments: list[str]) -> "list[LoggedModel]":
    models: list[LoggedModel] = []
    token: str | None = ""
    while token is not None and experiments:
        page = client.search_logged_models(experiments, page_token=token or None)
        models += page
        token = page.token or None
    return models


def _remove_files(address: str, owner: str, ours: list[Path]) -> list[Path]:
    """Remove the files of a run or a model; returns the folder where it is to be left.

    Args:
        address: of its artifacts.
        owner: the id of the run or model, which names the folder around them.
        ours: folders below which they may be removed.
    """
    folder = artifacts.local_folder(address)
    if folder is None:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        get_artifact_repository(address).delete_artifacts()  # type: ignore[no-untyped-call]
        return []
    folder = folder.parent if folder.parent.name == owner else folder
    if not folder.exists():
        return []
    if not any(place in folder.resolve().parents for place in ours):
        return [folder]
    shutil.rmtree(folder)
    return []

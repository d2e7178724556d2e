"""Which store has a study's record: noted with the study in Optuna, so that it is not resumed with another store."""

from typing import TYPE_CHECKING

import optuna

from knobwise.experiments.record.stores import sqlite_address, sqlite_file, without_credentials
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.study_attrs import STORE, STUDY_RUN

if TYPE_CHECKING:
    from knobwise.experiments.record.tracker import Tracker


def save(study: optuna.Study, run_id: str, uri: str) -> None:
    """Note with a study the id of its run in MLflow and the address of the store."""
    attrs = study.user_attrs
    for name, value in ((STUDY_RUN, run_id), (STORE, store_address(uri))):
        if attrs.get(name) != value:
            study.set_user_attr(name, value)


def address_changed(study: optuna.Study, uri: str) -> bool:
    """Whether the study was recorded under another address than `uri`; then `check` the store before anything runs.

    The store may still have the record: a folder was moved, a server has a new name.

    Raises:
        BadInput: the store is a file that does not exist.
    """
    recorded = study.user_attrs.get(STORE)
    if recorded is None:  # a new study
        return False
    file = sqlite_file(uri)
    if file is not None and not file.exists():
        raise _without_record(study, uri)
    return bool(recorded != store_address(uri))


def check(study: optuna.Study, tracker: "Tracker") -> None:
    """Refuse to resume a study in a store that does not have its record.

    Raises:
        BadInput: the study's own run is in another store, or was deleted for good.
    """
    run_id = study.user_attrs.get(STUDY_RUN)
    if run_id is not None and not tracker.has(run_id):
        raise _without_record(study, tracker.uri)


def store_address(uri: str) -> str:
    """The address of a store as it is noted: without credentials, a file with its whole path."""
    file = sqlite_file(uri)
    return without_credentials(uri) if file is None else sqlite_address(file.absolute())


def _without_record(study: optuna.Study, uri: str) -> BadInput:
    recorded, given = study.user_attrs[STORE], store_address(uri)
    problem = f"{given}, which does not have it" if recorded != given else "that store without it"
    return BadInput(
        f"study {study.study_name!r} must be resumed in the store that has its record, {recorded}, got {problem}: "
        "set MLFLOW_TRACKING_URI to the store that has it, or take --fresh or --name for another study"
    )

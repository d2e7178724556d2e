"""Which record belongs to a search: noted with the study, so that it is not gone on with beside another record."""

from typing import TYPE_CHECKING

import optuna

from knobwise.experiments.record.stores import sqlite_file, without_credentials
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.study_attrs import STORE, STUDY_RUN

if TYPE_CHECKING:
    from knobwise.experiments.record.tracker import Tracker


def keep(study: optuna.Study, run_id: str, uri: str) -> None:
    """Note with a study where its record is."""
    noted = study.user_attrs
    for name, value in ((STUDY_RUN, run_id), (STORE, place(uri))):
        if noted.get(name) != value:
            study.set_user_attr(name, value)


def asked_first(study: optuna.Study, uri: str) -> bool:
    """Whether the store at `uri` is to be asked for the study's record before anything runs: it has another address.

    That need not be wrong: a folder was moved, a server has a new name.

    Raises:
        BadInput: it is a file that is not there.
    """
    noted = study.user_attrs
    if STORE not in noted:  # a new study
        return False
    file = sqlite_file(uri)
    if file is not None and not file.exists():
        raise _not_there(study, uri)
    return bool(noted[STORE] != place(uri))


def check(study: optuna.Study, tracker: "Tracker") -> None:
    """Refuse to go on with a study in a store that does not have its finished trials.

    Raises:
        BadInput: the study's parent run is in another store, or was removed for good.
    """
    run_id = study.user_attrs.get(STUDY_RUN)
    if run_id is not None and not tracker.has(run_id):
        raise _not_there(study, tracker.uri)


def place(uri: str) -> str:
    """The address of a store as it is noted: without credentials, a file with its whole path."""
    file = sqlite_file(uri)
    return without_credentials(uri) if file is None else f"sqlite:///{file.absolute().as_posix()}"


def _not_there(study: optuna.Study, uri: str) -> BadInput:
    was, now = study.user_attrs[STORE], place(uri)
    here = f"{now}, which does not have it" if was != now else "that store without it"
    return BadInput(
        f"study {study.study_name!r} must go on in the store that has its record, {was}, got {here}: "
        "set MLFLOW_TRACKING_URI to the store that has it, or take --fresh or --name for another study"
    )

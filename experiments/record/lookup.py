"""From a name to what it stands for in the store: a study, or one run of a study."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from knobwise.experiments import shell
from knobwise.experiments.record import names
from knobwise.experiments.record.errors import OtherSchema, UnknownRun, UnknownStudy
from knobwise.experiments.record.readers.choice import open_reader
from knobwise.experiments.record.readers.reader import Reader, Rows
from knobwise.experiments.record.recorded import StudyRun
from knobwise.experiments.record.stores import tracking_uri, without_credentials
from knobwise.experiments.text import first_of, nearest

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_TRIAL = re.compile(r"(?P<study>.+)/(?P<trial>\d+)")
_SHOWN = 10  # names in an error


class Place(NamedTuple):
    """What a name stands for.

    Attributes:
        reader: of the store.
        study: the study, or the study that the run belongs to.
        trial: number of the trial; None where the study as a whole is meant.
        run_id: of a replicate or confirmation, where one of them is meant and not its trial.
    """

    reader: Reader
    study: StudyRun
    trial: int | None = None
    run_id: str = ""


def study_called(name: str, uri: str | None = None) -> tuple[Reader, StudyRun]:
    """The store, and the study meant by `name`: the newest of that base name, or that of that key or run id.

    Raises:
        UnknownStudy: there is none.
        OtherSchema: it was recorded under other names than these.
        StoreError: the store cannot be read.
    """
    reader, studies = _studies(name, uri)
    study = _match(studies, name)
    if study is None:
        known = sorted({study.study for study in studies})
        hint = _deleted(reader, name, uri) or nearest(name, known)
        raise UnknownStudy(f"study must be one of {first_of(known, _SHOWN)} in {_shown(uri)}, got {name!r}{hint}")
    _check_schema(study.study, {study.schema})
    return reader, study


def place_of(name: str, uri: str | None = None) -> Place:
    """What `name` stands for: a study as in `study_called`, a trial as `STUDY/NUMBER`, or any run of ours by its id.

    Raises:
        UnknownRun: there is none, or it is not a run of a study.
        UnknownStudy, OtherSchema, StoreError: as `study_called`.
    """
    reader, studies = _studies(name, uri)
    if study := _match(studies, name):
        _check_schema(study.study, {study.schema})
        return Place(reader, study)
    if _RUN_ID.fullmatch(name):
        return _run(reader, studies, name, uri)
    if trial := _TRIAL.fullmatch(name):
        return Place(*study_called(trial["study"], uri), int(trial["trial"]))
    known = sorted({study.study for study in studies})
    raise UnknownRun(
        f"a run must be STUDY/TRIAL, a run id, or one of the studies {first_of(known, _SHOWN)} in {_shown(uri)}, "
        f"got {name!r}{_deleted(reader, name, uri) or nearest(name, known)}"
    )


def rows_of(reader: Reader, study: StudyRun, *, values: bool = True) -> Rows:
    """All runs of `study` that are over; without `values`, params and metrics may be left out.

    Raises:
        OtherSchema: part of it was recorded under other names than these.
    """
    rows = reader.rows(study, params=values, metrics=values)
    _check_schema(study.study, {rows.tags.get(run.run_id, {}).get(names.SCHEMA, "") for run in rows.runs})
    return rows


def _studies(name: str, uri: str | None) -> tuple[Reader, list[StudyRun]]:
    reader = open_reader(tracking_uri(uri))
    studies = reader.studies() if reader else []
    if reader is None or not studies:
        if hint := _deleted(reader, name, uri):
            raise UnknownStudy(f"study must be one that was not deleted in {_shown(uri)}, got {name!r}{hint}")
        raise UnknownStudy(
            f"there is no study {name!r} in {_shown(uri)}: nothing has been recorded there; "
            f"`{shell.program('knobwise')} sweep lr_epochs` records one"
        )
    return reader, studies


def _deleted(reader: Reader | None, name: str, uri: str | None) -> str:
    """The end of a message about a study that was deleted in MLflow; empty where none of that name was."""
    from knobwise.experiments.record import deleted  # late: it needs MLflow, and names are seldom wrong

    command = deleted.how_to_restore(reader, name, tracking_uri(uri)) if reader else ""
    return f": {command}" if command else ""


def _match(studies: list[StudyRun], name: str) -> StudyRun | None:
    same = [study for study in studies if study.name == name]
    same = same or [study for study in studies if name in (study.study, study.run_id)]
    return max(same, key=lambda study: study.started, default=None)


def _run(reader: Reader, studies: list[StudyRun], run_id: str, uri: str | None) -> Place:
    """The run's trial and study: from run to parent."""
    by_run = {study.run_id: study for study in studies}
    tags = reader.tags(run_id)
    if names.KIND not in tags or not tags.get(names.TRIAL, "").isdigit():
        raise UnknownRun(f"a run id must be of a trial or replicate in {_shown(uri)}, got {run_id}")
    parent = tags.get(names.PARENT, "")
    for _ in range(2):  # a replicate's parent is a trial, whose parent is the study
        if parent in by_run:
            study = by_run[parent]
            _check_schema(study.study, {study.schema})
            return Place(reader, study, int(tags[names.TRIAL]), "" if tags[names.KIND] == "trial" else run_id)
        parent = reader.tags(parent).get(names.PARENT, "")
    raise UnknownRun(f"run {run_id} is of a study that is no longer in {_shown(uri)}: it may have been deleted there")


def _check_schema(study: str, versions: Iterable[str]) -> None:
    other = sorted(set(versions) - {names.SCHEMA_VERSION})
    if other:
        raise OtherSchema(
            f"the study {study!r} was recorded with the tag {names.SCHEMA} = {' and '.join(map(repr, other))}, and "
            f"this Knobwise reads {names.SCHEMA_VERSION!r}: read it with the version that recorded it, which the tag "
            f"{names.PACKAGES} names, or sweep again"
        )


def _shown(uri: str | None) -> str:
    return without_credentials(tracking_uri(uri))

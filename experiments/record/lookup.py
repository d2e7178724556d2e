"""From a name to what is meant by it in the store: a study, or one run of a study."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from knobwise.experiments import shell
from knobwise.experiments.record import names
from knobwise.experiments.record.errors import OtherSchema, UnknownRun, UnknownStudy
from knobwise.experiments.record.sources.client import ClientSource
from knobwise.experiments.record.sources.rows import Rows, Source, Study
from knobwise.experiments.record.sources.sqlite import SqliteSource
from knobwise.experiments.record.stores import sqlite_file, tracking_uri, without_credentials
from knobwise.experiments.text import nearest

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_TRIAL = re.compile(r"(?P<study>.+)/(?P<trial>\d+)")
_SHOWN = 10  # names in an error


class Place(NamedTuple):
    """What a name stands for.

    Attributes:
        source: the store.
        study: the study, or the study that the run belongs to.
        trial: number of the trial; None where the study as a whole is meant.
        run_id: of a replicate or confirmation, where one of them is meant and not its trial.
    """

    source: Source
    study: Study
    trial: int | None = None
    run_id: str = ""


def source_at(address: str) -> Source | None:
    """The way to read the store; None where nothing has been recorded there: looking must not make a store."""
    file = sqlite_file(address)
    if file is None:
        return ClientSource(address)
    if not file.exists() or SqliteSource.is_empty(file):
        return None
    return SqliteSource(file) if SqliteSource.fits(file) else ClientSource(address)


def study_called(name: str, uri: str | None = None) -> tuple[Source, Study]:
    """The store, and the study meant by `name`: the newest of that base name, or that of that key or run id.

    Raises:
        UnknownStudy: there is none.
        OtherSchema: it was recorded under other names than these.
        StoreError: the store cannot be read.
    """
    source, studies = _studies(name, uri)
    study = _match(studies, name)
    if study is None:
        known = sorted({study.study for study in studies})
        hint = nearest(name, known)
        raise UnknownStudy(f"study must be one of {_listed(known)} in {_shown(uri)}, got {name!r}{hint}")
    _check_schema(study.study, {study.schema})
    return source, study


def place_of(name: str, uri: str | None = None) -> Place:
    """What `name` stands for: a study as in `study_called`, a trial as `STUDY/NUMBER`, or any run of ours by its id.

    Raises:
        UnknownRun: there is none, or it is not a run of a study.
        UnknownStudy, OtherSchema, StoreError: as `study_called`.
    """
    source, studies = _studies(name, uri)
    if study := _match(studies, name):
        _check_schema(study.study, {study.schema})
        return Place(source, study)
    if _RUN_ID.fullmatch(name):
        return _run(source, studies, name, uri)
    if trial := _TRIAL.fullmatch(name):
        return Place(*study_called(trial["study"], uri), int(trial["trial"]))
    known = sorted({study.study for study in studies})
    raise UnknownRun(
        f"a run must be STUDY/TRIAL, a run id, or one of the studies {_listed(known)} in {_shown(uri)}, "
        f"got {name!r}{nearest(name, known)}"
    )


def rows_of(source: Source, study: Study, *, only_tags: bool = False) -> Rows:
    """All that is over of `study`; with `only_tags` params and metrics may be left out.

    Raises:
        OtherSchema: part of it was recorded under other names than these.
    """
    rows = source.rows(study, only_tags=only_tags)
    ours = {run_id for run_id, name, value in rows.tags if name == names.SCHEMA and value == names.SCHEMA_VERSION}
    if len(ours) < len(rows.runs):
        found = {run_id: "" for run_id, _ in rows.runs}
        found |= {run_id: value for run_id, name, value in rows.tags if name == names.SCHEMA}
        _check_schema(study.study, set(found.values()))
    return rows


def _studies(name: str, uri: str | None) -> tuple[Source, list[Study]]:
    source = source_at(tracking_uri(uri))
    studies = source.studies() if source else []
    if source is None or not studies:
        raise UnknownStudy(
            f"there is no study {name!r} in {_shown(uri)}: nothing has been recorded there; "
            f"`{shell.program('knobwise')} sweep lr_epochs` records one"
        )
    return source, studies


def _match(studies: list[Study], name: str) -> Study | None:
    meant = [study for study in studies if study.name == name]
    meant = meant or [study for study in studies if name in (study.study, study.run_id)]
    return max(meant, key=lambda study: study.started, default=None)


def _run(source: Source, studies: list[Study], run_id: str, uri: str | None) -> Place:
    """The run's trial and study, found by going up from run to parent."""
    by_run = {study.run_id: study for study in studies}
    tags = said = source.tags(run_id)
    if names.KIND not in said or not said.get(names.TRIAL, "").isdigit():
        raise UnknownRun(f"a run id must be of a trial or replicate in {_shown(uri)}, got {run_id}")
    for _ in range(2):  # a replicate's parent is a trial, whose parent is the study
        parent = said.get(names.PARENT, "")
        if parent in by_run:
            study = by_run[parent]
            _check_schema(study.study, {study.schema})
            alone = tags[names.KIND] != "trial"
            return Place(source, study, int(tags[names.TRIAL]), run_id if alone else "")
        said = source.tags(parent)
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


def _listed(known: list[str]) -> str:
    """The names, the first few where there are many."""
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return ", ".join(known[:_SHOWN]) + more

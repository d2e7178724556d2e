"""A search that was lost, made again from the record: its journal was removed, or emptied, and its runs are there."""

import json
from collections import defaultdict
from typing import Any, NamedTuple

import optuna
from optuna.distributions import json_to_distribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from knobwise.experiments.record import names, study_runs
from knobwise.experiments.record.readers.choice import open_reader
from knobwise.experiments.record.readers.reader import Reader
from knobwise.experiments.record.recorded import RecordedRun, StudyRun
from knobwise.sweeps.engine.driver import reconcile
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.recording.store_link import store_address
from knobwise.sweeps.engine.search.storage import open_storage
from knobwise.sweeps.engine.study_attrs import (
    EPOCHS,
    EXTENDS,
    FINGERPRINT,
    NAME,
    OBJECTIVES,
    RESULT,
    RUN_ID,
    STORE,
    STUDY_RUN,
)


class Rebuildable(NamedTuple):
    """What the record has of a search.

    Attributes:
        parent: the study's own run.
        fingerprint: what must be the same for a resume; empty where the record lacks it.
        trials: by trial, its finished run, the last of several, with that run's tags.
        replicates: by the id of a trial's run.
    """

    parent: StudyRun
    fingerprint: dict[str, Any]
    trials: dict[int, tuple[RecordedRun, dict[str, str]]]
    replicates: dict[str, list[RecordedRun]]

    @property
    def whole(self) -> bool:
        """Whether all that is needed is there: runs that 0.1 recorded lack the parameters of the search."""
        return bool(self.fingerprint) and all(_searched(tags) is not None for _, tags in self.trials.values())


def read(reader: Reader, parent: StudyRun) -> Rebuildable:
    """What the record has of the study `parent`.

    Raises:
        StoreError: it cannot be read.
    """
    trials: dict[int, tuple[RecordedRun, dict[str, str]]] = {}
    replicates: dict[str, list[RecordedRun]] = defaultdict(list)
    runs = study_runs.trials_and_replicates(study_runs.every_run(reader, parent), parent)
    for run in sorted(runs, key=lambda run: run.started):
        if run.deleted or run.status not in names.STATUSES or run.mlflow_status not in ("FINISHED", "FAILED"):
            continue
        if run.replicate is None:
            trials[run.trial] = run, reader.tags(run.run_id)
        else:
            replicates[run.parent].append(run)
    fingerprint = _json(reader.tags(parent.run_id).get(names.FINGERPRINT, ""))
    return Rebuildable(parent, fingerprint or {}, trials, replicates)


def refuse_lost(key: str, sweep: str, uri: str, place: str) -> None:
    """Refuse to begin a study that the record has with finished runs: they would be set aside, and trained again.

    Args:
        key: of a study that the search does not have.
        sweep: the experiment's name.
        uri: of the record.
        place: of the search, as it is shown and recorded.

    Raises:
        BadInput: it has; the line says what can be done.
        StoreError: the record cannot be read.
    """
    reader = open_reader(uri)
    for parent in reader.studies() if reader else []:
        if reader is None or (parent.study, parent.sweep) != (key, sweep):
            continue
        found = read(reader, parent)
        if not found.trials:
            continue
        has = f"study {key!r} must be resumed with its search, got {place} without it, and {len(found.trials)} finished"
        if parent.storage not in ("", place):
            raise BadInput(f"{has} trials in the record: its search is in {parent.storage}, give that with --storage")
        rebuilds = "`knobwise doctor --repair` makes it again from them" if found.whole else "restore it from a backup"
        raise BadInput(f"{has} trials in the record: {rebuilds}; or begin another study with --fresh or --name")


def rebuild(found: Rebuildable, address: str, uri: str) -> int:
    """Make the search again: the trials of the record with their numbers, the missing ones in the queue.

    What pruners had noted on the way is lost, and results on fresh seeds are read from the record by the next sweep.

    Args:
        found: whole.
        address: of the search, as for `open_storage`.
        uri: of the record.

    Returns:
        How many trials are over.
    """
    objectives = str(found.fingerprint["objective"]).split(" and ")
    study = optuna.create_study(
        storage=open_storage(address), study_name=found.parent.study, directions=["minimize"] * len(objectives)
    )
    for number in range(max(found.trials) + 1):
        if number in found.trials:
            run, tags = found.trials[number]
            study.add_trial(_over(run, tags, found.replicates[run.run_id], objectives))
        else:
            fixed = {"fixed_params": dict(found.fingerprint["baseline"])} if number == 0 else {}
            study.add_trial(create_trial(state=TrialState.WAITING, system_attrs=fixed))
    attrs = {
        NAME: found.parent.name,
        OBJECTIVES: objectives,
        STUDY_RUN: found.parent.run_id,
        STORE: store_address(uri),
        FINGERPRINT: found.fingerprint,  # last: a study without it was not finished
    }
    for name, value in attrs.items():
        study.set_user_attr(name, value)
    return len(found.trials)


def _over(run: RecordedRun, tags: dict[str, str], replicates: list[RecordedRun], objectives: list[str]) -> FrozenTrial:
    searched = _searched(tags) or {}
    facts = reconcile.facts_of(run, replicates)
    state = reconcile.STATES[run.status]
    attrs: dict[str, Any] = {RUN_ID: run.run_id, RESULT: facts}
    if names.EXTENDS in tags:
        attrs |= {EXTENDS: int(tags[names.EXTENDS]), EPOCHS: facts["epochs"]}
    return create_trial(
        state=state,
        params={name: value for name, (value, _) in searched.items()},
        distributions={name: json_to_distribution(text) for name, (_, text) in searched.items()},
        values=[facts[name] for name in objectives] if state == TrialState.COMPLETE else None,
        user_attrs=attrs,
    )


def _searched(tags: dict[str, str]) -> dict[str, tuple[Any, str]] | None:
    """By parameter of the search its value and its distribution; None where they are not recorded."""
    found = _json(tags.get(names.SEARCHED, ""))
    return None if found is None else {name: (value, text) for name, (value, text) in found.items()}


def _json(text: str) -> dict[str, Any] | None:
    """An object; None for a text that is none, or was cut."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None

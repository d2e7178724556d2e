"""Whether the search and the record agree: each trial that is over has one finished run, and the other way round.

Looking changes nothing. What it finds is put right by `knobwise.sweeps.engine.repair.repair`, as far as it can be.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments.record import names
from knobwise.experiments.record.recorded import RecordedRun
from knobwise.experiments.record.stores import journal_path, sqlite_file, without_credentials
from knobwise.sweeps.engine.recording.store_link import store_address
from knobwise.sweeps.engine.repair import recorded_studies
from knobwise.sweeps.engine.repair.recorded_studies import Left, Parent, Parents
from knobwise.sweeps.engine.search import journal
from knobwise.sweeps.engine.search.locks import CAN_LOCK, FileLock
from knobwise.sweeps.engine.search.storage import lock_folder, open_to_read
from knobwise.sweeps.engine.study_attrs import NAME, RESULT, RUN_ID, STORE

_SHOWN = 10  # trial numbers in a line


class Finding(NamedTuple):
    """Something that is wrong.

    Attributes:
        study: the study's key; empty where it is the journal as a whole.
        what: one line, that says what cannot be put right by itself, and what to do then.
        trials: the numbers of the trials that it is about.
        mends: whether `mending` puts it right.
    """

    study: str
    what: str
    trials: list[int]
    mends: bool

    @property
    def told(self) -> str:
        """The line, with the study's key before it where it is about one."""
        return f"{self.study}: {self.what}" if self.study else self.what


class Agreement(NamedTuple):
    """Attributes: what is wrong; what was not looked at, and why; how many studies and finished trials are in both."""

    wrong: list[Finding]
    notes: list[str]
    studies: int
    trials: int


def look(address: str, uri: str) -> Agreement:
    """Compare the search at `address` with the record at `uri`.

    Raises:
        BadInput, StoreError: one of them cannot be read.
    """
    found = Agreement([], [], 0, 0)
    if "://" not in address and _is_cut(path := Path(address) if address else journal_path()):
        what = f"the journal {path} ends in half a line, of a write that was cut short"
        found.wrong.append(Finding("", what, [], True))
    storage = open_to_read(address)
    searched = {each.study_name: each for each in storage.get_all_studies()} if storage else {}
    with recorded_studies.reading(uri) as record:
        known = record.by_study()
        for key in sorted(searched.keys() | known.keys()):
            holder = held_by(address, key)
            if holder is not None:
                found.notes.append(f"{key}: process {holder} is running it, so it was not looked at")
            elif key not in searched:
                found = _without_search(found, known[key], address)
            elif NAME in searched[key].user_attrs:  # others are not ours
                trials = storage.get_all_trials(searched[key]._study_id, deepcopy=False) if storage else []
                found = _study(found, searched[key], trials, known.get(key), record, uri)
    return found


def held_by(address: str, key: str) -> str | None:
    """The process that runs the study `key` on this machine, as its lock names it; None where nobody does."""
    path = lock_folder(address) / f"{key}.lock"
    if not CAN_LOCK or not path.is_file():
        return None
    lock = FileLock(path)
    if lock.acquire(wait=False):
        lock.release()
        return None
    return path.read_text(errors="replace").strip() or "of an unknown number"


def _is_cut(path: Path) -> bool:
    """Whether a journal ends in half a line, when nobody is writing one."""
    guard = path.with_name(path.name + ".lock")
    if not journal.is_cut(path) or not CAN_LOCK or not guard.exists():
        return journal.is_cut(path)
    lock = FileLock(guard)
    lock.acquire()
    try:
        return journal.is_cut(path)
    finally:
        lock.release()


def is_over(run: RecordedRun) -> bool:
    """Whether a run is whole: all of it was recorded, and nobody deleted it."""
    return run.mlflow_status in ("FINISHED", "FAILED") and run.status in names.STATUSES and not run.deleted


def named(trial: FrozenTrial) -> str | None:
    """The id of a trial's run, as the search has it."""
    return trial.user_attrs.get(RUN_ID)


def _study(
    found: Agreement,
    study: FrozenStudy,
    trials: list[FrozenTrial],
    parent: Parent | None,
    record: Parents,
    uri: str,
) -> Agreement:
    key, noted = study.study_name, str(study.user_attrs.get(STORE, ""))
    over = [trial for trial in trials if trial.state.is_finished()]
    if parent is None and _is_elsewhere(noted, uri):
        found.notes.append(f"{key}: its record is in {without_credentials(noted)}, so it was not looked at")
        return found
    if parent is None or parent.deleted:
        wrong = [] if parent is None and not over else [_no_record(key, parent, over)]
        left = _left(key, trials) if parent is None else []
        return found._replace(wrong=[*found.wrong, *wrong, *left], studies=found.studies + 1)
    runs = record.recorded(parent)
    wrong = [*_left(key, trials), *_half(key, parent, record.running(parent)), *_pairs(key, trials, runs)]
    return Agreement([*found.wrong, *wrong], found.notes, found.studies + 1, found.trials + len(over))


def _is_elsewhere(noted: str, uri: str) -> bool:
    """Whether a study's record is noted to be in another store than `uri`, which is not known to be gone."""
    file = sqlite_file(noted)
    return noted not in ("", store_address(uri)) and (file is None or file.exists())


def _without_search(found: Agreement, parent: Parent, address: str) -> Agreement:
    key, kept, here = parent.run.study, parent.storage, without_credentials(address) or journal_path().as_posix()
    if parent.deleted:
        return found
    if kept != here:
        found.notes.append(f"{key}: its search is in {kept}, so it was not looked at")
        return found
    what = (
        f"it is in the record, but not in the search {here}: restore that from a backup, or take another --name for "
        "the next sweep, which would else begin it anew and put its runs aside as abandoned"
    )
    return found._replace(wrong=[*found.wrong, Finding(key, what, [], False)], studies=found.studies + 1)


def _no_record(key: str, parent: Parent | None, over: list[FrozenTrial]) -> Finding:
    numbers = [trial.number for trial in over]
    if parent is None:
        what = f"{_count(numbers, 'trial')} of the search, and no run of the study in the record"
        return Finding(key, f"{what}: restore the record from a backup, or take --fresh or --name", numbers, False)
    what = f"it was deleted in MLflow: restore it there (run {parent.run.run_id}), or take --fresh or --name"
    return Finding(key, what, numbers, False)


def _left(key: str, trials: list[FrozenTrial]) -> list[Finding]:
    left = [trial.number for trial in trials if trial.state == TrialState.RUNNING]
    return _if(key, left, "trial", "RUNNING in the search, but no driver runs the study", mends=True)


def _half(key: str, parent: Parent, left: list[Left]) -> list[Finding]:
    found = []
    if left:
        listed = "; ".join(run.name for run in left[:_SHOWN]) + "; ..." * (len(left) > _SHOWN)
        what = (
            f"{len(left)} run{'s are' if len(left) > 1 else ' is'} RUNNING in the record, but no driver runs the study"
        )
        numbers = sorted({run.trial for run in left if run.trial >= 0})
        found.append(Finding(key, f"{what}: {listed}", numbers, True))
    if parent.state == "RUNNING":
        found.append(Finding(key, "the study's run is RUNNING in the record, but no driver runs the study", [], True))
    return found


def _pairs(key: str, trials: list[FrozenTrial], runs: list[RecordedRun]) -> list[Finding]:
    """Trials without a run, runs without a trial, and those of which the stores say different things."""
    whole: dict[int, list[RecordedRun]] = {}
    deleted: dict[int, str] = {}
    for run in runs:
        if run.replicate is None and is_over(run):
            whole.setdefault(run.trial, []).append(run)
        elif run.replicate is None and run.deleted:
            deleted[run.trial] = run.run_id
    over = {trial.number: trial for trial in trials if trial.state.is_finished()}
    gone = [number for number in over if number not in whole]
    thrown = [number for number in gone if number in deleted]
    ids = " ".join(deleted[number] for number in thrown[:_SHOWN])
    several = [number for number in over if len(whole.get(number, [])) > 1]
    chosen = [number for number in several if named(over[number]) in {run.run_id for run in whole[number]}]
    single = {number: whole[number][0] for number in over if len(whole.get(number, [])) == 1}
    lone = [number for number in whole if number not in over and not _runs_on(trials, number)]
    return [
        *_if(key, thrown, "trial", f"over in the search, but deleted in MLflow: restore there {ids}", mends=False),
        *_if(
            key,
            [number for number in gone if number not in deleted],
            "trial",
            "over in the search, but without a finished run in the record: restore the record from a backup",
            mends=False,
        ),
        *_if(key, chosen, "trial", "in the record by several finished runs", mends=True),
        *_if(
            key,
            [number for number in several if number not in chosen],
            "trial",
            "in the record by several finished runs, none of which the search names: delete the wrong ones in MLflow",
            mends=False,
        ),
        *_if(key, lone, "finished run", "of no trial that is over in the search", mends=True),
        *_if(
            key,
            [number for number, run in single.items() if not _same(over[number], run)],
            "trial",
            "in the search with another result than in the record",
            mends=False,
        ),
    ]


def _runs_on(trials: list[FrozenTrial], number: int) -> bool:
    """Whether a trial is RUNNING in the search: then that is what is said of it."""
    return number < len(trials) and trials[number].state == TrialState.RUNNING


def _same(trial: FrozenTrial, run: RecordedRun) -> bool:
    facts = trial.user_attrs.get(RESULT, {})
    if facts.get("status") != run.status:
        return False
    value, recorded = facts.get("val_mse"), run.metrics.get("val_mse")
    return value is None or recorded is None or math.isclose(value, recorded, rel_tol=1e-9)


def _if(key: str, numbers: Iterable[int], what: str, about: str, *, mends: bool) -> list[Finding]:
    found = sorted(numbers)
    verb = "is" if len(found) == 1 else "are"
    return [Finding(key, f"{_count(found, what)} {verb} {about}", sorted(set(found)), mends)] if found else []


def _count(numbers: list[int], what: str) -> str:
    """How many, and which: `2 trials (3, 4)`."""
    which = sorted(set(numbers))
    more = ", ..." if len(which) > _SHOWN else ""
    of = "" if what == "trial" else "trial "
    listed = ", ".join(map(str, which[:_SHOWN]))
    return f"{len(numbers)} {what}{'s' * (len(numbers) != 1)} ({of}{listed}{more})"

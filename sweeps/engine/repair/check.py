"""Whether the search and the record agree: each trial that is over has one finished run, and each finished run a trial.

Checking changes nothing. What it reports is repaired by `knobwise.sweeps.engine.repair.repair`, as far as possible.
"""

import math
from collections.abc import Iterable
from pathlib import Path

from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments import shell
from knobwise.experiments.record import names, relocation, study_runs
from knobwise.experiments.record.artifacts import CHECKPOINT
from knobwise.experiments.record.connection import store_errors
from knobwise.experiments.record.readers.choice import open_reader
from knobwise.experiments.record.readers.reader import Reader
from knobwise.experiments.record.recorded import RecordedRun, StudyRun
from knobwise.experiments.record.stores import journal_path, sqlite_file, without_credentials
from knobwise.experiments.text import counted, first_of, plural, trials_text
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.recording.store_link import store_address
from knobwise.sweeps.engine.repair import files, rebuild
from knobwise.sweeps.engine.repair.agreement import Agreement, Problem
from knobwise.sweeps.engine.search import journal, locks
from knobwise.sweeps.engine.search.locks import CAN_LOCK, FileLock
from knobwise.sweeps.engine.search.storage import lock_folder, open_to_read
from knobwise.sweeps.engine.study_attrs import LOST, NAME, RESULT, RUN_ID, STORE

_SHOWN = 10  # trial numbers in a line
_NO_DRIVER = "RUNNING in the {}, but no driver runs the study"


def compare_stores(address: str, uri: str) -> Agreement:
    """Compare the search at `address` with the record at `uri`.

    Raises:
        BadInput, StoreError: one of them cannot be read.
    """
    agreement = Agreement([], [], 0, 0)
    moved = relocation.find(uri)
    if moved:
        agreement.problems.append(Problem("", moved.line, [], True))
    if "://" not in address and _is_cut(path := Path(address) if address else journal_path()):
        what = f"the journal {path} ends in half a line, of a write that was cut short"
        agreement.problems.append(Problem("", what, [], True))
    storage = open_to_read(address)
    searched = {each.study_name: each for each in storage.get_all_studies()} if storage else {}
    with store_errors(uri, "cannot read"):
        reader = open_reader(uri)
        recorded = parent_runs(reader) if reader else {}
        for key in sorted(searched.keys() | recorded.keys()):
            study, parent = searched.get(key), recorded.get(key)
            unchecked = _why_unchecked(key, study, parent, address, uri)
            if unchecked:
                agreement.notes.append(f"{key}: {unchecked}, so it was not checked")
            elif study is None and parent is not None and not parent.deleted:
                agreement = agreement.with_study([_no_search(key, address, reader, parent)], 0)
            elif study is not None and NAME in study.user_attrs:  # others are not ours
                trials = storage.get_all_trials(study._study_id, deepcopy=False) if storage else []
                left_out = study.user_attrs.get(LOST, [])
                if left_out:
                    agreement.notes.append(f"{key}: {trials_text(left_out)} left out: removed from the record for good")
                trials = [trial for trial in trials if trial.number not in left_out]
                finished = sum(trial.state.is_finished() for trial in trials) if parent and not parent.deleted else 0
                agreement = agreement.with_study(_problems(key, trials, parent, reader, not moved), finished)
        if not moved and agreement.trials:
            agreement.problems.extend(_champions(uri, [each for each in recorded.values() if not each.deleted]))
    return agreement


def parent_runs(reader: Reader) -> dict[str, StudyRun]:
    """The studies of a record by their keys, deleted ones too; of several runs of a key, one that is not deleted."""
    studies = sorted(reader.studies(deleted=True), key=lambda study: not study.deleted)
    return {study.study: study for study in studies}


def running_process(address: str, key: str) -> str | None:
    """The process that runs the study `key` on this machine, as its lock names it; None where none does."""
    path = locks.of_study(lock_folder(address), key)
    if not CAN_LOCK or not path.is_file():
        return None
    lock = FileLock(path)
    if lock.acquire(wait=False, sign=False):
        lock.release()
        return None
    return locks.holder(path)


def refuse_running(address: str) -> None:
    """Refuse while any study at `address` is being run on this machine.

    Raises:
        Unfinished: one is; the line names it and its process.
    """
    for path in locks.of_studies(lock_folder(address)):
        key = path.name.removesuffix(locks.STUDY_LOCK)
        process = running_process(address, key)
        if process is not None:
            raise Unfinished(f"study {key!r} is being run by process {process}: wait for its end, or end it")


def is_finished(run: RecordedRun) -> bool:
    """Whether all of a run was recorded, and nobody deleted it."""
    return run.mlflow_status in ("FINISHED", "FAILED") and run.status in names.STATUSES and not run.deleted


def left_running(runs: list[RecordedRun]) -> list[RecordedRun]:
    """The runs that are RUNNING; not retrained ones: the process that makes these does not lock the study."""
    return [run for run in runs if run.mlflow_status == "RUNNING" and run.kind != "retrain" and not run.deleted]


def run_id_of(trial: FrozenTrial) -> str | None:
    """The id of a trial's run, as the search has it."""
    return trial.user_attrs.get(RUN_ID)


def _is_cut(path: Path) -> bool:
    """Whether a journal ends in half a line, when no process is writing one."""
    guard = locks.of_journal(path)
    if not journal.is_cut(path) or not CAN_LOCK or not guard.exists():
        return journal.is_cut(path)
    lock = FileLock(guard)
    lock.acquire(sign=False)
    try:
        return journal.is_cut(path)
    finally:
        lock.release()


def _why_unchecked(key: str, study: FrozenStudy | None, parent: StudyRun | None, address: str, uri: str) -> str:
    """Why a study is not checked; empty where it is."""
    process = running_process(address, key)
    if process is not None:
        return f"process {process} is running it"
    here = without_credentials(address) or journal_path().as_posix()
    if study is None:
        elsewhere = parent is not None and not parent.deleted and parent.storage != here
        return f"its search is in {parent.storage}" if parent is not None and elsewhere else ""
    noted = str(study.user_attrs.get(STORE, ""))
    file = sqlite_file(noted)
    elsewhere = noted not in ("", store_address(uri)) and (file is None or file.exists())  # or else the store is gone
    return f"its record is in {without_credentials(noted)}" if parent is None and elsewhere else ""


def _problems(
    key: str, trials: list[FrozenTrial], parent: StudyRun | None, reader: Reader | None, with_files: bool
) -> list[Problem]:
    if parent is None or reader is None:
        over = any(trial.state.is_finished() for trial in trials)
        return [*([_no_record(key, parent, trials)] if over else []), *_running_trials(key, trials)]
    if parent.deleted:
        return [_no_record(key, parent, trials)]
    runs = study_runs.every_run(reader, parent)
    return [
        *_running_trials(key, trials),
        *_running_runs(key, parent, left_running(runs)),
        *_unpaired(key, trials, study_runs.trials_and_replicates(runs, parent), with_files),
    ]


def _no_search(key: str, address: str, reader: Reader | None, parent: StudyRun) -> Problem:
    found = rebuild.read(reader, parent) if reader else None
    place = without_credentials(address) or journal_path().as_posix()
    what = f"it is in the record, but not in the search {place}"
    if found and found.trials and found.whole:
        return Problem(key, f"{what}, which can be made again", sorted(found.trials), True)
    return Problem(key, f"{what}: restore that from a backup, or take --fresh or another --name", [], False)


def _no_record(key: str, parent: StudyRun | None, trials: list[FrozenTrial]) -> Problem:
    numbers = [trial.number for trial in trials if trial.state.is_finished()]
    if parent is None:
        what = f"{_numbered(numbers, 'trial')} of the search, and no run of the study in the record"
        return Problem(key, f"{what}: restore the record from a backup, or take --fresh or --name", numbers, False)
    what = f"it was deleted in MLflow: restore it there (run {parent.run_id}), or take --fresh or --name"
    return Problem(key, what, numbers, False)


def _champions(uri: str, parents: list[StudyRun]) -> list[Problem]:
    program = shell.program("knobwise")
    return [
        Problem(
            champion.name,
            f"the champion, version {champion.version}, cannot be used: {gone}; the next sweep or `{program} retrain` "
            "registers another",
            [champion.trial],
            False,
        )
        for champion, gone in files.broken_champions(uri, parents)
    ]


def _running_trials(key: str, trials: list[FrozenTrial]) -> list[Problem]:
    running = [trial.number for trial in trials if trial.state == TrialState.RUNNING]
    return _if_any(key, running, "trial", _NO_DRIVER.format("search"), repairable=True)


def _running_runs(key: str, parent: StudyRun, running: list[RecordedRun]) -> list[Problem]:
    problems = []
    about = _NO_DRIVER.format("record")
    if running:
        runs = first_of([run.name for run in sorted(running, key=lambda run: run.started)], _SHOWN, "; ")
        what = f"{counted(len(running), 'run')} {plural(len(running), 'is', 'are')} {about}: {runs}"
        problems.append(Problem(key, what, sorted({run.trial for run in running if run.trial >= 0}), True))
    if parent.state == "RUNNING":
        problems.append(Problem(key, f"the study's run is {about}", [], True))
    return problems


def _unpaired(key: str, trials: list[FrozenTrial], runs: list[RecordedRun], with_files: bool) -> list[Problem]:
    """Trials without a run, runs without a trial or, where these are to be looked for, files; results that differ."""
    finished: dict[int, list[RecordedRun]] = {}
    deleted: dict[int, str] = {}
    for run in runs:
        if run.replicate is None and is_finished(run):
            finished.setdefault(run.trial, []).append(run)
        elif run.replicate is None and run.deleted:
            deleted[run.trial] = run.run_id
    running = {trial.number for trial in trials if trial.state == TrialState.RUNNING}  # reported as such
    over = {trial.number: trial for trial in trials if trial.state.is_finished()}
    missing = [number for number in over if number not in finished]
    restorable = [number for number in missing if number in deleted]
    ids = " ".join(deleted[number] for number in restorable[:_SHOWN])
    restore = f"over in the search, but deleted in MLflow: restore there {ids}"
    lost = "over in the search, but without a finished run in the record: restore the record from a backup"
    doubled = "in the record by several finished runs"
    unnamed = f"{doubled}, none of which the search names: delete the wrong ones in MLflow"
    without = f"in the record without {CHECKPOINT}, which is gone: restore the files of runs from a backup"
    several = [number for number in over if len(finished.get(number, [])) > 1]
    named = [number for number in several if run_id_of(over[number]) in {run.run_id for run in finished[number]}]
    single = {number: finished[number][0] for number in over if len(finished.get(number, [])) == 1}
    surplus = [number for number in finished if number not in over and number not in running]
    emptied = files.without_files(single) if with_files else []
    differing = [number for number, run in single.items() if not _same_result(over[number], run)]
    return [
        *_if_any(key, restorable, "trial", restore, repairable=False),
        *_if_any(key, [number for number in missing if number not in deleted], "trial", lost, repairable=False),
        *_if_any(key, named, "trial", doubled, repairable=True),
        *_if_any(key, [number for number in several if number not in named], "trial", unnamed, repairable=False),
        *_if_any(key, surplus, "finished run", "of no trial that is over in the search", repairable=True),
        *_if_any(key, emptied, "trial", without, repairable=False),
        *_if_any(key, differing, "trial", "in the search with another result than in the record", repairable=False),
    ]


def _same_result(trial: FrozenTrial, run: RecordedRun) -> bool:
    facts = trial.user_attrs.get(RESULT, {})
    if facts.get("status") != run.status:
        return False
    value, recorded = facts.get("val_mse"), run.metrics.get("val_mse")
    return value is None or recorded is None or math.isclose(value, recorded, rel_tol=1e-9)


def _if_any(key: str, numbers: Iterable[int], what: str, about: str, *, repairable: bool) -> list[Problem]:
    trials = sorted(numbers)
    line = f"{_numbered(trials, what)} {plural(len(trials), 'is', 'are')} {about}"
    return [Problem(key, line, sorted(set(trials)), repairable)] if trials else []


def _numbered(numbers: list[int], what: str) -> str:
    """How many, and which: `2 trials (3, 4)`."""
    of = "" if what == "trial" else "trial "
    return f"{counted(len(numbers), what)} ({of}{first_of(sorted(set(numbers)), _SHOWN)})"

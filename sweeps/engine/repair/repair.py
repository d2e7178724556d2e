"""Makes the search and the record agree, as the next session of a sweep would, without running anything.

A trial whose run is finished is ended with that run's result. One whose run is not goes back into the queue, with its
number and its parameters, and its half-written run is marked as abandoned. A finished run of a trial that the search
does not have (its file was cut) is marked as abandoned too: nothing is deleted.
"""

import contextlib
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments.record import relocation, study_runs
from knobwise.experiments.record.connection import store_errors
from knobwise.experiments.record.readers.choice import open_reader
from knobwise.experiments.record.recorded import RecordedRun, StudyRun
from knobwise.experiments.record.stores import journal_path
from knobwise.experiments.text import counted, trials_text
from knobwise.sweeps.engine.driver import reconcile
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.recording.recorder import StudyRecord
from knobwise.sweeps.engine.repair import check, rebuild
from knobwise.sweeps.engine.repair.agreement import Problem
from knobwise.sweeps.engine.search import journal, studies
from knobwise.sweeps.engine.search.storage import lock_folder, open_storage, storage_errors


def repair(address: str, uri: str, problems: list[Problem]) -> list[str]:
    """Repair what can be repaired, but not in studies that a driver has begun to run meanwhile.

    Args:
        address: of the search, as for `open_storage`.
        uri: of the record.
        problems: as `check.compare_stores` reported them.

    Returns:
        What was done, a line each.

    Raises:
        StoreError: one of the stores cannot be written.
        Unfinished: the folder was moved, and a study in it is being run.
    """
    done = []
    if moved := relocation.find(uri):
        check.refuse_running(address)
        count = sum(relocation.move(uri, moved).values())
        done.append(
            f"corrected {counted(count, 'path')} of the record, which led to {' and '.join(map(str, moved.old))}"
        )
    path = Path(address) if address else journal_path()
    if "://" not in address and journal.is_cut(path):
        open_storage(address)  # which cuts it
        done.append(f"cut half a line off the end of {path}")
    for key in sorted({problem.study for problem in problems if problem.repairable and problem.study}):
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(studies.alone(lock_folder(address), key))
            except Unfinished as error:
                done.append(f"{key}: not repaired, for {error}")
                continue
            stack.enter_context(storage_errors(address))
            done += [f"{key}: {line}" for line in [*_rebuilt(address, uri, key), *_study(address, uri, key)]]
    return done


def _rebuilt(address: str, uri: str, key: str) -> list[str]:
    """Make the search of a study again, where it has none."""
    storage = open_storage(address)
    reader = open_reader(uri)
    parent = check.parent_runs(reader).get(key) if reader else None
    if reader is None or parent is None or key in {each.study_name for each in storage.get_all_studies()}:
        return []
    count = rebuild.rebuild(rebuild.read(reader, parent), address, uri)
    return [f"made the search again from the record, {counted(count, 'trial')}"]


def _study(address: str, uri: str, key: str) -> list[str]:
    study = optuna.load_study(study_name=key, storage=open_storage(address))
    trials = study.get_trials(deepcopy=False)
    running = reconcile.running(study)
    with store_errors(uri, "cannot read"):
        reader = open_reader(uri)
        parent = check.parent_runs(reader).get(key) if reader else None
        if reader is None or parent is None or parent.deleted:
            return _queue(study, [trial._trial_id for trial in running], [trial.number for trial in running])
        runs = study_runs.every_run(reader, parent)
    return _reconcile(study, parent, trials, running, runs, uri)


def _reconcile(
    study: optuna.Study,
    parent: StudyRun,
    trials: list[FrozenTrial],
    running: list[FrozenTrial],
    runs: list[RecordedRun],
    uri: str,
) -> list[str]:
    from knobwise.experiments.record.tracker import Tracker

    tracker = Tracker(uri)
    of_trials = study_runs.trials_and_replicates(runs, parent)
    queued = reconcile.reconcile(study, StudyRecord(tracker, parent, of_trials), running, len(trials))
    states = {run.run_id: run.mlflow_status for run in tracker.recorded(parent)}
    abandoned = {run.run_id for run in of_trials if run.mlflow_status != "KILLED" and states[run.run_id] == "KILLED"}
    surplus = {run.run_id for run in [*_surplus(trials, of_trials), *check.left_running(runs)]}
    for run_id in sorted(surplus - abandoned):
        tracker.abandon(run_id)
        abandoned.add(run_id)
    numbers = [trial.number for trial in queued]
    ended = [trial.number for trial in running if trial.number not in numbers]
    done = [f"ended {trials_text(ended, len(ended))} with the result in the record"] if ended else []
    done += _queue(study, [trial._trial_id for trial in queued], numbers)
    if abandoned:
        done.append(f"marked {counted(len(abandoned), 'run')} as abandoned")
    if parent.state == "RUNNING":
        tracker.close_study(parent, interrupted=True)
        done.append("marked the study's run as KILLED, as after an interrupt")
    return done


def _surplus(trials: list[FrozenTrial], runs: list[RecordedRun]) -> list[RecordedRun]:
    """Finished runs of a trial that is yet to run, or beside the run that the search names; with their replicates."""
    finished = [run for run in runs if run.replicate is None and check.is_finished(run) and run.trial < len(trials)]
    ids = {run.run_id for run in finished}
    surplus = set()
    for run in finished:
        trial = trials[run.trial]
        named = check.run_id_of(trial)
        another = trial.state.is_finished() and named in ids and named != run.run_id
        if another or trial.state == TrialState.WAITING:
            surplus.add(run.run_id)
    return [run for run in runs if surplus & {run.run_id, run.parent}]


def _queue(study: optuna.Study, ids: list[int], numbers: list[int]) -> list[str]:
    """Let trials that were left running wait to be run again: the next that is asked for is the first of them."""
    reconcile.requeue(study, ids)
    return [f"put {trials_text(numbers, len(numbers))} back into the queue"] if numbers else []

"""Making the search and the record agree again, as the next sitting of a sweep would, without running anything.

A trial whose run is finished is told from it. One that is not goes back into the queue, with its number and its
parameters, and its half-written run is put aside as abandoned. A finished run of a trial that the search does not have
(its file was cut) is put aside too: nothing is deleted.
"""

import contextlib
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments.record.recorded import RecordedRun
from knobwise.experiments.record.stores import journal_path
from knobwise.sweeps.engine.driver import reconcile
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.recording.recorder import StudyRecord
from knobwise.sweeps.engine.repair import check
from knobwise.sweeps.engine.repair.check import Finding
from knobwise.sweeps.engine.repair.recorded_studies import Parent, reading
from knobwise.sweeps.engine.search import studies
from knobwise.sweeps.engine.search.storage import lock_folder, open_storage, storage_errors


def mend(address: str, uri: str, wrong: list[Finding]) -> list[str]:
    """Put right what can be of `wrong`, but for studies that a driver has begun to run meanwhile.

    Args:
        address: of the search, as for `open_storage`.
        uri: of the record.
        wrong: as `agreement.look` found it.

    Returns:
        What was done, a line each.

    Raises:
        StoreError: one of the stores cannot be written.
    """
    done = []
    if any(not finding.study and finding.mends for finding in wrong):
        path = Path(address) if address else journal_path()
        open_storage(address)  # which cuts it
        done.append(f"cut half a line off the end of {path}")
    for key in sorted({finding.study for finding in wrong if finding.mends and finding.study}):
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(studies.alone(lock_folder(address), key))
            except Unfinished as error:
                done.append(f"{key}: left alone, for {error}")
                continue
            stack.enter_context(storage_errors(address))
            done += [f"{key}: {deed}" for deed in _study(address, uri, key)]
    return done


def _study(address: str, uri: str, key: str) -> list[str]:
    study = optuna.load_study(study_name=key, storage=open_storage(address))
    trials = study.get_trials(deepcopy=False)
    left = reconcile.running(study)
    with reading(uri) as record:
        parent = record.by_study().get(key)
        if parent is None or parent.deleted:
            return _queue(study, [trial._trial_id for trial in left], [trial.number for trial in left])
        runs, half = record.recorded(parent), {run.run_id for run in record.running(parent)}
    return _agree(study, parent, trials, left, runs, half, uri)


def _agree(
    study: optuna.Study,
    parent: Parent,
    trials: list[FrozenTrial],
    left: list[FrozenTrial],
    runs: list[RecordedRun],
    half: set[str],
    uri: str,
) -> list[str]:
    from knobwise.experiments.record.tracker import Tracker

    tracker = Tracker(uri)
    again = reconcile.reconcile(study, StudyRecord(tracker, parent.run, runs), left, len(trials))
    now = {run.run_id: run.mlflow_status for run in tracker.recorded(parent.run)}
    aside = {run.run_id for run in runs if run.mlflow_status != "KILLED" and now[run.run_id] == "KILLED"}
    for run_id in sorted(({run.run_id for run in _beside(trials, runs)} | half) - aside):
        tracker.abandon(run_id)
        aside.add(run_id)
    told = [trial.number for trial in left if trial.number not in {each.number for each in again}]
    done = [f"told {_named(told)} from the record"] if told else []
    done += _queue(study, [trial._trial_id for trial in again], [trial.number for trial in again])
    if aside:
        done.append(f"put {len(aside)} run{'s' * (len(aside) != 1)} aside as abandoned")
    if parent.state == "RUNNING":
        tracker.close_study(parent.run, interrupted=True)
        done.append("marked the study's run as KILLED, as after an interrupt")
    return done


def _beside(trials: list[FrozenTrial], runs: list[RecordedRun]) -> list[RecordedRun]:
    """Finished runs that no trial stands for: of one that is yet to run, or beside the run that the search names."""
    whole = [run for run in runs if run.replicate is None and check.is_over(run) and run.trial < len(trials)]
    ids = {run.run_id for run in whole}
    beside = set()
    for run in whole:
        trial = trials[run.trial]
        named = check.named(trial)
        another = trial.state.is_finished() and named in ids and named != run.run_id
        if another or trial.state == TrialState.WAITING:
            beside.add(run.run_id)
    return [run for run in runs if beside & {run.run_id, run.parent}]


def _queue(study: optuna.Study, ids: list[int], numbers: list[int]) -> list[str]:
    """Let trials that were left running wait to be run again: the next that is asked for is the first of them."""
    for trial_id in ids:
        study._storage.set_trial_state_values(trial_id, TrialState.WAITING)  # Optuna has no other way
    return [f"put {_named(numbers)} back into the queue"] if numbers else []


def _named(numbers: list[int]) -> str:
    return f"trial{'s' * (len(numbers) != 1)} {', '.join(map(str, numbers))}"

"""Tell Optuna how a trial ended, and make a resumed study agree with its record in MLflow after a crash."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments.record import names
from knobwise.experiments.record.recorded import RecordedRun
from knobwise.sweeps.engine.recording.recorder import StudyRecord
from knobwise.sweeps.engine.study_attrs import LOST, OBJECTIVES, RESULT, RUN_ID
from knobwise.sweeps.engine.trials.running_trial import KEPT

# Optuna has no state for a trial that diverged. COMPLETE needs a value, and there is none. Samplers ignore a FAIL, so
# they would try nearby parameters again. PRUNED means worse than others: TPE counts it among the bad trials and keeps
# away. The trial's facts tell diverged and pruned apart.
STATES = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "diverged": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


def tell(study: optuna.Study, trial: optuna.Trial, facts: dict[str, Any], run_id: str) -> FrozenTrial:
    """End a trial in Optuna and return it. Its run must be finished in MLflow before: see `reconcile`.

    Args:
        study: of the trial.
        trial: a running one.
        facts: as `running_trial.facts` gives them.
        run_id: the id of its run in MLflow.
    """
    trial.set_user_attr(RUN_ID, run_id)
    trial.set_user_attr(RESULT, facts)
    state = STATES[facts["status"]]
    values = [facts[name] for name in objectives(study)] if state == TrialState.COMPLETE else None
    return study.tell(trial, values, state=state)


def objectives(study: optuna.Study) -> list[str]:
    """The names of the facts that the study minimises: `val_mse`, and a cost where it has a second objective."""
    return list(study.user_attrs.get(OBJECTIVES, ["val_mse"]))


def running(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that a killed driver left RUNNING."""
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def requeue(study: optuna.Study, trial_ids: Iterable[int]) -> None:
    """Put trials that are RUNNING back into the queue, with their numbers, parameters and reported values.

    The next `ask` gets the first of them. Their runs are continued from whatever checkpoints their settings have then.
    """
    for trial_id in trial_ids:
        study._storage.set_trial_state_values(trial_id, TrialState.WAITING)  # Optuna has no other way


def reconcile(study: optuna.Study, record: StudyRecord, left: list[FrozenTrial], known: int) -> list[optuna.Trial]:
    """Make Optuna and MLflow agree on a study whose driver was killed.

    A run is finished in MLflow before its trial is told to Optuna. So at whatever moment the driver died, a trial that
    is RUNNING in Optuna either has a finished run, from which it is told now, or has to be run again. Then its
    unfinished run, if there is one, is marked as abandoned; the trial keeps its number and parameters.

    Args:
        study: in Optuna.
        record: as it was before this session wrote to it.
        left: the trials that were left RUNNING.
        known: how many trials the study had when this session began.

    Returns:
        The trials to run again.
    """
    runs: dict[int, list[RecordedRun]] = defaultdict(list)
    for run in record.runs:
        if not run.deleted:
            runs[run.trial].append(run)
    to_retry = []
    for frozen in left:
        trial = optuna.Trial(study, frozen._trial_id)  # Optuna has no other way back to a running trial
        finished = sorted((run for run in runs[frozen.number] if _finished(run)), key=lambda run: run.place)
        own = [run for run in finished if run.replicate is None]
        if own:
            replicates = [run for run in finished if run.replicate is not None]
            tell(study, trial, facts_of(own[0], replicates), own[0].run_id)
        else:
            to_retry.append(trial)
    retried = {trial.number for trial in to_retry}
    for number, of_trial in runs.items():
        for run in of_trial:
            # A number that Optuna does not know: the end of its journal was lost, and the number will be used again.
            replaced = number in retried or number >= known
            if run.mlflow_status == "RUNNING" or (replaced and run.mlflow_status != "KILLED"):
                record.tracker.abandon(run.run_id)
    return to_retry


def leave_out_lost(study: optuna.Study, record: StudyRecord, over: Iterable[FrozenTrial]) -> list[int]:
    """Note with a study which of its trials have no run in the record any more, and return those not noted before.

    A run that a user deleted in MLflow is still there; one that `mlflow gc` has removed is not. Its trial cannot be
    taken back in Optuna, but it has no model and is in no table: it does not count for results.

    Args:
        study: in Optuna.
        record: as it was before this session wrote to it.
        over: the trials that were over then.
    """
    recorded = {run.run_id for run in record.runs}
    lost = [trial.number for trial in over if trial.user_attrs.get(RUN_ID, "") not in recorded]
    before = study.user_attrs.get(LOST, [])
    if lost != before:
        study.set_user_attr(LOST, lost)
    return sorted(set(lost) - set(before))


def _finished(run: RecordedRun) -> bool:
    return run.mlflow_status in ("FINISHED", "FAILED") and run.status in STATES


def facts_of(run: RecordedRun, replicates: list[RecordedRun]) -> dict[str, Any]:
    """As `running_trial.facts` would give them."""
    numbers = {name: run.metrics[name] for name in KEPT if name in run.metrics}
    seeds = [each.metrics["val_mse"] for each in replicates if "val_mse" in each.metrics]
    epochs = int(run.metrics.get("epochs_done", 0))
    trained = epochs * max(1, len(replicates)) - int(run.metrics.get(names.EPOCHS_TAKEN_OVER, 0))
    values = {"val_mse_seeds": seeds} if len(seeds) > 1 and len(seeds) == len(replicates) else {}
    return {"status": run.status, "epochs": epochs, "epochs_trained": trained, **numbers, **values}

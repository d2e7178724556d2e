"""Telling Optuna how a trial ended, and making it agree with the record after a crash."""

from collections import defaultdict
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments.record import names
from knobwise.experiments.record.recorded import RecordedRun
from knobwise.sweeps.engine.recording.recorder import Opened
from knobwise.sweeps.engine.study_attrs import OBJECTIVES, RESULT, RUN_ID
from knobwise.sweeps.engine.trials.running_trial import KEPT

# Optuna has no state for a trial that diverged. COMPLETE needs a value, and there is none; FAIL is a trial that every
# sampler forgets, so that it would be tried again next door. PRUNED is "looked at and found worse": TPE counts it
# among the bad ones, so the sampler keeps away. The trial's own facts tell the two apart.
STATES = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "diverged": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


def tell(study: optuna.Study, trial: optuna.Trial, facts: dict[str, Any], run_id: str) -> FrozenTrial:
    """End a trial in Optuna and return it. Always after its run is finished in MLflow: see `reconcile`.

    Args:
        study: the trial's.
        trial: a running one.
        facts: as `Verdict.facts` gives them.
        run_id: of its run in MLflow.
    """
    trial.set_user_attr(RUN_ID, run_id)
    trial.set_user_attr(RESULT, facts)
    state = STATES[facts["status"]]
    values = [facts[name] for name in objectives(study)] if state == TrialState.COMPLETE else None
    return study.tell(trial, values, state=state)


def objectives(study: optuna.Study) -> list[str]:
    """The facts of a trial that the study makes small: `val_mse`, and a cost where it was asked to weigh one."""
    return list(study.user_attrs.get(OBJECTIVES, ["val_mse"]))


def running(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that a dead or interrupted driver left RUNNING."""
    return study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))


def reconcile(study: optuna.Study, opened: Opened, left: list[FrozenTrial], known: int) -> list[optuna.Trial]:
    """Make Optuna and MLflow agree on a study that a driver has died on.

    A run is finished in MLflow before its trial is told in Optuna. So whatever the moment of death, a trial that runs
    in Optuna either has a finished run, from which it is told now, or has to be run again. Then its run, if it has
    one, is marked as abandoned, and it keeps its number and parameters.

    Args:
        study: as the driver found it.
        opened: the record, as the driver found it.
        left: the trials that the study was left with running.
        known: how many trials the study was left with.

    Returns:
        The trials to run again.
    """
    runs: dict[int, list[RecordedRun]] = defaultdict(list)
    for run in opened.recorded:
        if not run.deleted:
            runs[run.trial].append(run)
    again = []
    for frozen in left:
        trial = optuna.Trial(study, frozen._trial_id)  # Optuna has no other way back to a trial that runs
        those = sorted((run for run in runs[frozen.number] if _over(run)), key=lambda run: run.place)
        over = [run for run in those if run.replicate is None]
        if over:
            tell(study, trial, _facts(over[0], [run for run in those if run.replicate is not None]), over[0].run_id)
        else:
            again.append(trial)
    to_do = {trial.number for trial in again}
    for number, those in runs.items():
        for run in those:
            # Beyond the search's last trial: the search lost it (its file was cut), and its number will be given anew.
            lost = number in to_do or number >= known
            if run.mlflow_status == "RUNNING" or (lost and run.mlflow_status != "KILLED"):
                opened.tracker.abandon(run.run_id)
    return again


def _over(run: RecordedRun) -> bool:
    return run.mlflow_status in ("FINISHED", "FAILED") and run.status in STATES


def _facts(run: RecordedRun, replicates: list[RecordedRun]) -> dict[str, Any]:
    """As `attempts.facts` would give them."""
    numbers = {name: run.metrics[name] for name in KEPT if name in run.metrics}
    seeds = [each.metrics["val_mse"] for each in replicates if "val_mse" in each.metrics]
    epochs = int(run.metrics.get("epochs_done", 0))
    trained = epochs * max(1, len(replicates)) - int(run.metrics.get(names.EPOCHS_TAKEN_OVER, 0))
    values = {"val_mse_seeds": seeds} if len(seeds) > 1 and len(seeds) == len(replicates) else {}
    return {"status": run.status, "epochs": epochs, "epochs_trained": trained, **numbers, **values}

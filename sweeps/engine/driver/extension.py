"""Training a finished trial longer: what may be asked for, and how it is put to the study."""

import dataclasses
import warnings
from typing import NamedTuple, cast

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments import shell
from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.study_attrs import EPOCHS, EXTENDS
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.trials import prefixes


class Extension(NamedTuple):
    """Attributes: the study, the number of a trial of it that is over, and the epochs it is to have in all."""

    study: str
    trial: int
    epochs: int


def ask(study: optuna.Study, sweep: Sweep, wanted: Extension) -> None:
    """Put a trial into the study's queue that goes on where the one that is wanted longer ended.

    It is a trial like any other: the sampler learns from it, and the table shows it.

    Raises:
        BadInput: there is no such trial, or it cannot be continued.
    """
    trials = study.get_trials(deepcopy=False)
    rows = {row.number: row for row in results.of(study).rows}
    row = rows.get(wanted.trial)
    if row is None or row.status not in ("complete", "pruned"):
        state = "no trial" if wanted.trial >= len(trials) else row.status if row else "not finished"
        known = ", ".join(str(number) for number, each in rows.items() if each.status in ("complete", "pruned"))
        raise BadInput(
            f"TRIAL must be a complete or pruned trial ({known or 'none yet'}), got {wanted.trial} ({state})"
        )
    if wanted.epochs <= row.epochs:
        raise BadInput(
            f"--epochs must be more than the {row.epochs} that trial {wanted.trial} has, got {wanted.epochs}"
        )
    before = trials[wanted.trial]
    listed = before.distributions.get("epochs")
    if isinstance(listed, CategoricalDistribution) and wanted.epochs not in listed.choices:
        choices = ", ".join(map(str, listed.choices))
        raise BadInput(
            f"--epochs must be one of {choices}, which are all that the study's space has, got {wanted.epochs}"
        )
    config = config_of(sweep, before)
    if prefixes.key(config) is None:
        why = (
            "it stops early by patience" if config.patience else f"its schedule {config.schedule} ends with its epochs"
        )
        raise BadInput(
            f"TRIAL must be one that can be trained on, got {wanted.trial}: {why}; "
            f"`{shell.program('knobwise')} retrain {study.study_name} --trial {wanted.trial} --epochs {wanted.epochs}` "
            "trains it from the start"
        )
    said = {EXTENDS: wanted.trial, EPOCHS: wanted.epochs}
    if any(trial.user_attrs.items() >= said.items() for trial in trials if trial.state != TrialState.FAIL):
        return  # asked for before: it is done, or goes on
    params = dict(before.params)
    study.enqueue_trial(params | ({"epochs": wanted.epochs} if "epochs" in params else {}), user_attrs=said)


def number_of(study: optuna.Study, wanted: Extension) -> int | None:
    """The number of the trial that came of it; None where it is not over."""
    said = {EXTENDS: wanted.trial, EPOCHS: wanted.epochs}
    over = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
    return next((trial.number for trial in over if trial.user_attrs.items() >= said.items()), None)


def config_of(sweep: Sweep, trial: optuna.Trial | FrozenTrial, seed: int | None = None) -> RunConfig:
    """The configuration of a trial, which may be an extension: its epochs may lie outside the space.

    Args:
        sweep: the trial's.
        trial: one that runs, or one that is over.
        seed: put in the place of the configuration's own.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*out of (the )?range")
        config = sweep.config(cast(optuna.Trial, trial), seed)
    return dataclasses.replace(config, epochs=trial.user_attrs.get(EPOCHS, config.epochs))

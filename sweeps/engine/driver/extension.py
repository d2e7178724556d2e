"""Train a finished trial longer: what may be asked for, and the trial that is put into the study's queue."""

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
    """What a user asks for.

    Attributes:
        study: the study's key.
        trial: the number of a finished trial.
        epochs: how many it has to have in the end, those that it has included.
    """

    study: str
    trial: int
    epochs: int


def ask(study: optuna.Study, sweep: Sweep, wanted: Extension) -> None:
    """Put a trial into the study's queue that continues the wanted one from its checkpoint.

    It is a trial like any other: the sampler learns from it, and the table shows it.

    Args:
        study: in Optuna.
        sweep: of the study.
        wanted: which trial, and how far.

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
    if prefixes.prefix_key(config) is None:
        why = (
            "it stops early by patience" if config.patience else f"its schedule {config.schedule} ends with its epochs"
        )
        raise BadInput(
            f"TRIAL must be one that can be trained on, got {wanted.trial}: {why}; "
            f"`{shell.program('knobwise')} retrain {study.study_name} --trial {wanted.trial} --epochs {wanted.epochs}` "
            "trains it from the start"
        )
    attrs = {EXTENDS: wanted.trial, EPOCHS: wanted.epochs}
    if any(trial.user_attrs.items() >= attrs.items() for trial in trials if trial.state != TrialState.FAIL):
        return  # asked for before: it is finished, or will be resumed
    params = dict(before.params)
    study.enqueue_trial(params | ({"epochs": wanted.epochs} if "epochs" in params else {}), user_attrs=attrs)


def number_of(study: optuna.Study, wanted: Extension) -> int | None:
    """The number of the trial that was queued for it; None where that has not finished."""
    attrs = {EXTENDS: wanted.trial, EPOCHS: wanted.epochs}
    finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
    return next((trial.number for trial in finished if trial.user_attrs.items() >= attrs.items()), None)


def config_of(sweep: Sweep, trial: optuna.Trial | FrozenTrial, seed: int | None = None) -> RunConfig:
    """The configuration of a trial, which may be an extension: its epochs may lie outside the space.

    Args:
        sweep: of the trial.
        trial: a running or a finished one.
        seed: replaces the configuration's own; None to keep that.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*out of (the )?range")
        config = sweep.config(cast(optuna.Trial, trial), seed)
    return dataclasses.replace(config, epochs=trial.user_attrs.get(EPOCHS, config.epochs))

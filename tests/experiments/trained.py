"""Runs small enough to be made for a test, recorded as a sweep records them."""

import dataclasses
from functools import lru_cache
from typing import Any

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record.tracker import StudyRun, Tracker
from knobwise.experiments.run import run


@lru_cache
def small(**knobs: Any) -> Outcome:
    """A run of a few epochs, with a checkpoint from which its model can be loaded."""
    config = RunConfig(**{"n_samples": 50, "epochs": 20, "widths": (4,), **knobs})
    return run(problems.load("article"), config, pictures=False)


def recorded(
    tracker: Tracker,
    study: StudyRun,
    trial: int,
    val_mse: float | None = None,
    confirmed: float | None = None,
    **knobs: Any,
) -> str:
    """The run id of a trial with the error that is asked for; None for the one it has."""
    outcome = small(**knobs)
    if val_mse is not None:
        outcome = dataclasses.replace(outcome, metrics=outcome.metrics | {"val_mse": val_mse})
    metrics = {} if confirmed is None else {"confirmed_val_mse": confirmed}
    return tracker.record(
        study, trial=trial, status="complete", outcome=outcome, started=1.0, ended=2.0, metrics=metrics
    )

"""A run trained again with other knobs: recorded below the study, with the run that it was made from."""

import json
from collections.abc import Mapping
from typing import Any

from knobwise.experiments.config import RunConfig
from knobwise.experiments.model.choice import Choice
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record import names
from knobwise.experiments.record.tracker import Tracker


def changes(before: RunConfig, after: RunConfig) -> dict[str, tuple[Any, Any]]:
    """What is different: the knob's value before and after.

    >>> changes(RunConfig(epochs=100), RunConfig(epochs=200))
    {'epochs': (100, 200)}
    """
    one, other = before.as_dict(), after.as_dict()
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def changed(before: RunConfig, after: RunConfig) -> dict[str, Any]:
    """The knobs that are different, as they are after."""
    return {name: now for name, (_, now) in changes(before, after).items()}


def record(choice: Choice, outcome: Outcome, status: str, started: float, ended: float) -> str:
    """Record the run, and return MLflow's id of it. Tables of the study's trials do not show it.

    Args:
        choice: the model that it was made from, and its study.
        outcome: of the new run.
        status: `complete` or `diverged`.
        started, ended: seconds since 1970.

    Raises:
        StoreError: the store cannot be used.
    """
    turned = changed(choice.model.config, outcome.config)
    what = ", ".join(f"{name} {value}" for name, value in turned.items()) or "the same knobs"
    tags: Mapping[str, str] = {
        names.KIND: "retrain",
        names.RETRAINED_FROM: choice.model.run_id,
        names.CHANGED: json.dumps(turned),
        names.RUN_NAME: f"trial {choice.model.trial} anew: {what}",
    }
    return Tracker(choice.uri).record(
        choice.study,
        trial=choice.model.trial,
        status=status,
        outcome=outcome,
        started=started,
        ended=ended,
        tags=tags,
    )

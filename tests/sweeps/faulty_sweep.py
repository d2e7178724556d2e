"""The sweep that faults are injected into: three tiny runs."""

from typing import Any

import optuna

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep


def space(trial: optuna.Trial) -> dict[str, Any]:
    return {"lr": trial.suggest_float("lr", 1e-4, 1e-3, log=True), "epochs": trial.suggest_int("epochs", 20, 40)}


SWEEP = Sweep(
    name="tiny",
    question="Does it come to the same end?",
    knobs=("lr", "epochs"),
    space=space,
    baseline={"lr": 0.001, "epochs": 20},
    fixed=RunConfig(n_samples=100, widths=(8,)),
)

"""Can the article's network fit its surface 1 to 1, when every knob may be turned?

    python sweeps/one_to_one.py

The structure is the article's [2, 64, 64, 64, 1] and the data its 10,000 samples, for 400 epochs; all other knobs of
the training are searched, except dropout and weight decay, which prevent an exact fit. Trial 0 trains as the
article does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main

if TYPE_CHECKING:
    import optuna

ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu", "silu")
INITIALIZERS = ("uniform", "xavier_uniform", "xavier_normal", "he_uniform", "he_normal", "orthogonal")
LOSSES = ("half_mse", "mse", "huber")
SCHEDULES = ("constant", "step", "exponential", "cosine", "wsd", "one_cycle", "warm_restarts")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs")


def space(trial: optuna.Trial) -> dict[str, Any]:
    """L-BFGS uses the whole sample and its own step length, so it has neither batch size nor learning rate."""
    knobs = {
        "activation": trial.suggest_categorical("activation", ACTIVATIONS),
        "initializer": trial.suggest_categorical("initializer", INITIALIZERS),
        "loss": trial.suggest_categorical("loss", LOSSES),
        "schedule": trial.suggest_categorical("schedule", SCHEDULES),
        "optimizer": trial.suggest_categorical("optimizer", OPTIMIZERS),
        "lr": 1.0,
    }
    if knobs["optimizer"] != "lbfgs":
        knobs["batch_size"] = trial.suggest_categorical("batch_size", [0, 100, 200])
        knobs["lr"] = trial.suggest_float("lr", 0.001, 0.03, log=True)
    return knobs


SWEEP = Sweep(
    name="one_to_one",
    question="Can the article's network fit its surface 1 to 1, when every knob may be turned?",
    knobs=(
        "activation",
        "optimizer",
        "lr",
        "schedule",
        "batch_size",
        "initializer",
        "loss",
    ),
    space=space,
    baseline={
        "activation": "relu",
        "initializer": "uniform",
        "loss": "half_mse",
        "schedule": "constant",
        "optimizer": "sgd",
        "batch_size": 0,
        "lr": 0.001,
    },
    fixed=RunConfig(n_samples=10_000, epochs=400),
    trials=45,
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))

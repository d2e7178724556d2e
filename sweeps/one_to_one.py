"""Can the article's network fit its surface 1 to 1, when every knob may be turned?

    python sweeps/one_to_one.py

The structure stays the article's [2, 64, 64, 64, 1]; how it is trained is up to the search. The samples are 1,000 or
10,000, as in the article, and every run sees 2 million in all, as its baseline does in 2,000 passes over 1,000. Dropout
and weight decay, which keep a network from fitting exactly, are left out. Trial 0 is the article's own setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweeps.engine import Sweep, main

if TYPE_CHECKING:
    import optuna

SEEN = 2_000_000
ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "gelu", "silu")
INITIALIZERS = ("uniform", "xavier_uniform", "xavier_normal", "he_uniform", "he_normal", "orthogonal")
LOSSES = ("half_mse", "mse", "huber")
SCHEDULES = ("constant", "step", "exponential", "cosine", "wsd", "one_cycle", "warm_restarts")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "lbfgs")


def space(trial: optuna.Trial) -> dict[str, Any]:
    """L-BFGS takes the whole sample and finds its own step, so it is asked for neither batch size nor rate."""
    n_samples = trial.suggest_categorical("n_samples", [1000, 10_000])
    knobs = {
        "activation": trial.suggest_categorical("activation", ACTIVATIONS),
        "initializer": trial.suggest_categorical("initializer", INITIALIZERS),
        "loss": trial.suggest_categorical("loss", LOSSES),
        "schedule": trial.suggest_categorical("schedule", SCHEDULES),
        "optimizer": trial.suggest_categorical("optimizer", OPTIMIZERS),
        "n_samples": n_samples,
        "epochs": SEEN // n_samples,
        "lr": 1.0,
    }
    if knobs["optimizer"] != "lbfgs":
        knobs["batch_size"] = trial.suggest_categorical("batch_size", [0, 50, 100])
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
        "n_samples",
        "epochs",
        "initializer",
        "loss",
    ),
    space=space,
    baseline={
        "n_samples": 1000,
        "activation": "relu",
        "initializer": "uniform",
        "loss": "half_mse",
        "schedule": "constant",
        "optimizer": "sgd",
        "batch_size": 0,
        "lr": 0.001,
    },
    trials=80,
    # What is good depends on what it goes with (a large rate on annealing, small batches on both): trees learn that
    # from fewer trials than TPE, which looks at each knob by itself.
    sampler="forest",
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))

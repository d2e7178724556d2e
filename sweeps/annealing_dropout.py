"""What do annealing and dropout buy, which the article promised for later?

    python sweeps/annealing_dropout.py

Annealing lowers the learning rate during training; dropout leaves perceptrons out at random. Both solve problems that
the article's training does not have: it ends long before its learning rate is too large for the last steps, and before
it overfits its sample. So the network and the data are the article's, but the training is one that has these problems:
Adam in batches of 100, with He's initial weights. Trial 0 has neither annealing nor dropout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main

if TYPE_CHECKING:
    import optuna

SCHEDULES = ("constant", "step", "exponential", "cosine", "wsd", "one_cycle", "warm_restarts")


def space(trial: optuna.Trial) -> dict[str, Any]:
    """Annealing allows a larger initial learning rate, so the rate is searched too."""
    return {
        "schedule": trial.suggest_categorical("schedule", SCHEDULES),
        "dropout": trial.suggest_categorical("dropout", [0.0, 0.02, 0.05, 0.1, 0.2]),
        "lr": trial.suggest_float("lr", 0.001, 0.1, log=True),
    }


SWEEP = Sweep(
    name="annealing_dropout",
    question="What do annealing and dropout buy, which the article promised for later?",
    knobs=("schedule", "dropout", "lr"),
    space=space,
    baseline={"schedule": "constant", "dropout": 0.0, "lr": 0.003},
    fixed=RunConfig(optimizer="adam", batch_size=100, initializer="he_normal", epochs=700),
    trials=80,
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))

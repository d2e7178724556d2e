"""How much does more data buy, once the learning rate and the epochs are tuned again for each amount?

    python sweeps/samples.py

The article drew ten times the samples and the fit hardly changed. Here each size gets the same tuning: a grid of sizes,
learning rates and epochs, so that no size is compared at a setting that was chosen for another. Trial 0 is the
article's own setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knobwise.sweeps.engine import Sweep, main

if TYPE_CHECKING:
    import optuna


def space(trial: optuna.Trial) -> dict[str, Any]:
    """Steps of about a factor, and the article's own value in each. A rate of 0.002 diverges, to show the limit."""
    return {
        "n_samples": trial.suggest_categorical("n_samples", [100, 300, 1000, 3000, 10_000]),
        "lr": trial.suggest_categorical("lr", [0.0005, 0.001, 0.002]),
        "epochs": trial.suggest_categorical("epochs", [500, 1000, 2000, 4000]),
    }


SWEEP = Sweep(
    name="samples",
    question="How much does more data buy, once the learning rate and the epochs are tuned again for each amount?",
    knobs=("n_samples", "lr", "epochs"),
    space=space,
    baseline={"n_samples": 1000, "lr": 0.001, "epochs": 2000},
    trials=60,
    # A sampler that searches for the best setting would neglect the small samples; the question is about all sizes.
    sampler="grid",
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))

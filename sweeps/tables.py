"""What can a network make of a table: how large, how fast, how long, and held back how much?

    python sweeps/tables.py --problem FILE.csv --target COLUMN

A table has few rows and many columns, most of them noise, so the risk is overfitting. The knobs are those that control
it: structure, learning rate, epochs, weight decay and dropout. The rest is what works well on other tables: AdamW in
small batches, with cosine annealing. Trial 0 is a medium setting. The default problem is scikit-learn's handwritten
digits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main

if TYPE_CHECKING:
    import optuna


def space(trial: optuna.Trial) -> dict[str, Any]:
    """`width_2` exists only where there is a second layer, and so on."""
    depth = trial.suggest_int("depth", 1, 3)
    return {
        "widths": tuple(trial.suggest_int(f"width_{layer + 1}", 16, 256, log=True) for layer in range(depth)),
        "lr": trial.suggest_float("lr", 5e-4, 0.03, log=True),
        "epochs": trial.suggest_int("epochs", 30, 300, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 0.01, 3.0, log=True),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5),
    }


SWEEP = Sweep(
    name="tables",
    question="What can a network make of a table: how large, how fast, how long, and held back how much?",
    knobs=("widths", "lr", "epochs", "weight_decay", "dropout"),
    space=space,
    baseline={
        "depth": 2,
        "width_1": 64,
        "width_2": 64,
        "lr": 0.005,
        "epochs": 100,
        "weight_decay": 0.1,
        "dropout": 0.1,
    },
    fixed=RunConfig(
        activation="silu", optimizer="adamw", schedule="cosine", initializer="he_normal", batch_size=50, n_samples=1000
    ),
    problem="digits",
    trials=60,
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))

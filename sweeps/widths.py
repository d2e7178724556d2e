"""Which structure fits best, each at a learning rate of its own: how many layers, and how wide?

    python sweeps/widths.py

Data and epochs are the article's. The learning rate is searched too: the largest that does not diverge depends on the
structure, so with one rate for all the search would find the structure that fits this rate. Trial 0 is the article's
own setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main

if TYPE_CHECKING:
    import optuna


def space(trial: optuna.Trial) -> dict[str, Any]:
    """`width_2` exists only where there is a second layer, and so on."""
    depth = trial.suggest_int("depth", 1, 4)
    return {
        "widths": tuple(trial.suggest_int(f"width_{layer + 1}", 4, 128, log=True) for layer in range(depth)),
        "lr": trial.suggest_float("lr", 3e-4, 0.1, log=True),
    }


SWEEP = Sweep(
    name="widths",
    question="Which structure fits best, each at a learning rate of its own: how many layers, and how wide?",
    knobs=("widths", "lr"),
    space=space,
    baseline={"depth": 3, "width_1": 64, "width_2": 64, "width_3": 64, "lr": 0.001},
    fixed=RunConfig(epochs=2000),
    trials=60,
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))

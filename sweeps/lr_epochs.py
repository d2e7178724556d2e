"""How far do the learning rate and the number of epochs alone take the article's network?

    python sweeps/lr_epochs.py

The network, the data and plain gradient descent are the article's; only these two knobs are searched. Trial 0 is the
article's own setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main

if TYPE_CHECKING:
    import optuna


def space(trial: optuna.Trial) -> dict[str, Any]:
    """Both on a log scale: what matters is a factor, not a difference. The largest rates diverge, to show the limit."""
    return {
        "lr": trial.suggest_float("lr", 1e-4, 3e-3, log=True),
        "epochs": trial.suggest_int("epochs", 500, 8000, log=True),
    }


SWEEP = Sweep(
    name="lr_epochs",
    question="How far do the learning rate and the number of epochs alone take the article's network?",
    knobs=("lr", "epochs"),
    space=space,
    baseline={"lr": 0.001, "epochs": 2000},
    fixed=RunConfig(n_samples=1000, seed=0),
    trials=30,
    # Not pruned: a large rate is worse than a small one at first and better after a thousand epochs, so early pruning
    # would stop the wrong trials. Rates that are too large diverge within ten epochs and cost nothing.
    pruner="none",
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))

"""How far do the article's four knobs go together: learning rate, epochs, data and structure?

    python sweeps/all_knobs.py

All other knobs have the article's values: ReLU, plain gradient descent on the whole sample, its initial weights. The
best value of one knob depends on the others, so they are searched together. Trial 0 is the article's own setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from knobwise.sweeps.engine import Sweep, main

if TYPE_CHECKING:
    import optuna


def space(trial: optuna.Trial) -> dict[str, Any]:
    """All on a log scale but the depth. The limits are wide, since pruning makes a bad trial cheap.

    A narrow or shallow network allows a rate ten times the article's, so the rates reach far above it. Those that are
    too large for a structure diverge within ten epochs.
    """
    depth = trial.suggest_int("depth", 1, 3)
    return {
        "widths": tuple(trial.suggest_int(f"width_{layer + 1}", 8, 128, log=True) for layer in range(depth)),
        "n_samples": trial.suggest_int("n_samples", 300, 10_000, log=True),
        "epochs": trial.suggest_int("epochs", 2000, 16_000, log=True),
        "lr": trial.suggest_float("lr", 3e-4, 0.1, log=True),
    }


SWEEP = Sweep(
    name="all_knobs",
    question="How far do the article's four knobs go together: learning rate, epochs, data and structure?",
    knobs=("lr", "epochs", "n_samples", "widths"),
    space=space,
    baseline={
        "depth": 3,
        "width_1": 64,
        "width_2": 64,
        "width_3": 64,
        "n_samples": 1000,
        "epochs": 2000,
        "lr": 0.001,
    },
    trials=60,
    # Pruned: trials are long, the best need ten thousand epochs, and half of the trials are seen to be bad after 512.
    pruner="asha",
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))

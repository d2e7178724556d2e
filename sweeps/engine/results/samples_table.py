"""What more data bought, for the terminal: of a study that has the number of samples among its knobs."""

import warnings
from typing import TYPE_CHECKING, cast

from knobwise.sweeps.engine.results.results import Results
from knobwise.sweeps.engine.results.table import Column
from knobwise.sweeps.engine.sweep import Sweep

if TYPE_CHECKING:
    import optuna

    from knobwise.experiments.compare.more_data import Setting


def settings(sweep: Sweep, results: Results) -> "list[Setting]":
    """The complete trials, as `more_data` takes them; none where the number of samples is not varied."""
    if not any("n_samples" in row.params for row in results.rows):
        return []
    import pandas as pd  # late: most sweeps do not need it here
    from optuna.trial import FixedTrial

    from knobwise.experiments.compare import more_data

    rows = []
    for row in results.rows:
        if row.status == "complete":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a trial that was trained longer lies outside of its range
                config = sweep.config(cast("optuna.Trial", FixedTrial(dict(row.params))))
            facts = {"trial": row.number, "status": row.status, "val_mse": row.val_mse, "test_mse": row.test_mse}
            rows.append({**vars(config), **facts, "epochs": row.epochs})
    return more_data.settings(pd.DataFrame(rows)) if rows else []


def columns(found: "list[Setting]") -> list[Column]:
    """The best setting for each number of samples."""
    from knobwise.experiments.compare import more_data

    best = more_data.best_by_size(found)
    return [
        Column("samples", list(best)),
        Column("trial", [str(each.trial) for each in best.values()]),
        Column("lr", [f"{each.lr:.4g}" for each in best.values()]),
        Column("epochs", [str(each.epochs) for each in best.values()]),
        Column("steps", [str(each.steps) for each in best.values()]),
        Column("val MSE", [f"{each.val_mse:.4g}" for each in best.values()]),
        Column("test MSE", [f"{each.test_mse:.4g}" for each in best.values()]),
    ]


def sentences(found: "list[Setting]") -> list[str]:
    """In words."""
    if not found:
        return []
    from knobwise.experiments.compare import more_data

    return more_data.sentences(found)

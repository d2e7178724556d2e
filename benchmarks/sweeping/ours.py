"""Knobwise: the command that a user types."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.sweeping import Contender, Left, Work

if TYPE_CHECKING:
    import optuna

    from knobwise.sweeps.engine import Sweep

NAME = "benchmark"


def ours() -> Contender:
    """A sweep over the learning rate, by its command."""
    return Contender(
        "Knobwise", run, left, note="two curves and two pictures a trial, checkpoints and data sets besides"
    )


def run(work: Work) -> dict[str, float]:
    """The command, without the confirmation of the winner, which the others do not have."""
    from knobwise.sweeps.engine import main

    words = ["--trials", str(work.trials), "--jobs", str(work.jobs), "--confirm", "0", "--quiet"]
    code = main(sweep(work), words)
    if code:
        raise SystemExit(code)
    return {}


def sweep(work: Work) -> "Sweep":
    """The sweep: like `sweeps/lr_epochs.py`, with the learning rate alone in question."""
    from knobwise.experiments.config import RunConfig
    from knobwise.sweeps.engine import Sweep

    def space(trial: "optuna.Trial") -> dict[str, Any]:
        return {"lr": trial.suggest_float("lr", work.low, work.high, log=True)}

    return Sweep(
        name=NAME,
        question="Which learning rate is best?",
        knobs=("lr",),
        space=space,
        baseline={"lr": work.high},
        fixed=RunConfig(n_samples=work.samples, epochs=work.epochs),
    )


def left(folder: Path) -> Left:
    """As MLflow has it."""
    return recorded(folder, "train_loss", "val_mse", "true_vs_predicted.png")


def recorded(folder: Path, curve: str, value: str, picture: str) -> Left:
    """What is in MLflow's database and folder: finished runs with a learning rate and a metric `value`."""
    counted = """
        SELECT count(*) FROM runs r JOIN params p USING (run_uuid) JOIN latest_metrics m USING (run_uuid)
        WHERE r.status = 'FINISHED' AND p.key = 'lr' AND m.key = ?
    """
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        (trials,) = database.execute(counted, (value,)).fetchone()
        (points,) = database.execute("SELECT count(*) FROM metrics WHERE key = ?", (curve,)).fetchone()
    return Left(trials, points, len(list((folder / "mlruns").rglob(picture))))

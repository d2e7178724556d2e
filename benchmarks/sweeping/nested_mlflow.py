"""Optuna with nested MLflow runs, as the public pages of both show it, around the article's own code.

MLflow's page "Hyperparameter tuning with MLflow and Optuna": a parent run around `study.optimize`, a nested run in the
objective, parameters and metrics logged as they come, a figure logged from pyplot.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.sweeping import Contender, Left, Work
from benchmarks.sweeping.ours import recorded

if TYPE_CHECKING:
    import optuna


def nested_mlflow() -> Contender:
    """`study.optimize` with `mlflow.start_run(nested=True)`, one trial after another."""
    return Contender(
        "Optuna, nested MLflow runs", run, left, note="one trial at a time, on as many BLAS threads as there are cores"
    )


def run(work: Work) -> dict[str, float]:
    """The pattern of the public pages."""
    import mlflow
    import optuna

    from benchmarks.surface import contours, surface
    from knobwise.nn_core.simple import SimpleNN

    mlflow.set_experiment("benchmark")
    data = surface(work.samples)

    def objective(trial: "optuna.Trial") -> float:
        from matplotlib import pyplot as plt  # noqa: TID251  (what is measured here is how peers draw)

        with mlflow.start_run(nested=True):
            lr = trial.suggest_float("lr", work.low, work.high, log=True)
            mlflow.log_params({"lr": lr, "epochs": work.epochs})
            network = SimpleNN([2, 64, 64, 64, 1])
            for epoch in range(work.every, work.epochs + 1, work.every):
                history = network.train(data.X, data.y, work.every, lr)
                mlflow.log_metric("train_loss", history[work.every - 1], step=epoch)
            loss = history[work.every - 1]
            mlflow.log_metric("mse", loss)
            figure = contours(data, network.predict(data.grid))
            mlflow.log_figure(figure, "contours.png")
            plt.close(figure)
        return loss

    with mlflow.start_run(run_name="study"):
        study = optuna.create_study(direction="minimize")
        study.optimize(objective, n_trials=work.trials)
        mlflow.log_params({f"best_{name}": value for name, value in study.best_params.items()})
        mlflow.log_metric("best_mse", study.best_value)
    return {}


def left(folder: Path) -> Left:
    """As MLflow has it."""
    return recorded(folder, "train_loss", "mse", "contours.png")

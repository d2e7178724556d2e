"""The article's three runs, by its own network and by the fast path, and the effect of each knob.

The rows change one knob at a time: first the number of samples, then the number of epochs. `Figures` are kept as they
are printed, because "the same" means the same to every printed digit.
"""

import math
import time
from typing import NamedTuple

import numpy as np

from knobwise.experiments import plots, problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.cost import flops
from knobwise.experiments.data.problem import Part
from knobwise.experiments.metrics import errors
from knobwise.experiments.outcome import Curves, Outcome
from knobwise.experiments.plots import RunView, error_surface, sample_scatter, true_surface
from knobwise.experiments.plots.canvas import render
from knobwise.experiments.run import facts
from knobwise.nn_core.scaling import Scaling
from knobwise.nn_core.simple import SimpleNN

PROBLEM = "article"
REPORTED = 20  # SimpleNN reports its loss at every 20th epoch
BETWEEN_SCORES = 100  # epochs between scores of the validation part, a multiple of REPORTED


class Figures(NamedTuple):
    """A run's figures in the article's table, as printed.

    Attributes:
        train_mse: last reported MSE of the training samples, standardised; before the last update.
        grid_mse, grid_r2: on the grid of the true surface, original scale.
        worst: the largest absolute error on that grid.
    """

    train_mse: str
    grid_mse: str
    grid_r2: str
    worst: str


class Row(NamedTuple):
    """A run of the article.

    Attributes:
        name: of the run.
        config: in float64, as in the article's code.
        published: the figures to reproduce.
    """

    name: str
    config: RunConfig
    published: Figures


def _row(name: str, n_samples: int, epochs: int, published: Figures) -> Row:
    return Row(name, RunConfig(n_samples=n_samples, epochs=epochs, lr=0.001, dtype="float64"), published)


ROWS = (
    _row("baseline", 1_000, 2_000, Figures("0.0687", "10.375", "0.9200", "14.6")),
    _row("more data", 10_000, 2_000, Figures("0.0716", "9.402", "0.9275", "14.1")),
    _row("train longer", 10_000, 4_000, Figures("0.0394", "5.237", "0.9596", "11.9")),
)


class Knob(NamedTuple):
    """The effect of one knob on the error, and its cost.

    Attributes:
        run: the run that changed it.
        knob: the change.
        grid_mse: before and after.
        seconds: of training, before and after.
    """

    run: str
    knob: str
    grid_mse: tuple[float, float]
    seconds: tuple[float, float]

    @property
    def error_factor(self) -> float:
        """How many times smaller the grid MSE became; below 1 where it grew."""
        return self.grid_mse[0] / self.grid_mse[1]

    @property
    def cost_factor(self) -> float:
        """How many times longer the training took."""
        return self.seconds[1] / self.seconds[0]

    @property
    def saved_per_doubling(self) -> float:
        """The share of the error removed by each doubling of the time: 1 - (1 / error factor)^(1 / doublings).

        NaN where the time did not grow.

        >>> Knob("r", "k", (8.0, 2.0), (1.0, 4.0)).saved_per_doubling
        0.5
        """
        if self.cost_factor <= 1:
            return math.nan
        return float(1 - self.error_factor ** (-1 / math.log2(self.cost_factor)))


def figures(outcome: Outcome) -> Figures:
    """The figures of a complete run, rounded as in the article's table."""
    metrics = outcome.metrics
    return Figures(
        f"{outcome.curves.train_loss[-1]:.4f}",
        f"{metrics['test_mse']:.3f}",
        f"{metrics['test_r2']:.4f}",
        f"{metrics['test_max_error']:.1f}",
    )


def knobs(rows: tuple[Row, ...], outcomes: list[Outcome]) -> list[Knob]:
    """The knob that each row changes from the row before it; `outcomes` in the order of `rows`."""
    effects = []
    for i in range(1, len(rows)):
        before, after = rows[i - 1].config, rows[i].config
        turned = [
            f"{name} {getattr(before, name):,} -> {getattr(after, name):,}"
            for name in ("n_samples", "epochs")
            if getattr(before, name) != getattr(after, name)
        ]
        mse = outcomes[i - 1].metrics["test_mse"], outcomes[i].metrics["test_mse"]
        seconds = outcomes[i - 1].metrics["train_seconds"], outcomes[i].metrics["train_seconds"]
        effects.append(Knob(rows[i].name, ", ".join(turned), mse, seconds))
    return effects


def data_pictures(n_samples: int) -> dict[str, bytes]:
    """The article's sample and its true surface, as PNG files by name."""
    problem = problems.load(PROBLEM)
    return {
        "sample": render(sample_scatter.draw(problem, problem.train(n_samples, 0))),
        "true_surface": render(true_surface.draw(problem, problem.test())),
    }


def by_simple_nn(config: RunConfig) -> Outcome:
    """Run the article's own network, `SimpleNN`, with `config`; the outcome is like that of any other run.

    `train_seconds` is the training alone, without scores and figures.

    Args:
        config: the article's, but for `n_samples`, `epochs`, `lr` and `widths`.

    Raises:
        ValueError: a value that SimpleNN does not support.
    """
    varied = {name: getattr(config, name) for name in ("n_samples", "epochs", "lr", "widths")}
    plain = RunConfig(**varied, dtype="float64")
    if config != plain:
        other = [name for name, value in plain.as_dict().items() if config.as_dict()[name] != value]
        raise ValueError(f"SimpleNN varies {', '.join(varied)} alone, got another {', '.join(other)}")
    problem = problems.load(PROBLEM)
    parts = {"train": problem.train(config.n_samples, 0), "val": problem.val(0), "test": problem.test()}
    inputs, outputs = Scaling.fit(parts["train"].X), Scaling.fit(parts["train"].y)
    scaled = {name: Part(inputs.apply(part.X), outputs.apply(part.y)) for name, part in parts.items()}
    net = SimpleNN([len(problem.inputs), *config.widths, len(problem.outputs)])
    curves, seconds = _train(net, scaled["train"], scaled["val"], config)
    predicted = {name: outputs.undo(net.predict(scaled[name].X)[:, np.newaxis]) for name in ("val", "test")}
    metrics = {
        "train_seconds": seconds,
        "epochs_per_second": config.epochs / seconds,
        "n_parameters": float(sum(w.size + b.size for w, b in zip(net.weights, net.biases, strict=True))),
        "flops": flops(problem, config, config.epochs),
        **errors("val", parts["val"].y, predicted["val"]),
        **errors("test", parts["test"].y, predicted["test"]),
    }
    view = RunView(problem, parts["test"], predicted["test"], curves, metrics)
    pictures = plots.pictures_of(*view) | {"pictures/error_surface.png": render(error_surface.draw(view))}
    return Outcome(
        problem=PROBLEM,
        config=config,
        status="complete",
        epochs_done=config.epochs,
        curves=curves,
        metrics=metrics,
        datasets={name: facts(problem, name, part) for name, part in parts.items()},
        pictures=pictures,
    )


def _train(net: SimpleNN, train: Part, val: Part, config: RunConfig) -> tuple[Curves, float]:
    """Train in stretches, with a validation score after each; returns the curves and the seconds."""
    losses: dict[int, float] = {}
    scores: dict[int, float] = {}
    seconds = 0.0
    for done in range(0, config.epochs, BETWEEN_SCORES):
        stretch = min(BETWEEN_SCORES, config.epochs - done)
        started = time.perf_counter()
        history = net.train(train.X, train.y, stretch, config.lr)
        seconds += time.perf_counter() - started
        end = done + stretch
        # Each stretch reports its last epoch; in the curves only that of the run is kept.
        reported = {done + i: loss for i, loss in history.items() if i % REPORTED == 0 or done + i == config.epochs - 1}
        losses |= {index + 1: loss for index, loss in reported.items()}  # SimpleNN counts from 0, curves from 1
        scores[end] = float(np.mean((net.predict(val.X) - val.y[:, 0]) ** 2))
    return Curves(
        epoch=np.array(list(losses)),
        train_loss=np.array(list(losses.values())),
        val_epoch=np.array(list(scores)),
        val_loss=np.array(list(scores.values())),
    ), seconds

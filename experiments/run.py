"""One run: an outcome from a problem and a configuration. Independent of MLflow and Optuna."""

import hashlib
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.compat import check_fits
from knobwise.experiments.config import RunConfig
from knobwise.experiments.cost import flops
from knobwise.experiments.data.problem import Part, Problem
from knobwise.experiments.metrics import scores
from knobwise.experiments.outcome import Curves, DatasetFacts, Outcome, Status
from knobwise.experiments.snapshots import Snapshots, add, due
from knobwise.nn_core import checkpoint as checkpoints
from knobwise.nn_core import variants
from knobwise.nn_core.buffers import with_ones
from knobwise.nn_core.early_stopping import EarlyStopping
from knobwise.nn_core.network import Network
from knobwise.nn_core.predictor import Predictor
from knobwise.nn_core.scaling import Scaling
from knobwise.nn_core.training import Recipe, TrainState, train

ARTICLE_SEED = 99  # the article's `np.random.seed(99)`; a run's seed counts from here, so seed 0 is the article's start
SCORED = 8  # validation scores for each doubling of the epochs: a score of 2,000 samples costs an epoch of 900


@dataclass(frozen=True)
class Data:
    """A run's samples, standardised by the training part alone.

    Attributes:
        inputs, outputs: the scalings.
        train, val: inputs as columns with a row of ones `(d + 1, n)`, and targets `(k, n)`.
        parts: all three, on the original scale, by name.
    """

    inputs: Scaling
    outputs: Scaling
    train: tuple[NDArray[Any], NDArray[Any]]
    val: tuple[NDArray[Any], NDArray[Any]]
    parts: dict[str, Part]

    @classmethod
    def of(cls, problem: Problem, config: RunConfig) -> "Data":
        """Draw and standardise. Raises ValueError where the problem has too few samples.

        Classes stay 0 and 1: only numbers are standardised.
        """
        check_fits(config, problem)
        parts = {
            "train": problem.train(config.n_samples, config.seed),
            "val": problem.val(config.seed),
            "test": problem.test(),
        }
        inputs = Scaling.fit(parts["train"].X)
        outputs = Scaling.none(len(problem.outputs))
        if not problem.classes:
            outputs = Scaling.fit(parts["train"].y, problem.log_shift)

        def columns(part: Part) -> tuple[NDArray[Any], NDArray[Any]]:
            target = np.ascontiguousarray(outputs.apply(part.y).T.astype(config.dtype))
            return with_ones(inputs.apply(part.X), config.dtype), target

        return cls(inputs, outputs, columns(parts["train"]), columns(parts["val"]), parts)


def run(
    problem: Problem,
    config: RunConfig,
    *,
    checkpoint: bytes = b"",
    snapshots: Snapshots | None = None,
    until: int | None = None,
    pictures: bool = True,
) -> Outcome:
    """Train `config` on `problem`, from the start or from a checkpoint.

    Cutting a run into rungs changes nothing: the outcome after the last rung equals that of one run, bit for bit,
    except for the seconds.

    Args:
        checkpoint: of an earlier outcome with the same problem and configuration (`epochs` may be larger now, where
            the schedule does not depend on the total).
        snapshots: of that earlier outcome, as far as they are known; none where None.
        until: stop after this epoch, `paused`; None for the configuration's last.
        pictures: whether to draw, once the run is over.

    Raises:
        ValueError: a broken checkpoint, one of another network, or a problem with too few samples.
    """
    data = Data.of(problem, config)
    network, recipe = network_of(problem, config), recipe_of(config)
    last = config.epochs if until is None else min(until, config.epochs)
    progress = _begin(network, recipe, config) if not checkpoint else _resume(checkpoint, network, config)
    progress.snapshots = dict(snapshots or {}) if problem.is_drawn_on_grid else None
    started = time.perf_counter()
    _train(network, recipe, config, data, progress, last)
    progress.seconds += time.perf_counter() - started

    state, stopping = progress.state, progress.stopping
    status: Status = "complete" if state.epoch >= config.epochs else "paused"
    if not bool(state.finite):
        status = "diverged"
    elif stopping.stopped:
        status = "stopped"
    curves = progress.curves()
    params = stopping.best(state.params)
    metrics = {
        "train_seconds": progress.seconds,
        "epochs_per_second": state.epoch / max(progress.seconds, 1e-9),
        "n_parameters": float(network.n_parameters),
        "flops": flops(problem, config, state.epoch),
    }
    predicted: NDArray[Any] | None = None
    if status != "diverged":
        of_val = predictions(network, params, data, data.parts["val"].X)
        metrics |= scores(problem, "val", data.parts["val"].y, of_val)
    if status in ("complete", "stopped"):
        predicted = predictions(network, params, data, data.parts["test"].X)
        metrics |= scores(problem, "test", data.parts["test"].y, predicted)
    drawn = {}
    if pictures and status != "paused":
        from knobwise.experiments import plots  # matplotlib takes a third of a second: not before the training

        ask = Predictor(network, params, data.inputs, data.outputs).predict
        drawn = plots.pictures_of(problem, data.parts["test"], predicted, curves, metrics, ask)
    return Outcome(
        problem=problem.name,
        config=config,
        status=status,
        epochs_done=state.epoch,
        curves=curves,
        metrics=metrics,
        datasets={name: facts(problem, name, part) for name, part in data.parts.items()},
        pictures=drawn,
        checkpoint=progress.dump(config, data, problem),
        snapshots=progress.snapshots if progress.snapshots and status != "diverged" else {},
    )


def network_of(problem: Problem, config: RunConfig) -> Network:
    """The network of `config`, with the problem's inputs and outputs."""
    return Network.build((len(problem.inputs), *config.widths, len(problem.outputs)), config.activation, config.loss)


def recipe_of(config: RunConfig) -> Recipe:
    """The part of `config` that the training loop needs."""
    return Recipe(
        optimizer=variants.load("optimizers", config.optimizer),
        schedule=variants.load("schedules", config.schedule),
        lr=config.lr,
        epochs=config.epochs,
        batch_size=config.batch_size,
        weight_decay=config.weight_decay,
        dropout=config.dropout,
        clip_norm=config.clip_norm,
    )


def initial_params(network: Network, config: RunConfig) -> NDArray[Any]:
    """The initial weights: with the article's initializer and seed 0, those of the article's `SimpleNN`."""
    random = np.random.RandomState(ARTICLE_SEED + config.seed)
    return network.start(variants.load("initializers", config.initializer), random, config.dtype)


def predictions(network: Network, params: NDArray[Any], data: Data, X: NDArray[Any]) -> NDArray[np.float64]:
    """The predictions `(n, k)` for `X` `(n, d)`, float64, both on the problem's original scale."""
    return Predictor(network, params, data.inputs, data.outputs).predict(X)


def described(problem: Problem) -> dict[str, Any]:
    """What a model needs of its problem to predict a file's rows, as values that JSON can hold.

    `inputs` and `outputs`, names; `classes` and `target`, for classification; `raw`, the encoding of a row.
    """
    facts_of_problem: dict[str, Any] = {"inputs": list(problem.inputs), "outputs": list(problem.outputs)}
    if problem.classes:
        facts_of_problem |= {"classes": list(problem.classes), "target": problem.target}
    if problem.raw is not None:
        facts_of_problem["raw"] = problem.raw.as_dict()
    return facts_of_problem


def facts(problem: Problem, name: str, part: Part) -> DatasetFacts:
    """The recorded facts of a part of the data; the SHA-256 is of inputs and targets as float64, row by row."""
    values = np.ascontiguousarray(np.column_stack([part.X, part.y]))
    return DatasetFacts(
        name=f"{problem.shown}-{name}",
        rows=len(values),
        columns=(*problem.inputs, *problem.outputs),
        sha256=hashlib.sha256(values.tobytes()).hexdigest(),
        about=problem.about,
    )


@dataclass
class _Progress:
    """The progress of a run: what a checkpoint holds, and the snapshots beside it."""

    state: TrainState
    stopping: EarlyStopping
    losses: list[float]
    val: list[tuple[int, float]]
    seconds: float = 0.0
    snapshots: dict[int, NDArray[Any]] | None = None  # None where they cannot be drawn

    def curves(self) -> Curves:
        return Curves(
            epoch=np.arange(1, len(self.losses) + 1),
            train_loss=np.array(self.losses),
            val_epoch=np.array([epoch for epoch, _ in self.val], np.int64),
            val_loss=np.array([loss for _, loss in self.val], np.float64),
        )

    def dump(self, config: RunConfig, data: Data, problem: Problem) -> bytes:
        arrays = {
            "losses": np.array(self.losses),
            "val": np.array(self.val, np.float64).reshape(-1, 2),
            **data.inputs.arrays("input"),
            **data.outputs.arrays("output"),
            **self.stopping.arrays(),
        }
        facts = {"config": config.as_dict(), "seconds": self.seconds, **described(problem)}
        return checkpoints.dump(self.state, arrays, facts)


def _begin(network: Network, recipe: Recipe, config: RunConfig) -> _Progress:
    params = initial_params(network, config)
    state = TrainState.fresh(params, recipe, [np.random.default_rng([config.seed, 2])])
    return _Progress(state, EarlyStopping(config.patience), [], [])


def _resume(data: bytes, network: Network, config: RunConfig) -> _Progress:
    state, arrays, about = checkpoints.load(data)
    if state.params.shape != (network.n_parameters,):
        raise ValueError(
            f"checkpoint must be of a network with {network.n_parameters} parameters, got {state.params.shape[-1]}"
        )
    stopping = EarlyStopping.restore(RunConfig.from_dict(about["config"]).patience, arrays)
    # Without the extra score after a shorter run's last epoch, which this run would not have made.
    val = [(int(epoch), float(loss)) for epoch, loss in arrays["val"] if _scored(int(epoch), config.epochs)]
    return _Progress(state, stopping, arrays["losses"].tolist(), val, about["seconds"])


def _train(network: Network, recipe: Recipe, config: RunConfig, data: Data, progress: _Progress, last: int) -> None:
    """The training loop: collects the losses, scores the validation part at intervals, stops early."""
    state = progress.state
    if progress.stopping.stopped:
        return
    for epoch in train(network, state, recipe, *data.train, until=last):
        progress.losses.append(float(epoch.loss))
        if progress.snapshots is not None and due(epoch.number):
            progress.snapshots = add(progress.snapshots, epoch.number, state.params)
        if _scored(epoch.number, config.epochs) and _score(network, data, progress):
            return
    if state.epoch == config.epochs and (not progress.val or progress.val[-1][0] < state.epoch):
        _score(network, data, progress)  # resumed from a checkpoint that was already at the end


def _score(network: Network, data: Data, progress: _Progress) -> bool:
    """Score the validation part; returns whether training is to stop."""
    state = progress.state
    if not bool(state.finite):
        return False
    loss = float(network.loss_of(state.params, *data.val))
    progress.val.append((state.epoch, loss))
    return progress.stopping.seen(loss, state.params)


def _scored(epoch: int, epochs: int) -> bool:
    """Whether the validation part is scored after `epoch`: 8 times in every doubling, evenly, and after the last.

    But for the last, it does not depend on the run's length, so that a short run is the beginning of a longer one.
    """
    return epoch == epochs or epoch % max(1, (1 << (epoch.bit_length() - 1)) // SCORED) == 0

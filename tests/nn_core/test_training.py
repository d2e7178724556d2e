"""The training loop: equal to the article's, resumable bit for bit, replicates as if alone, divergence reported."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from knobwise.nn_core import checkpoint, training
from knobwise.nn_core.buffers import with_ones
from knobwise.nn_core.network import Network
from knobwise.nn_core.sampling import drop, shuffle
from knobwise.nn_core.simple import SimpleNN
from knobwise.nn_core.training import Recipe, TrainState, train
from knobwise.nn_core.variants import load

SIZES = (2, 16, 16, 1)


def recipe(**changes: Any) -> Recipe:
    plain = Recipe(optimizer=load("optimizers", "sgd"), schedule=load("schedules", "constant"), lr=0.01, epochs=12)
    return replace(plain, **changes)


def samples(n: int, seed: int = 0) -> tuple[training.Array, training.Array]:
    X = np.random.default_rng(seed).normal(size=(n, 2))
    return X, np.sin(X[:, :1]) + X[:, 1:]


def fresh(
    how: Recipe, seed: int = 0, dtype: str = "float64", sizes: tuple[int, ...] = SIZES
) -> tuple[Network, TrainState]:
    net = Network.build(sizes, "relu", "half_mse")
    params = net.start(load("initializers", "uniform"), np.random.RandomState(seed), dtype)
    return net, TrainState.fresh(params, how, [np.random.default_rng(seed)])


def trained(how: Recipe, seed: int = 0, n: int = 100, dtype: str = "float64") -> tuple[TrainState, list[Any]]:
    net, state = fresh(how, seed, dtype)
    X, y = samples(n, seed)
    losses = [e.loss for e in train(net, state, how, with_ones(X, dtype), np.ascontiguousarray(y.T.astype(dtype)))]
    return state, losses


@pytest.mark.parametrize("n", [200, 300, 1111])
def test_200_epochs_give_the_articles_weights(n: int) -> None:
    X, y = samples(n)
    reference = SimpleNN([2, 64, 64, 64, 1])
    epochs = 200 if n == 200 else 20
    history = reference.train(X, y, epochs, lr=0.001)
    how = recipe(lr=0.001, epochs=epochs)
    net, state = fresh(how, seed=99, sizes=(2, 64, 64, 64, 1))
    losses = [e.loss for e in train(net, state, how, with_ones(X, "float64"), np.ascontiguousarray(y.T))]
    for layer, W, b in zip(net.layers(state.params), reference.weights, reference.biases, strict=True):
        assert np.abs(layer.W - W).max() <= 1e-10
        assert np.abs(layer.b - b).max() <= 1e-10
    assert all(np.isclose(losses[epoch], mse, rtol=1e-12) for epoch, mse in history.items())


def test_float32_follows_float64() -> None:
    exact, close = trained(recipe()), trained(recipe(), dtype="float32")
    assert close[0].params.dtype == np.float32
    assert np.allclose(close[1], exact[1], rtol=1e-4)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"batch_size": 32},
        {"batch_size": 32, "dropout": 0.3},
        {"weight_decay": 0.1},
        {"clip_norm": 0.5},
        {"optimizer": load("optimizers", "adam"), "batch_size": 30, "schedule": load("schedules", "cosine")},
    ],
    ids=lambda changes: ", ".join(changes) or "plain",
)
def test_resumed_through_a_checkpoint_is_bit_for_bit_the_same(changes: dict[str, Any]) -> None:
    how = recipe(**changes)
    whole, losses = trained(how)
    net, state = fresh(how)
    X, y = samples(100)
    columns, target = with_ones(X, "float64"), np.ascontiguousarray(y.T)
    resumed_losses = [e.loss for e in train(net, state, how, columns, target, until=5)]
    saved = checkpoint.load(checkpoint.dump(state, {}, {}))
    resumed_losses += [e.loss for e in train(net, saved.state, how, columns, target)]
    assert resumed_losses == losses
    assert np.array_equal(saved.state.params, whole.params)
    assert (saved.state.epoch, saved.state.step) == (whole.epoch, whole.step)


@pytest.mark.parametrize("changes", [{}, {"batch_size": 32}, {"batch_size": 32, "dropout": 0.25}, {"clip_norm": 0.1}])
def test_replicates_are_as_if_alone(changes: dict[str, Any]) -> None:
    how = recipe(**changes, optimizer=load("optimizers", "adam"))
    alone = [trained(how, seed) for seed in range(3)]
    net = fresh(how)[0]
    states = [fresh(how, seed)[1] for seed in range(3)]
    data = [samples(100, seed) for seed in range(3)]
    stacked = TrainState.fresh(np.stack([s.params for s in states]), how, [s.randoms[0] for s in states])
    columns = with_ones(np.stack([X for X, _ in data]), "float64")
    target = np.ascontiguousarray(np.stack([y.T for _, y in data]))
    losses = np.array([e.loss for e in train(net, stacked, how, columns, target)])
    for r, (state, own) in enumerate(alone):
        assert np.abs(stacked.params[r] - state.params).max() <= 1e-10
        assert np.allclose(losses[:, r], own, rtol=1e-10)


def test_one_replicate_that_diverges_leaves_the_others_alone() -> None:
    how = recipe(lr=0.01, epochs=200)
    data = [samples(50, 0), (samples(50, 1)[0] * 1e3, samples(50, 1)[1])]
    net, state = fresh(how)
    params = np.stack([state.params, state.params])
    both = TrainState.fresh(params, how, [np.random.default_rng(0), np.random.default_rng(1)])
    columns = with_ones(np.stack([X for X, _ in data]), "float64")
    epochs = list(train(net, both, how, columns, np.ascontiguousarray(np.stack([y.T for _, y in data]))))
    assert both.finite.tolist() == [True, False]
    assert len(epochs) == 200
    assert np.isfinite(both.params[0]).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_divergence_is_reported_and_ends_training(dtype: str) -> None:
    state, losses = trained(recipe(lr=1e6, epochs=1000), dtype=dtype)
    assert not state.finite
    assert len(losses) < 20


def test_a_weight_that_overflows_behind_a_finite_loss_is_detected() -> None:
    how = recipe(epochs=5)
    net, state = fresh(how)
    hidden = net.layers(state.params)[0].W
    hidden[:] = -np.inf  # ReLU makes 0 of every sum that is -inf
    X, y = np.abs(samples(20)[0]) + 1, samples(20)[1]
    first = next(train(net, state, how, with_ones(X, "float64"), np.ascontiguousarray(y.T)))
    assert np.isfinite(first.loss)
    assert not state.finite


def test_every_sample_is_used_once_an_epoch_in_an_order_that_changes() -> None:
    random = [np.random.default_rng(0)]
    source = np.arange(50.0)[None, :]
    out = np.empty_like(source)
    orders = []
    for _ in range(2):
        shuffle(random, ((source, out),))
        assert sorted(out[0]) == source[0].tolist()
        orders.append(out[0].tolist())
    assert orders[0] != orders[1]


def test_dropout_keeps_the_expectation() -> None:
    mask = np.empty((64, 2000), np.float32)
    drop([np.random.default_rng(0)], mask, 0.75)
    assert set(np.unique(mask)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs(mask.mean() - 1) < 4 * np.sqrt(0.25 / 0.75 / mask.size)


def test_weight_decay_and_clipping_equal_the_published_formulas() -> None:
    X, y = samples(40)
    columns, target = with_ones(X, "float64"), np.ascontiguousarray(y.T)
    net, state = fresh(recipe())
    before = state.params.copy()
    plain = training.Gradient(net, state, recipe(), 40)
    plain.compute(columns, target)
    g = plain.value.copy()
    for how, expected in (
        (recipe(weight_decay=0.1), before - 0.01 * (g + 0.1 * before)),
        (recipe(clip_norm=0.5), before - 0.01 * g * 0.5 / (np.linalg.norm(g) + 1e-6)),
        (recipe(clip_norm=1e9), before - 0.01 * g),
    ):
        one = TrainState.fresh(before.copy(), how, [np.random.default_rng(0)])
        next(train(net, one, how, columns, target))
        assert np.allclose(one.params, expected, rtol=1e-12, atol=1e-14)


def test_training_copies_no_data_and_needs_no_memory_of_its_size() -> None:
    import tracemalloc

    how = recipe(epochs=2)
    net, state = fresh(how, dtype="float32")
    X, y = samples(200_000)
    columns, target = with_ones(X, "float32"), np.ascontiguousarray(y.T.astype(np.float32))
    tracemalloc.start()
    list(train(net, state, how, columns, target))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6, f"{peak} bytes for data of {columns.nbytes + target.nbytes}"


@pytest.mark.parametrize(("threads", "batch_size"), [(2, 0), (3, 0), (2, 2500)])
def test_threads_share_the_samples(threads: int, batch_size: int) -> None:
    how = recipe(batch_size=batch_size)
    alone, losses = trained(how, n=3500)
    net, state = fresh(how)
    X, y = samples(3500)
    columns, target = with_ones(X, "float64"), np.ascontiguousarray(y.T)
    shared = [e.loss for e in train(net, state, how, columns, target, threads=threads)]
    assert np.allclose(shared, losses, rtol=1e-12)
    assert np.abs(state.params - alone.params).max() < 1e-12
    assert len(training.Gradient(net, state, how, batch_size or 3500, threads)._lanes) == threads


def test_threads_that_overflow_do_not_warn() -> None:
    how = recipe(lr=1e6, epochs=100)
    net, state = fresh(how)
    X, y = samples(2000)
    list(train(net, state, how, with_ones(X, "float64"), np.ascontiguousarray(y.T), threads=2))
    assert not state.finite

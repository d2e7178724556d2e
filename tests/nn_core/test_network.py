"""The flat vector and its views, and the passes over it."""

import numpy as np
import pytest

from knobwise.nn_core import network as networks
from knobwise.nn_core.buffers import chunks, strips, with_ones
from knobwise.nn_core.network import Network, Pass
from knobwise.nn_core.simple import SimpleNN
from knobwise.nn_core.variants import load

SIZES = (2, 5, 4, 3)


def started(sizes: tuple[int, ...] = SIZES, dtype: str = "float64", seed: int = 0) -> tuple[Network, networks.Array]:
    net = Network.build(sizes, "relu", "half_mse")
    params = net.start(load("initializers", "uniform"), np.random.RandomState(seed), dtype)
    params += np.asarray(np.random.default_rng(seed).normal(0, 0.1, params.shape), dtype)  # biases that are not zero
    return net, params


def gradient_of(net: Network, params: networks.Array, X: networks.Array, y: networks.Array) -> networks.Array:
    gradient = np.full_like(params, np.nan)
    columns = with_ones(X, params.dtype)
    work = Pass(net, params, gradient, keep=1.0, width=columns.shape[-1])
    work.forward(columns)
    work.backward(columns, y.swapaxes(-1, -2).astype(params.dtype), 1 / columns.shape[-1])
    return gradient


def test_layers_are_views_of_one_vector() -> None:
    net = Network.build(SIZES, "relu", "half_mse")
    flat = np.arange(net.n_parameters, dtype=float)
    layers = net.layers(flat)
    assert [(layer.W.shape, layer.b.shape) for layer in layers] == [
        ((2, 5), (1, 5)),
        ((5, 4), (1, 4)),
        ((4, 3), (1, 3)),
    ]
    layers[1].b[0, 2] = -1.0
    assert flat[15 + 20 + 2] == -1.0
    assert np.concatenate([part.ravel() for layer in layers for part in layer]).tolist() == flat.tolist()


def test_initial_weights_equal_the_articles() -> None:
    net = Network.build((2, 64, 64, 64, 1), "relu", "half_mse")
    params = net.start(load("initializers", "uniform"), np.random.RandomState(99))
    for layer, weights in zip(net.layers(params), SimpleNN([2, 64, 64, 64, 1]).weights, strict=True):
        assert np.array_equal(layer.W, weights)
        assert not layer.b.any()


def test_forward_and_backward_equal_the_articles() -> None:
    net, params = started()
    reference = SimpleNN(list(SIZES))
    for i, layer in enumerate(net.layers(params)):
        reference.weights[i], reference.biases[i] = layer.W.copy(), layer.b.copy()
    random = np.random.default_rng(1)
    X, y = random.normal(size=(37, 2)), random.normal(size=(37, 3))
    inputs, outputs = reference.forward(X)
    weight_changes, bias_changes = reference.backward(inputs, outputs, y)
    assert np.allclose(net.predict(params, with_ones(X, "float64")).T, inputs[-1], rtol=1e-13, atol=1e-13)
    for layer, W, b in zip(net.layers(gradient_of(net, params, X, y)), weight_changes, bias_changes, strict=True):
        assert np.allclose(layer.W, W, rtol=1e-12, atol=1e-13)
        assert np.allclose(layer.b, b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("sizes", [(3, 1), (2, 4, 1), (4, 3, 7, 2)])
def test_gradient_by_central_differences(sizes: tuple[int, ...]) -> None:
    net, params = started(sizes)
    random = np.random.default_rng(2)
    X, y = random.normal(size=(11, sizes[0])), random.normal(size=(11, sizes[-1]))
    columns, target = with_ones(X, "float64"), np.ascontiguousarray(y.T)

    def loss(at: networks.Array) -> float:
        return float(net.loss_of(at, columns, target)) / net.loss.unit

    step, numerical = 1e-6, np.empty_like(params)
    for i in range(len(params)):
        up, down = params.copy(), params.copy()
        up[i] += step
        down[i] -= step
        numerical[i] = (loss(up) - loss(down)) / (2 * step)
    exact = gradient_of(net, params, X, y)
    assert np.linalg.norm(exact - numerical) <= 1e-6 * np.linalg.norm(exact)
    planted = exact.copy()
    planted[np.argmax(np.abs(exact))] *= 1.0005
    assert np.linalg.norm(planted - numerical) > 1e-6 * np.linalg.norm(exact), "0.05% wrong in one place is not seen"


@pytest.mark.parametrize(("sizes", "samples"), [(SIZES, 20), ((2, 64, 64, 1), 64)])  # 64: rows a power of two apart
def test_stacked_networks_equal_each_alone(sizes: tuple[int, ...], samples: int) -> None:
    pairs = [started(sizes, seed=seed) for seed in range(4)]
    net, stacked = pairs[0][0], np.stack([params for _, params in pairs])
    random = np.random.default_rng(3)
    X, y = random.normal(size=(4, samples, 2)), random.normal(size=(4, samples, sizes[-1]))
    together = gradient_of(net, stacked, X, y)
    for r, (_, params) in enumerate(pairs):
        assert np.allclose(together[r], gradient_of(net, params, X[r], y[r]), rtol=1e-12, atol=1e-14)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    net, params = started()
    columns = with_ones(np.random.default_rng(4).normal(size=(50, 2)), "float64")
    target = np.random.default_rng(5).normal(size=(3, 50))
    whole = net.predict(params, columns), net.loss_of(params, columns, target)
    monkeypatch.setattr(Network, "chunk", 16)
    assert np.allclose(net.predict(params, columns), whole[0], rtol=1e-13)
    assert np.isclose(net.loss_of(params, columns, target), whole[1], rtol=1e-13)


@pytest.mark.parametrize("width", [1, 15, 240, 241, 256, 999, 10_000])
@pytest.mark.parametrize("most", [16, 240, 512])
def test_chunks_cover_every_sample_once_and_evenly(width: int, most: int) -> None:
    parts = list(chunks(width, most))
    assert [i for part in parts for i in range(width)[part]] == list(range(width))
    sizes = {part.stop - part.start for part in parts}
    assert max(sizes) <= most
    assert len(sizes) <= 2, "each size has buffers of its own"


@pytest.mark.parametrize(("width", "chunk"), [(64, 240), (8, 512), (512, 512)])
def test_a_chunk_fits_the_kernels_and_the_cache(width: int, chunk: int) -> None:
    assert Network.build((2, width, width, 1), "relu", "half_mse").chunk == chunk


@pytest.mark.parametrize(("samples", "count"), [(100, 1), (128, 1), (256, 2), (512, 4), (1024, 8)])
def test_strips_cover_the_array_and_their_rows_fit_in_the_cache(samples: int, count: int) -> None:
    columns = np.arange(64.0 * samples, dtype=np.float32).reshape(64, samples)
    turned = np.full((samples, 64), np.nan, np.float32)
    pairs = strips(turned, columns.T)
    for to, source in pairs:
        np.copyto(to, source)
    assert np.array_equal(turned, columns.T)
    assert len(pairs) == count

"""SimpleNN: what it returns, a step worked by hand, its gradient, and the article's baseline to every printed digit."""

import numpy as np
import pytest
from numpy.typing import NDArray

from knobwise.nn_core.simple import SimpleNN

Array = NDArray[np.float64]


def surface(x: Array, y: Array) -> Array:
    return np.asarray(np.sin(x) + x * np.cos(y) + y + 3 ** (x / 3))


def test_start_is_that_of_seed_99_weights_in_order_and_biases_zero() -> None:
    net = SimpleNN([2, 64, 64, 64, 1])
    assert [w.shape for w in net.weights] == [(2, 64), (64, 64), (64, 64), (64, 1)]
    assert [b.shape for b in net.biases] == [(1, 64), (1, 64), (1, 64), (1, 1)]
    drawn = np.random.RandomState(99).uniform(-1, 1, 2 * 64 + 64 * 64 + 64 * 64 + 64)  # the article's
    np.testing.assert_array_equal(np.concatenate([w.ravel() for w in net.weights]), drawn)
    assert not any(b.any() for b in net.biases)
    # The first number that `np.random.seed(99); np.random.uniform(-1, 1)` gives.
    assert net.weights[0][0, 0] == pytest.approx(0.34455711, abs=1e-8)


def test_making_a_network_leaves_the_global_random_state_alone() -> None:
    before = np.random.get_state(legacy=True)  # noqa: NPY002  what is looked at
    SimpleNN([2, 3, 1])
    after = np.random.get_state(legacy=True)  # noqa: NPY002
    assert str(before) == str(after)


@pytest.mark.parametrize("structure", [[], [3], [2, 0, 1], [-1, 1]])
def test_an_invalid_structure_is_refused(structure: list[int]) -> None:
    with pytest.raises(ValueError, match="at least two layer sizes, each >= 1, got"):
        SimpleNN(structure)


def test_forward_returns_the_inputs_and_the_sums_of_every_layer() -> None:
    net = SimpleNN([2, 5, 4, 3])
    X = np.linspace(-2, 2, 14).reshape(7, 2)
    inputs, outputs = net.forward(X)
    assert [a.shape for a in inputs] == [(7, 2), (7, 5), (7, 4), (7, 3)]
    assert [z.shape for z in outputs] == [(7, 5), (7, 4), (7, 3)]
    assert inputs[0] is X
    np.testing.assert_array_equal(inputs[1], np.where(outputs[0] > 0, outputs[0], 0))
    np.testing.assert_array_equal(inputs[-1], outputs[-1])
    assert (inputs[-1] < 0).any(), "the last layer is linear: it may be negative"
    assert net.predict(X).shape == (21,)


def test_relu_and_its_slope() -> None:
    net = SimpleNN([1, 1])
    x = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_array_equal(net.relu(x), [0, 0, 3])
    slope = net.relu_as_weights(x)
    np.testing.assert_array_equal(slope, [0, 0, 1])
    assert slope.dtype == np.float64


def worked_example() -> SimpleNN:
    """3 inputs, 3 hidden perceptrons, 1 output; the target is the mean of the inputs.

    Hidden sums for the inputs 1, 2, 3:
        first   1*1 + 2*0 + 3*0 =  1, fires:   1
        second  1*0 + 2*1 + 3*1 =  5, fires:   5
        third  -1*1 + 2*0 + 3*0 = -1, silent:  0
    Output: 2*1 + 1*5 + 4*0 = 7. The mean is 2, so the change wanted of the output is 7 - 2 = 5.
    """
    net = SimpleNN([3, 3, 1])
    net.weights = [np.array([[1.0, 0.0, -1.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]), np.array([[2.0], [1.0], [4.0]])]
    return net


def test_the_worked_step_forward() -> None:
    inputs, outputs = worked_example().forward(np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_array_equal(outputs[0], [[1, 5, -1]])
    np.testing.assert_array_equal(inputs[1], [[1, 5, 0]])
    np.testing.assert_array_equal(inputs[2], [[7]])


def test_the_worked_step_back() -> None:
    net = worked_example()
    X = np.array([[1.0, 2.0, 3.0]])
    before = [w.copy() for w in net.weights]
    weight_changes, bias_changes = net.backward(*net.forward(X), X.mean(axis=1, keepdims=True))
    # The output's bias changes by the desired change of the output.
    np.testing.assert_array_equal(bias_changes[1], [[5]])
    # A weight changes by its input times the desired change: 1*5, 5*5, and 0*5 for the perceptron that is at 0.
    np.testing.assert_array_equal(weight_changes[1], [[5], [25], [0]])
    # Back through the weights 2, 1, 4: the hidden changes are 5*2, 5*1 and 5*4; the last did not fire: 0.
    np.testing.assert_array_equal(bias_changes[0], [[10, 5, 0]])
    # Inputs 1, 2, 3 times 10, 5, 0.
    np.testing.assert_array_equal(weight_changes[0], [[10, 5, 0], [20, 10, 0], [30, 15, 0]])
    # Nothing is updated until every change is tallied.
    for now, then in zip(net.weights, before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_the_worked_step_is_scaled_by_the_learning_rate() -> None:
    net = worked_example()
    X, target = np.array([[1.0, 2.0, 3.0]]), np.array([[2.0]])
    net.update_weights(*net.backward(*net.forward(X), target), lr=0.01)
    np.testing.assert_allclose(net.weights[1], [[1.95], [0.75], [4.0]], atol=1e-15)
    np.testing.assert_allclose(net.biases[1], [[-0.05]], atol=1e-15)
    np.testing.assert_allclose(net.weights[0], [[0.9, -0.05, -1.0], [-0.2, 0.9, 0.0], [-0.3, 0.85, 0.0]], atol=1e-15)
    np.testing.assert_allclose(net.biases[0], [[-0.1, -0.05, 0.0]], atol=1e-15)
    # Hidden sums now: 0.9 - 0.4 - 0.9 - 0.1 = -0.5, silent; -0.05 + 1.8 + 2.55 - 0.05 = 4.25. Output 0.75*4.25 - 0.05.
    np.testing.assert_allclose(net.predict(X), [3.1375])


def test_changes_are_averaged_over_the_samples() -> None:
    net = worked_example()
    one, target = np.array([[1.0, 2.0, 3.0]]), np.array([[2.0]])
    alone = net.backward(*net.forward(one), target)
    thrice = net.backward(*net.forward(np.repeat(one, 3, axis=0)), np.repeat(target, 3, axis=0))
    pairs: list[tuple[Array, Array]] = [*zip(alone[0], thrice[0], strict=True), *zip(alone[1], thrice[1], strict=True)]
    for change, same in pairs:
        np.testing.assert_allclose(same, change, rtol=1e-14)


@pytest.mark.parametrize("structure", [[2, 1], [2, 8, 1], [3, 6, 5, 2]])
def test_changes_are_the_gradient_of_half_the_squared_error(structure: list[int]) -> None:
    """By central differences: relative 1e-6."""
    random = np.random.default_rng(5)
    X, target = random.normal(size=(20, structure[0])), random.normal(size=(20, structure[-1]))
    net = SimpleNN(structure)

    def half_squared_error() -> float:
        return float(np.sum((net.forward(X)[0][-1] - target) ** 2) / 2 / len(X))

    weight_changes, bias_changes = net.backward(*net.forward(X), target)
    step = 1e-6
    for array, change in zip([*net.weights, *net.biases], [*weight_changes, *bias_changes], strict=True):
        numeric = np.empty_like(array)
        for place in np.ndindex(array.shape):
            kept = array[place]
            array[place] = kept + step
            above = half_squared_error()
            array[place] = kept - step
            numeric[place] = (above - half_squared_error()) / (2 * step)
            array[place] = kept
        assert np.linalg.norm(change - numeric) < 1e-6 * np.linalg.norm(numeric)


def test_train_reports_every_20th_epoch_and_the_last_each_before_its_update() -> None:
    X = np.array([[0.5, -1.0], [1.0, 2.0], [-0.3, 0.4]])
    y = X.sum(axis=1, keepdims=True)
    net = SimpleNN([2, 4, 1])
    before = float(np.mean((net.predict(X) - y[:, 0]) ** 2))
    history = net.train(X, y, epochs=46, lr=0.02)
    assert list(history) == [0, 20, 40, 45]
    assert history[0] == before
    assert history[45] < history[20] < history[0]
    second = SimpleNN([2, 4, 1])
    second.train(X, y, epochs=45, lr=0.02)
    assert history[45] == float(np.mean((second.predict(X) - y[:, 0]) ** 2))


def test_the_default_learning_rate_is_a_hundredth() -> None:
    X, y = np.array([[1.0, 2.0]]), np.array([[3.0]])
    default, given = SimpleNN([2, 3, 1]), SimpleNN([2, 3, 1])
    default.train(X, y, 5)
    given.train(X, y, 5, lr=0.01)
    np.testing.assert_array_equal(default.weights[0], given.weights[0])


def test_the_articles_baseline_to_every_printed_digit() -> None:
    points = np.random.default_rng(0).uniform(-10, 10, (1000, 2))
    z = surface(points[:, 0], points[:, 1])
    side = np.linspace(-10, 10, 100)
    grid = np.column_stack([axis.ravel() for axis in np.meshgrid(side, side)])
    true = surface(grid[:, 0], grid[:, 1])
    X, y = (points - points.mean(0)) / points.std(0), ((z - z.mean()) / z.std())[:, None]

    net = SimpleNN([2, 64, 64, 64, 1])
    history = net.train(X, y, epochs=2000, lr=0.001)
    predicted = net.predict((grid - points.mean(0)) / points.std(0)) * z.std() + z.mean()

    mse = np.mean((predicted - true) ** 2)
    assert f"{history[1999]:.4f}" == "0.0687"
    assert f"{mse:.3f}" == "10.375"
    assert f"{1 - mse / np.var(true):.4f}" == "0.9200"
    assert f"{np.abs(predicted - true).max():.1f}" == "14.6"

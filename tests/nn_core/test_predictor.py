"""A network from its checkpoint: the run's own predictions, and nothing unpickled."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.run import Data, network_of, predictions, run
from knobwise.nn_core import checkpoint, predictor

X = np.random.default_rng(4).uniform(-10, 10, (300, 2))


class Witness:
    """An object whose unpickling leaves a file behind."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._file,)


def trained(**knobs: Any) -> tuple[RunConfig, bytes]:
    config = RunConfig(**{"n_samples": 60, "epochs": 30, "widths": (8, 8), **knobs})
    return config, run(problems.load("article"), config, pictures=False).checkpoint


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictions_equal_the_runs_and_the_formulas(dtype: str) -> None:
    config, data = trained(dtype=dtype)
    predicted = predictor.load(data).predict(X)
    problem = problems.load("article")
    state, arrays, _ = checkpoint.load(data)
    same = predictions(network_of(problem, config), state.params, Data.of(problem, config), X)
    np.testing.assert_array_equal(predicted, same)
    a = (X - arrays["input_mean"]) / arrays["input_std"]
    layers = network_of(problem, config).layers(state.params.astype(np.float64))
    for W, b in layers[:-1]:
        a = np.maximum(a @ W + b, 0)
    W, b = layers[-1]
    np.testing.assert_allclose(predicted, (a @ W + b) * arrays["output_std"] + arrays["output_mean"], rtol=1e-12)


def test_a_prediction_does_not_depend_on_the_other_samples() -> None:
    network = predictor.load(trained()[1])
    alone = np.concatenate([network.predict(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(network.predict(X), alone, rtol=1e-12, atol=1e-12)


def test_after_an_early_stop_the_weights_are_the_best() -> None:
    _, data = trained(epochs=400, lr=0.05, patience=2, n_samples=10)
    state, arrays, _ = checkpoint.load(data)
    assert arrays["best_params"].size
    np.testing.assert_array_equal(predictor.load(data).params, arrays["best_params"])
    assert not np.array_equal(state.params, arrays["best_params"])


def test_pickled_weights_are_refused_and_not_unpickled(tmp_path: Path) -> None:
    file = tmp_path / "witness"
    with np.load(io.BytesIO(trained()[1])) as whole:
        members = dict(whole)
    members["params"] = np.array([Witness(file)], dtype=object)
    planted = io.BytesIO()
    np.savez(planted, allow_pickle=True, **members)
    with pytest.raises(ValueError, match="not a readable checkpoint"):
        predictor.load(planted.getvalue())
    assert not file.exists()
    with np.load(io.BytesIO(planted.getvalue()), allow_pickle=True) as careless:
        careless["params"]
    assert file.exists(), "the pickle would have worked"


def test_a_file_that_is_not_a_checkpoint_of_a_run_is_refused() -> None:
    state, arrays, facts = checkpoint.load(trained()[1])
    del arrays["input_mean"]
    with pytest.raises(ValueError, match="without 'input_mean'"):
        predictor.load(checkpoint.dump(state, arrays, facts))
    config, data = trained()
    state, arrays, facts = checkpoint.load(data)
    facts["config"] = {**config.as_dict(), "widths": [9]}
    with pytest.raises(ValueError, match="must have 37 parameters, got 105"):
        predictor.load(checkpoint.dump(state, arrays, facts))

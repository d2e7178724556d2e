"""The knobs of both estimators, and their common fitting."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Part
from knobwise.experiments.estimators.model import Model, split_validation, train_model
from knobwise.nn_core import variants
from knobwise.nn_core.scaling import Scaling

Array = NDArray[Any]


@dataclass(kw_only=True, eq=False, repr=False)
class Knobs(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The parameters of an estimator, described in `KnobwiseRegressor`. Checked by `fit`, as scikit-learn requires.

    A base class: the estimators add `fit` and `predict`, and override nothing.
    """

    widths: tuple[int, ...] = (64, 64)
    activation: str = "silu"
    lr: float = 0.01
    epochs: int = 100
    batch_size: int = 100
    optimizer: str = "adamw"
    schedule: str = "cosine"
    initializer: str = "he_normal"
    weight_decay: float = 1.0
    dropout: float = 0.0
    clip_norm: float = 0.0
    patience: int = 0
    validation_fraction: float = 0.1
    dtype: str = "float32"
    random_state: int | np.random.RandomState | None = None

    def _train(self, X: Array, Y: Array, loss: str, groups: Array, scale: Callable[[Array], Scaling]) -> None:
        """Train on `X` `(n, d)` and `Y` `(n, k)`, and set the attributes of a fitted estimator.

        Args:
            groups: `(n,)`, from each of which the validation samples for early stopping are drawn evenly.
            scale: fits the scaling of the targets.
        """
        fraction = plain(self.validation_fraction)
        if not isinstance(fraction, float) or not 0 < fraction < 1:
            raise ValueError(f"validation_fraction must be a number > 0 and < 1, got {fraction!r}")
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        data, val = Part(X, Y), None
        if self.patience != 0:
            data, val = split_validation(data, fraction, groups, np.random.default_rng([seed, 3]))
        self.model_: Model = train_model(self._config(len(data.X), loss, seed), data, val, scale)
        self.n_iter_: int = len(self.model_.train_loss)
        self.loss_curve_: list[float] = self.model_.train_loss
        self.val_loss_curve_: list[float] = self.model_.val_loss

    def _config(self, n_samples: int, loss: str, seed: int) -> RunConfig:
        """The knobs as those of a run. Raises ValueError for an invalid one."""
        knobs = {name: plain(value) for name, value in self.get_params(deep=False).items()}
        del knobs["validation_fraction"], knobs["random_state"]
        if isinstance(knobs["batch_size"], int):
            knobs["batch_size"] = min(knobs["batch_size"], n_samples)
        if self.optimizer in variants.names("optimizers") and variants.load("optimizers", self.optimizer).full_batch:
            knobs["batch_size"] = 0
        return RunConfig(**knobs, n_samples=n_samples, loss=loss, seed=seed)

    def _predict(self, X: Any) -> NDArray[np.float64]:
        """The network's predictions `(n, k)`, after checking that it is fitted and that `X` fits it."""
        check_is_fitted(self, "model_")
        return self.model_.predict(validate_data(self, X, reset=False, dtype=np.float64))


def plain(value: Any) -> Any:
    """NumPy's numbers and rows of numbers as Python's, because `RunConfig` refuses NumPy's, which searches pass.

    >>> plain(np.int64(3)), plain(np.array([8, 8])), plain((np.int64(8), 4)), plain("relu")
    (3, [8, 8], (8, 4), 'relu')
    """
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value

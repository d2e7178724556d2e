"""`KnobwiseRegressor`: predicts numbers from numbers."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import validate_data

from knobwise.experiments.estimators.knobs import Knobs
from knobwise.nn_core.scaling import Scaling


class KnobwiseRegressor(MultiOutputMixin, RegressorMixin, Knobs):  # type: ignore[misc]  # scikit-learn has no types
    """A fully connected network that predicts one number or several, trained on half the squared error.

    Inputs and targets are standardised inside, by the training samples, and predictions are on the original scale:
    neither needs a scaler. Samples have equal weight: `fit` takes no `sample_weight`. The defaults are meant for
    noisy tables of hundreds to thousands of rows.

    Args:
        widths: perceptrons in each hidden layer, each >= 1; `()` for a linear model.
        activation: of the hidden layers: a file in `nn_core/activations/`.
        lr: learning rate, > 0, before the schedule.
        epochs: passes over the training samples, >= 1.
        batch_size: samples in a step, >= 1; 0, or more than there are, for all. Always all for a full-batch optimizer.
        optimizer: how a gradient becomes a step: a file in `nn_core/optimizers/`.
        schedule: how the learning rate changes over the epochs: a file in `nn_core/schedules/`.
        initializer: how initial weights are drawn: a file in `nn_core/initializers/`.
        weight_decay: pull of the weights towards zero, >= 0. The knob to tune first: smaller where targets have little
            noise.
        dropout: probability in [0, 1) that a hidden perceptron is left out of a step.
        clip_norm: gradients longer than this are scaled down to it, > 0; 0 for no clipping.
        patience: epochs without a better validation loss after which training stops, with the best weights; 0 for no
            validation samples and all epochs.
        validation_fraction: the share of validation samples, in (0, 1). Used where `patience` is not 0.
        dtype: of the training, `float32` or `float64`. Predictions are made in float64.
        random_state: a whole number for the same result in every fit, a `RandomState`, or None for a random one.

    Attributes:
        n_outputs_: k, the number of targets.
        n_iter_: epochs trained.
        loss_curve_: the loss of each epoch, the mean over its samples, each before its step: the squared
            error, of standardised targets, summed over the k targets.
        val_loss_curve_: the same on the validation samples, after each epoch; empty where `patience` is 0.
        n_features_in_: d, the number of inputs.
        feature_names_in_: names of the inputs `(d,)`, where `X` was a table with text as column names.
        model_: the trained network: its configuration, its parameters and its scalings.

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = KnobwiseRegressor(random_state=0).fit(X[:300], y[:300])
    >>> model.predict(X[300:]).shape
    (142,)
    >>> model.score(X[300:], y[300:]) > 0.45  # R2
    True
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on `X` `(n, d)` and `y` `(n,)` or `(n, k)`, anew each time. Returns the estimator itself.

        Raises:
            ValueError: a knob or the data are invalid, or training diverged.
        """
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, ensure_min_samples=2, dtype=np.float64)
        Y = y.reshape(len(y), -1).astype(np.float64)
        self._train(X, Y, "half_mse", np.zeros(len(Y)), Scaling.fit)
        self.n_outputs_: int = Y.shape[1]
        self._shape: tuple[int, ...] = y.shape[1:]
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The predictions for `X` `(n, d)`, shaped as the `y` of `fit`: `(n,)` or `(n, k)`."""
        output = self._predict(X)
        return output.reshape(len(output), *self._shape)

"""`KnobwiseClassifier`: predicts classes and their probabilities from numbers."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from knobwise.experiments.estimators.knobs import Knobs
from knobwise.nn_core.scaling import Scaling

Array = NDArray[Any]


class KnobwiseClassifier(ClassifierMixin, Knobs):  # type: ignore[misc]  # scikit-learn has no types
    """A fully connected network that predicts the class of a sample.

    Two classes share one output, through a sigmoid, trained on binary cross-entropy; more have one each, through
    softmax, trained on cross-entropy. Inputs are standardised inside, by the training samples, and need no scaler.
    Samples have equal weight: `fit` takes no `sample_weight`. The defaults are meant for noisy tables of hundreds to
    thousands of rows.

    Args:
        widths: perceptrons in each hidden layer, each >= 1; `()` for logistic regression.
        activation: of the hidden layers: a file in `nn_core/activations/`.
        lr: learning rate, > 0, before the schedule.
        epochs: passes over the training samples, >= 1.
        batch_size: samples in a step, >= 1; 0, or more than there are, for all. Always all for a full-batch optimizer.
        optimizer: how a gradient becomes a step: a file in `nn_core/optimizers/`.
        schedule: how the learning rate changes over the epochs: a file in `nn_core/schedules/`.
        initializer: how initial weights are drawn: a file in `nn_core/initializers/`.
        weight_decay: pull of the weights towards zero, >= 0. The knob to tune first: smaller where classes
            hardly overlap.
        dropout: probability in [0, 1) that a hidden perceptron is left out of a step.
        clip_norm: gradients longer than this are scaled down to it, > 0; 0 for no clipping.
        patience: epochs without a better validation loss after which training stops, with the best weights; 0 for no
            validation samples and all epochs.
        validation_fraction: the share of validation samples, in (0, 1), drawn evenly from the classes. Used where
            `patience` is not 0.
        dtype: of the training, `float32` or `float64`. Predictions are made in float64.
        random_state: a whole number for the same result in every fit, a `RandomState`, or None for a random one.

    Attributes:
        classes_: the classes `(k,)`, sorted.
        n_iter_: epochs trained.
        loss_curve_: the loss of each epoch, the mean over its samples, each before its step: the
            cross-entropy, in nats.
        val_loss_curve_: the same on the validation samples, after each epoch; empty where `patience` is 0.
        n_features_in_: d, the number of inputs.
        feature_names_in_: names of the inputs `(d,)`, where `X` was a table with text as column names.
        model_: the trained network: its configuration, its parameters and its scalings.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = KnobwiseClassifier(random_state=0).fit(X[::2], y[::2])
    >>> model.predict(X[1:5:2])
    array([0, 0])
    >>> model.predict_proba(X[1::2]).shape
    (75, 3)
    >>> model.score(X[1::2], y[1::2]) > 0.9  # accuracy
    True
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on `X` `(n, d)` and `y` `(n,)`, whole numbers or text, anew each time. Returns the estimator itself.

        Raises:
            ValueError: a knob or the data are invalid, or training diverged.
        """
        X, y = validate_data(self, X, y, ensure_min_samples=2, dtype=np.float64)
        check_classification_targets(y)
        classes, codes = np.unique(y, return_inverse=True)
        k = len(classes)
        if k == 1:
            raise ValueError(f"y must be of two classes or more, got one class: {classes[0]}")
        Y = codes[:, None].astype(np.float64) if k == 2 else np.eye(k)[codes]
        self._train(
            X, Y, "binary_cross_entropy" if k == 2 else "cross_entropy", codes, lambda Y: Scaling.none(Y.shape[1])
        )
        self.classes_: Array = classes
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probabilities `(n, k)` of the classes, in the order of `classes_`, for `X` `(n, d)`; rows sum to 1."""
        output = self._predict(X)
        return np.hstack([1 - output, output]) if output.shape[1] == 1 else output

    def predict(self, X: Any) -> Array:
        """The most probable class `(n,)` for each row of `X` `(n, d)`."""
        codes = self.predict_proba(X).argmax(axis=1)
        classes: Array = self.classes_[codes]
        return classes

"""Scores of a prediction, on the problem's original scale.

For classes, a prediction is probabilities: `(n, 1)`, of the second class, for two classes, and `(n, k)` for more. The
functions agree with scikit-learn's of the same names, which take a second to import.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from knobwise.experiments.data.problem import Problem

Array = NDArray[np.float64]

BINS = 10  # of confidence, each a tenth wide


def scores(problem: "Problem", part: str, true: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """The recorded scores of `predicted` against `true`, both `(n, k)`, under names that begin with `part`.

    For regression those of `errors`. For classes:

    - `mse`, the mean squared error of the probabilities, over samples and outputs: the Brier score, whose expectation
      is lowest for the true probabilities (with k > 2 classes, Brier's own is k times as large);
    - `r2` = 1 - mse / mse of predicting the shares of the classes in this part: the Brier skill score;
    - `log_loss`, `accuracy`, `balanced_accuracy`, `roc_auc`: see these functions;
    - `calibration_error`, for the test part: see that function.

    `roc_auc` is left out where the part has samples of one class only. All are NaN where a probability is not finite.

    Brier (1950), "Verification of forecasts expressed in terms of probability".
    """
    if not problem.classes:
        return errors(part, true, predicted)
    finite = bool(np.isfinite(predicted).all())
    predicted = predicted if finite else np.zeros_like(predicted)
    by_name = {name: value for name, value in errors(part, true, predicted).items() if name.endswith(("_mse", "_r2"))}
    by_name |= {
        f"{part}_log_loss": log_loss(true, predicted),
        f"{part}_accuracy": accuracy(true, predicted),
        f"{part}_balanced_accuracy": balanced_accuracy(true, predicted),
    }
    area = roc_auc(true, predicted)
    if area is not None:
        by_name[f"{part}_roc_auc"] = area
    if part == "test":
        by_name["test_calibration_error"] = calibration_error(true, predicted)
    return by_name if finite else dict.fromkeys(by_name, np.nan)


def errors(part: str, true: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """MSE and R2 of `predicted` against `true`, both `(n, k)`; for the test part also RMSE and maximum error.

    R2 = 1 - sum (y - p)^2 / sum (y - mean y)^2; 0 for a constant target.

    >>> errors("val", np.array([[1.0], [3.0]]), np.array([[1.0], [2.0]]))
    {'val_mse': 0.5, 'val_r2': 0.5}
    """
    error = predicted - true
    mse = float(np.mean(error**2))
    spread = float(np.mean((true - true.mean(axis=0)) ** 2))
    by_name = {f"{part}_mse": mse, f"{part}_r2": 1 - mse / spread if spread > 0 else 0.0}
    if part == "test":
        by_name |= {"test_rmse": mse**0.5, "test_max_error": float(np.abs(error).max())}
    return by_name


def class_of(probabilities: NDArray[Any]) -> NDArray[np.intp]:
    """The most probable class `(n,)`, the first of equals, from probabilities or from true classes in the same form.

    >>> class_of(np.array([[0.2], [0.7]])), class_of(np.array([[0.2, 0.5, 0.3]]))
    (array([0, 1]), array([1]))
    """
    if probabilities.shape[1] == 1:
        return (probabilities[:, 0] > 0.5).astype(np.intp)
    classes: NDArray[np.intp] = probabilities.argmax(axis=1)
    return classes


def log_loss(true: NDArray[Any], predicted: NDArray[Any]) -> float:
    """-mean log p of the true class; p is clipped to 2.2e-16 (the machine's precision) from 0 and 1.

    >>> round(log_loss(np.array([[1.0], [0.0]]), np.array([[0.5], [0.5]])), 6)  # log 2
    0.693147
    """
    p = true * predicted + (1 - true) * (1 - predicted) if true.shape[1] == 1 else true * predicted
    eps = np.finfo(np.float64).eps
    return float(-np.log(np.clip(p.sum(axis=1), eps, 1 - eps)).mean())


def accuracy(true: NDArray[Any], predicted: NDArray[Any]) -> float:
    """The share of samples whose true class is the most probable one."""
    return float((class_of(true) == class_of(predicted)).mean())


def balanced_accuracy(true: NDArray[Any], predicted: NDArray[Any]) -> float:
    """The accuracy within each class, averaged over the classes that `true` has samples of.

    A constant prediction gives 1 / (number of classes), however rare some are.

    >>> balanced_accuracy(np.array([[0.0], [0.0], [0.0], [1.0]]), np.zeros((4, 1)))
    0.5
    """
    truth = class_of(true)
    right = np.bincount(truth, weights=truth == class_of(predicted))
    count = np.bincount(truth)
    return float((right[count > 0] / count[count > 0]).mean())


def roc_auc(true: NDArray[Any], predicted: NDArray[Any]) -> float | None:
    """The probability that a sample of a class has a higher predicted probability of it than one of the others.

    A tie counts half. For two classes that of the second; for more, the mean of each class against the rest, over the
    classes that `true` has samples of. None where it has samples of one class only.

    Hanley and McNeil (1982), "The meaning and use of the area under a receiver operating characteristic (ROC) curve".

    >>> roc_auc(np.array([[0.0], [0.0], [1.0]]), np.array([[0.1], [0.6], [0.6]]))
    0.75
    """
    areas = []
    for column in range(true.shape[1]):
        member = true[:, column] > 0.5
        n, others = int(member.sum()), int((~member).sum())
        if n and others:
            _, index, count = np.unique(predicted[:, column], return_inverse=True, return_counts=True)
            rank = (np.cumsum(count) - (count - 1) / 2)[index]  # from 1; of equal values, the mean of theirs
            areas.append(float((rank[member].sum() - n * (n + 1) / 2) / (n * others)))
    return sum(areas) / len(areas) if areas else None


class Reliability(NamedTuple):
    """Predicted probabilities against observed frequencies, in the b bins that have samples.

    Attributes:
        predicted: the mean predicted probability in each bin `(b,)`.
        observed: the observed frequency of what was predicted in each bin `(b,)`.
        samples: the number of samples in each bin `(b,)`.
    """

    predicted: Array
    observed: Array
    samples: NDArray[np.intp]


def reliability(true: NDArray[Any], predicted: NDArray[Any]) -> Reliability:
    """Mean predicted probability and observed frequency, in ten bins of probability that are each a tenth wide.

    For two classes, of the probability of the second. For more, of the probability of the predicted class (its
    confidence, in Guo et al.), which is observed where that class is the true one.
    """
    if true.shape[1] == 1:
        p, observed = predicted[:, 0], true[:, 0]
    else:
        p, observed = predicted.max(axis=1), (class_of(true) == class_of(predicted)).astype(np.float64)
    finite = np.isfinite(p)
    p, observed = p[finite], observed[finite]
    bins = np.clip(np.ceil(p * BINS).astype(np.intp) - 1, 0, BINS - 1)  # (0.1, 0.2] and so on; 0 with the first
    count = np.bincount(bins, minlength=BINS)
    used = count > 0
    p, observed = (np.bincount(bins, weights=values, minlength=BINS)[used] / count[used] for values in (p, observed))
    return Reliability(p, observed, count[used])


def calibration_error(true: NDArray[Any], predicted: NDArray[Any]) -> float:
    """The expected calibration error: |predicted - observed| of each bin of `reliability`, averaged over samples.

    0 where every predicted probability equals its observed frequency. With few samples it is above 0 by chance alone.

    Naeini, Cooper and Hauskrecht (2015), "Obtaining well calibrated probabilities using Bayesian binning"; Guo, Pleiss,
    Sun and Weinberger (2017), "On calibration of modern neural networks".
    """
    bins = reliability(true, predicted)
    error = np.abs(bins.predicted - bins.observed)
    return float(np.average(error, weights=bins.samples)) if len(error) else np.nan

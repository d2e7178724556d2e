"""How good a prediction is, on the problem's original scale."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def errors(part: str, true: NDArray[Any], predicted: NDArray[Any]) -> dict[str, float]:
    """Mean squared error and R2 of `predicted` against `true`, both `(n, k)`; for the test part also RMSE and worst.

    R2 = 1 - sum (y - p)^2 / sum (y - mean y)^2; 0 for a target that does not vary.

    >>> errors("val", np.array([[1.0], [3.0]]), np.array([[1.0], [2.0]]))
    {'val_mse': 0.5, 'val_r2': 0.5}
    """
    error = predicted - true
    mse = float(np.mean(error**2))
    spread = float(np.mean((true - true.mean(axis=0)) ** 2))
    found = {f"{part}_mse": mse, f"{part}_r2": 1 - mse / spread if spread > 0 else 0.0}
    if part == "test":
        found |= {"test_rmse": mse**0.5, "test_max_error": float(np.abs(error).max())}
    return found


def r2_text(r2: float) -> str:
    """An R2 with four decimals, or with six where four would make it a perfect fit.

    >>> r2_text(0.91997), r2_text(0.9999958)
    ('0.9200', '0.999996')
    """
    return f"{r2:.4f}" if r2 < 0.9995 else f"{r2:.6f}"


def scores_text(metrics: Mapping[str, float]) -> str:
    """R2 and MSE of the test part as a title has them, those that there are; "" where there are none."""
    known = {"test_r2": ("R²", r2_text), "test_mse": ("MSE", "{:.4g}".format)}
    return ", ".join(f"{name} {text(metrics[key])}" for key, (name, text) in known.items() if key in metrics)

"""What a model answers: a table of numbers, or of classes and their probabilities.

This file is copied beside every model that is served, so it imports nothing of the project.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def columns(outputs: Sequence[str], classes: Sequence[str], target: str) -> list[str]:
    """The names of the columns of `table`.

    >>> columns(["yes"], ["no", "yes"], "answer")
    ['answer', 'P(no)', 'P(yes)']
    """
    return [target, *(f"P({each})" for each in classes)] if classes else list(outputs)


def table(
    predicted: NDArray[Any], outputs: Sequence[str], classes: Sequence[str] = (), target: str = ""
) -> pd.DataFrame:
    """Predictions `(n, k)` as a table: `outputs`; or for classes, the likeliest and the probability of each.

    Args:
        predicted: numbers, or probabilities: `(n, 1)`, of the second class, where there are two.
        outputs: names of what is predicted.
        classes: their names; none for numbers.
        target: what the classes are classes of.

    >>> table(np.array([[0.25]]), ["yes"], ["no", "yes"], "answer")
      answer  P(no)  P(yes)
    0     no   0.75    0.25
    """
    if not classes:
        return pd.DataFrame(predicted, columns=list(outputs))
    shares = np.hstack([1 - predicted, predicted]) if len(classes) == 2 else predicted
    likeliest = [classes[at] for at in shares.argmax(axis=1)]
    return pd.DataFrame({target: likeliest} | {f"P({each})": shares[:, at] for at, each in enumerate(classes)})

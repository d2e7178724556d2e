"""1,797 handwritten digits as pictures of 8 x 8 pixels.

The inputs are the pixels, row by row, each 0 (white) to 16 (black); the classes are the digits 0 to 9.

E. Alpaydin and C. Kaynak (1998), "Optical recognition of handwritten digits", UCI Machine Learning Repository; the
table, the test part of the original one, comes with scikit-learn (`load_digits`).
"""

from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.tables.arrays import from_arrays


def digits() -> Problem:
    """The table, split at random within each class."""
    from sklearn.datasets import load_digits

    table = load_digits()
    return from_arrays(
        name="digits",
        title="Digits",
        X=table.data,
        y=table.target,
        inputs=tuple(table.feature_names),
        classes=tuple(map(str, table.target_names)),
        target="digit",
        about="Alpaydin and Kaynak (1998), Optical recognition of handwritten digits; scikit-learn's load_digits",
    )

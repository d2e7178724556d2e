"""178 wines of three growers, by thirteen chemical measures.

The classes overlap little, so a small network soon finds all; the test part has few rows, so its accuracy is coarse.

S. Aeberhard and M. Forina (1992), "Wine", UCI Machine Learning Repository; the table comes with scikit-learn
(`load_wine`).
"""

from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.tables.arrays import from_arrays


def wine() -> Problem:
    """The table, split at random within each class."""
    from sklearn.datasets import load_wine

    table = load_wine()
    return from_arrays(
        name="wine",
        title="Wine",
        X=table.data,
        y=table.target,
        inputs=tuple(table.feature_names),
        classes=tuple(map(str, table.target_names)),
        target="grower",
        about="Aeberhard and Forina (1992), Wine, UCI Machine Learning Repository; scikit-learn's load_wine",
    )

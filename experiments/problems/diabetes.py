"""442 people with diabetes, and how far the illness had got a year later.

The inputs are age in years, sex (1 or 2), body mass index, mean blood pressure, and six measures of blood serum, s1 to
s6, on their own scales; the target is a score of the illness's progression, 25 to 346. Samples are few and noisy: a
linear model is hard to beat.

B. Efron, T. Hastie, I. Johnstone and R. Tibshirani (2004), "Least angle regression", The Annals of Statistics 32(2),
407-499; the table comes with scikit-learn (`load_diabetes`).
"""

from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.tables.arrays import from_arrays


def diabetes() -> Problem:
    """The table, split at random: 283 rows to train, 71 to validate, 88 to test."""
    from sklearn.datasets import load_diabetes

    table = load_diabetes(scaled=False)
    return from_arrays(
        name="diabetes",
        title="Diabetes",
        X=table.data,
        y=table.target,
        inputs=tuple(table.feature_names),
        target="progression",
        about="Efron et al. (2004), Least angle regression; scikit-learn's load_diabetes",
    )

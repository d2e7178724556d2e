"""569 breast tumours, benign or malignant, by thirty measures of their cells.

The measures are of the cells' nuclei in a picture: mean, standard error and worst of each. The output is the
probability that the tumour is malignant.

W. N. Street, W. H. Wolberg and O. L. Mangasarian (1993), "Nuclear feature extraction for breast tumor diagnosis",
Proceedings of SPIE 1905, 861-870; the table comes with scikit-learn (`load_breast_cancer`).
"""

from knobwise.experiments.data.problem import Problem
from knobwise.experiments.data.tables.arrays import from_arrays


def breast_cancer() -> Problem:
    """The table, split at random within each class."""
    from sklearn.datasets import load_breast_cancer

    table = load_breast_cancer()
    names = [str(name) for name in table.target_names]  # malignant before benign
    classes = tuple(sorted(names))
    return from_arrays(
        name="breast_cancer",
        title="Breast cancer",
        X=table.data,
        y=[classes.index(names[code]) for code in table.target],
        inputs=tuple(map(str, table.feature_names)),
        classes=classes,
        target="diagnosis",
        about="Street et al. (1993), Nuclear feature extraction; scikit-learn's load_breast_cancer",
    )

"""Networks as scikit-learn estimators: for pipelines, cross-validation and grid searches.

The same core and the same knobs as a run of `experiments.run`, on a table that is already in memory.
"""

from experiments.estimators.classifier import KnobwiseClassifier as KnobwiseClassifier
from experiments.estimators.regressor import KnobwiseRegressor as KnobwiseRegressor

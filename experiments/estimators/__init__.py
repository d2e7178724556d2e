"""Networks as scikit-learn estimators: for pipelines, cross-validation and grid searches.

The same core and the same knobs as a run of `knobwise.experiments.run`, on a table that is already in memory.
"""

from knobwise.experiments.estimators.classifier import KnobwiseClassifier as KnobwiseClassifier
from knobwise.experiments.estimators.regressor import KnobwiseRegressor as KnobwiseRegressor

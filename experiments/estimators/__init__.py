"""Networks as scikit-learn estimators: for pipelines, cross-validation and grid searches.

The same network and the same knobs as `knobwise.experiments.run`, on a table in memory.
"""

from knobwise.experiments.estimators.classifier import KnobwiseClassifier as KnobwiseClassifier
from knobwise.experiments.estimators.regressor import KnobwiseRegressor as KnobwiseRegressor

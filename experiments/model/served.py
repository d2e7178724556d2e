"""The model as MLflow serves it. This file is copied into every logged model, beside a copy of `nn_core`.

It is code that is run, not an object that was pickled: MLflow calls that "models from code". It needs `nn_core`, NumPy
and pandas; that Knobwise is installed is not asked of the machine that serves.
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from nn_core import predictor


class Served(PythonModel):
    """A table of the problem's inputs in, a table of its outputs out."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the checkpoint that lies beside this file, and the names of the columns."""
        self._network = predictor.load(Path(context.artifacts["checkpoint"]).read_bytes())
        self._inputs: list[str] = context.model_config["inputs"]
        self._outputs: list[str] = context.model_config["outputs"]

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """A row of outputs for each row of inputs; columns are found by name, others are left alone."""
        X = model_input[self._inputs].to_numpy(float)
        return pd.DataFrame(self._network.predict(X), columns=self._outputs, index=model_input.index)


set_model(Served())

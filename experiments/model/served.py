"""The model as MLflow serves it. This file is copied into every logged model, beside a copy of the code it needs.

It is code that is run, not an object that was pickled: MLflow calls that "models from code". It needs the package
`knobwise_model` (a copy of `nn_core` and a little more), NumPy and pandas, and scikit-learn where rows are to be taken
as a file has them; that Knobwise is installed is not asked of the machine that serves.
"""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext

CODE = "knobwise_model"  # copied beside this file


class Served(PythonModel):
    """A table of the problem's inputs in, a table of its outputs out."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the checkpoint that lies beside this file, and what its rows look like."""
        predictor = importlib.import_module(f"{CODE}.nn_core.predictor")
        self._network = predictor.load(Path(context.artifacts["checkpoint"]).read_bytes())
        self._config: dict[str, Any] = context.model_config
        self._answers = importlib.import_module(f"{CODE}.answers")
        self._rows = importlib.import_module(f"{CODE}.encoding")
        self._cells = importlib.import_module(f"{CODE}.convert")
        raw = self._config["raw"]
        self._raw = self._rows.RawRows.from_dict(raw) if raw else None

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """A row of outputs for each row of inputs; columns are found by name, others are left alone.

        Raises:
            MlflowException: a value is not one that the model can take; the line names it.
        """
        try:
            if self._raw is None:
                X = self._numbers(model_input[self._config["inputs"]])
            else:
                X = self._raw.encode(model_input, unseen=(params or {}).get("unseen", "refuse"))
        except ValueError as error:
            raise MlflowException(str(error), INVALID_PARAMETER_VALUE) from None
        config = self._config
        table: pd.DataFrame = self._answers.table(
            self._network.predict(X), config["outputs"], config["classes"], config["target"]
        )
        return table.set_index(model_input.index)

    def _numbers(self, rows: pd.DataFrame) -> Any:
        """The cells as an array, which MLflow has cast to numbers.

        Raises:
            RowError: a cell is missing or infinite; the first is named.
        """
        X = rows.to_numpy(float)
        wrong = np.argwhere(~np.isfinite(X))
        if wrong.size:
            row, column = map(int, wrong[0])
            raise self._cells.refused(rows.iloc[:, column], row, "finite numbers")
        return X


set_model(Served())

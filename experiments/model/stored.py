"""The model of a recorded run: its network, the names of what goes in and comes out, and how it was trained."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.tables.encoding import RawRows
from knobwise.experiments.record import artifacts, names
from knobwise.experiments.record.connection import store_errors
from knobwise.experiments.record.stores import StoreError, without_credentials
from knobwise.nn_core import checkpoint as checkpoints
from knobwise.nn_core import predictor
from knobwise.nn_core.predictor import Predictor

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Dataset, Run

CHECKPOINT = artifacts.CHECKPOINT


@dataclass(frozen=True, kw_only=True)
class StoredModel:
    """A trained network with what is known of it.

    Attributes:
        run: MLflow's run that trained it.
        checkpoint: the bytes of the run's `checkpoint.npz`.
        config: what it was trained with.
        predictor: the network, ready to be asked.
        inputs, outputs: names of the network's inputs and outputs.
        classes, target: of classification, what the classes are called, and what they are classes of.
        raw: how rows as a file has them become inputs; None where they are the inputs themselves.
    """

    run: "Run"
    checkpoint: bytes
    config: RunConfig
    predictor: Predictor
    inputs: list[str]
    outputs: list[str]
    classes: list[str]
    target: str
    raw: RawRows | None

    @property
    def columns(self) -> list[str]:
        """The columns that a table must have to be predicted from."""
        return self.inputs if self.raw is None else [column.name for column in self.raw.columns]

    @property
    def run_id(self) -> str:
        """MLflow's id of the run."""
        return str(self.run.info.run_id)

    @property
    def trial(self) -> int:
        """The number of the trial that it is, or was retrained from."""
        return int(self.run.data.tags[names.TRIAL])

    @property
    def kind(self) -> str:
        """`trial` or `retrain`."""
        return str(self.run.data.tags[names.KIND])

    @property
    def problem(self) -> str:
        """What it was fitted to."""
        return str(self.run.data.tags[names.PROBLEM])

    @property
    def val_mse(self) -> float:
        """Its error on the validation part; the mean over replicates, where the trial has several."""
        return float(self.run.data.metrics["val_mse"])


def read(client: "MlflowClient", uri: str, run_id: str) -> StoredModel:
    """The model of a run that is over and has one.

    Args:
        client: of the store at `uri`.
        run_id: of a trial that is complete, or of a retrained run.

    Raises:
        StoreError: the run or its checkpoint is gone, or cannot be read; one line that says which.
    """
    place = without_credentials(uri)
    with store_errors(uri, f"cannot read the model of run {run_id} in"):
        run = client.get_run(run_id)
        data = artifacts.read(client, run_id, CHECKPOINT)
    if not data:
        raise StoreError(
            f"the model of run {run_id} in {place} is gone: there is no {CHECKPOINT} in {run.info.artifact_uri}"
        )
    try:
        facts = checkpoints.load(data).facts
        config = RunConfig.from_dict(facts["config"])
        raw = RawRows.from_dict(facts["raw"]) if "raw" in facts else None
        network = predictor.load(data)
    except (ValueError, KeyError) as error:
        raise StoreError(f"cannot read the model of run {run_id} in {place}: {error}") from None
    columns = _columns(datasets_of(run))
    d = network.inputs.mean.size
    if len(columns) != d + network.outputs.mean.size:
        raise StoreError(f"cannot read the model of run {run_id} in {place}: its data set's columns are not recorded")
    return StoredModel(
        run=run,
        checkpoint=data,
        config=config,
        predictor=network,
        inputs=columns[:d],
        outputs=columns[d:],
        classes=facts.get("classes", []),
        target=facts.get("target", ""),
        raw=raw,
    )


def datasets_of(run: "Run") -> "dict[str, Dataset]":
    """The run's data sets by their context: `train`, `val`, `test`."""
    inputs = run.inputs.dataset_inputs if run.inputs else []
    return {tag.value: each.dataset for each in inputs for tag in each.tags if tag.key == names.DATA_CONTEXT}


def _columns(datasets: "dict[str, Dataset]") -> list[str]:
    """The columns of the training part: inputs, then outputs."""
    schema = datasets["train"].schema if "train" in datasets else None
    return [column["name"] for column in json.loads(schema)["mlflow_colspec"]] if schema else []

"""A stored model as MLflow's kind of model: a folder that `mlflow models serve` can serve anywhere."""

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from knobwise import nn_core
from knobwise.experiments.data import tables
from knobwise.experiments.data.tables import convert, encoding, notation
from knobwise.experiments.model import answers, condition
from knobwise.experiments.model.stored import CHECKPOINT, StoredModel, datasets_of
from knobwise.experiments.record import leftovers, names
from knobwise.experiments.record.artifacts import SCRATCH

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Metric
    from mlflow.models import ModelSignature
    from mlflow.types import DataType

REQUIREMENTS = ("mlflow", "numpy", "pandas")
"""What a model needs, pinned to the versions that logged it: its own code is in its folder."""

CODE = "knobwise_model"  # the package in a logged model that holds a copy of the code it needs

EXAMPLES = 5  # rows of the input example


def log(client: "MlflowClient", study: str, model: StoredModel) -> str:
    """The id of the run's logged model, with its metrics linked to it; made now, unless it is there and whole.

    It is marked as ready last of all, so that one whose writer died on the way is known, and replaced.
    """
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    experiment = model.run.info.experiment_id
    for logged_before in client.search_logged_models([experiment], f"source_run_id = '{model.run_id}'"):
        if logged_before.status == LoggedModelStatus.READY and condition.has_files(client, logged_before.model_id):
            return str(logged_before.model_id)
        client.delete_logged_model(logged_before.model_id)  # its writer died on the way, or its files are gone
    tags = {name: model.run.data.tags[name] for name in (names.STUDY, names.TRIAL, names.KIND)}
    logged = client.create_logged_model(
        experiment,
        name=study.replace(".", "-"),
        source_run_id=model.run_id,
        params=dict(model.run.data.params),
        tags=tags,
    )
    with tempfile.TemporaryDirectory(prefix=leftovers.mine(SCRATCH)) as folder:
        place = Path(folder) / "model"
        write(model, logged, place)
        client.log_model_artifacts(logged.model_id, str(place))
    client.log_batch(model.run_id, metrics=_linked(client, model, logged.model_id))
    client.log_outputs(model.run_id, [LoggedModelOutput(logged.model_id, 0)])
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    return str(logged.model_id)


def write(model: StoredModel, logged: "LoggedModel", folder: Path) -> None:
    """Write the model into `folder`, which does not exist.

    In it are `served.py` and the package `knobwise_model` (code), the checkpoint (arrays, read with pickles off), a
    signature (columns by name, with their types), an input example, and the requirements. Nothing is pickled.

    Args:
        model: whose checkpoint it is.
        logged: MLflow's entry that the folder is for.
        folder: where to write.
    """
    from mlflow.models import Model
    from mlflow.pyfunc import save_model

    needed = REQUIREMENTS + (("scikit-learn",) if model.raw else ())
    with tempfile.TemporaryDirectory(prefix=leftovers.mine(SCRATCH)) as beside:
        checkpoint = Path(beside) / CHECKPOINT
        checkpoint.write_bytes(model.checkpoint)
        code = _code(Path(beside))
        save_model(
            path=folder,
            python_model=Path(__file__).with_name("served.py"),
            code_paths=[str(code)],
            artifacts={"checkpoint": checkpoint.as_uri()},
            model_config={
                "inputs": model.inputs,
                "outputs": model.outputs,
                "classes": model.classes,
                "target": model.target,
                "raw": model.raw.as_dict() if model.raw else None,
            },
            signature=_signature(model),
            input_example=example(model),
            # Named, so that MLflow does not look for them by loading the model in another process: 10 seconds.
            pip_requirements=[f"{name}=={version(name)}" for name in needed],
            mlflow_model=Model(
                artifact_path=logged.artifact_location,
                model_uuid=logged.model_id,
                model_id=logged.model_id,
                run_id=model.run_id,
            ),
        )


def _code(folder: Path) -> Path:
    """The code that a model needs, copied into `folder` as a package of another name.

    Under its own name it would hide the installed Knobwise in a process that loads the model first.
    """
    package = folder / CODE
    core = Path(nn_core.__file__).parent
    sources = {source: package / "nn_core" / source.relative_to(core) for source in core.rglob("*.py")}
    beside = [Path(str(each.__file__)) for each in (answers, encoding, convert, notation)]
    for source, target in (sources | {each: package / each.name for each in beside}).items():
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        text = text.replace(nn_core.__name__, f"{CODE}.nn_core").replace(tables.__name__, CODE)
        target.write_text(text, encoding="utf-8")
    (package / "__init__.py").write_text('"""What a logged model needs of Knobwise, copied."""\n', encoding="utf-8")
    return package


def _signature(model: StoredModel) -> "ModelSignature":
    """Columns by name, with their types; and what is to be done with a category that was not trained on."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema

    def numbers(names: list[str]) -> Schema:
        return Schema([ColSpec(DataType.double, name) for name in names])

    columns = answers.columns(model.outputs, model.classes, model.target)
    outputs = numbers(columns)
    if model.classes:
        outputs = Schema([ColSpec(DataType.string, columns[0]), *numbers(columns[1:])])
    if model.raw is None:
        return ModelSignature(numbers(model.inputs), outputs)
    inputs = Schema([ColSpec(_type(each), each.name) for each in model.raw.columns])
    return ModelSignature(inputs, outputs, ParamSchema([ParamSpec("unseen", DataType.string, "refuse")]))


def _type(column: encoding.Column) -> "DataType":
    """Numbers are numbers, unless the file has them with a unit or with commas; all else is texts."""
    from mlflow.types import DataType

    plain = column.kind == "number" and column.notation == notation.PLAIN
    return DataType.double if plain else DataType.string


def example(model: StoredModel) -> pd.DataFrame:
    """A few inputs to try it on: the training sample's mean, and up to a standard deviation around it.

    Rounded to three digits, since they are to be read.
    """
    scaling = model.predictor.inputs
    spread = scaling.mean + np.linspace(-1, 1, EXAMPLES)[:, None] * scaling.std
    rows = pd.DataFrame([[float(f"{value:.3g}") for value in row] for row in spread], columns=model.inputs)
    return rows if model.raw is None else pd.DataFrame({each.name: _cells(each, rows) for each in model.raw.columns})


def _cells(column: encoding.Column, rows: pd.DataFrame) -> list[object]:
    """A raw column of the input example, as a file would have it.

    Args:
        column: what it is.
        rows: the example after encoding: the numbers are taken from there.
    """
    if column.kind == "number":
        return [column.notation.written(value) for value in rows[column.name]]
    if column.kind == "boolean":
        return [str(place % 2 == 0).lower() for place in range(len(rows))]
    if column.kind == "category":
        known = [each for each in column.categories if each not in (encoding.MISSING, encoding.OTHER)]
        return [known[place % len(known)] if known else "" for place in range(len(rows))]
    median = pd.Timestamp("1970-01-01") + pd.Timedelta(days=column.fill)
    written = column.notation.date or "%Y-%m-%d"
    return [(median + pd.Timedelta(days=7 * place)).strftime(written) for place in range(len(rows))]


def _linked(client: "MlflowClient", model: StoredModel, model_id: str) -> "list[Metric]":
    """The run's single metrics once more, each with the model, and the part of the data that it was measured on."""
    from mlflow.entities import Metric

    parts = datasets_of(model.run)
    linked = []
    for name in model.run.data.metrics.keys() - set(names.CURVES):
        last = client.get_metric_history(model.run_id, name)[-1]
        data = parts.get(name.partition("_")[0])
        linked.append(
            Metric(
                name,
                last.value,
                last.timestamp,
                last.step,
                model_id=model_id,
                dataset_name=data.name if data else None,
                dataset_digest=data.digest if data else None,
                run_id=model.run_id,
            )
        )
    return linked

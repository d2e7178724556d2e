"""An `Outcome` as MLflow keeps it: params, metrics, dataset inputs, and files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.outcome import Curves, DatasetFacts, Outcome
from knobwise.experiments.record import artifacts, names
from knobwise.experiments.record.recorded import StudyRun

if TYPE_CHECKING:
    from mlflow.entities import Dataset, DatasetInput, Metric, Param

POINTS = 100
"""Points of a loss curve that MLflow keeps; each costs it 0.1 ms. The whole curve is in `curves.csv`."""

_LONGEST_TAG = 8000  # characters


def thinned(count: int, points: int = POINTS) -> NDArray[np.int64]:
    """Which of `count` points to keep: evenly spaced, the first and the last among them, at most `points` (>= 2).

    >>> thinned(9, points=5)
    array([0, 2, 4, 6, 8])
    >>> thinned(3, points=5)
    array([0, 1, 2])
    """
    if count <= points:
        return np.arange(count)
    return np.linspace(0, count - 1, points).round().astype(np.int64)


def tags(texts: Mapping[str, str]) -> dict[str, str]:
    """Tags, cut to the length that MLflow keeps."""
    return {key: text if len(text) <= _LONGEST_TAG else text[: _LONGEST_TAG - 1] + "…" for key, text in texts.items()}


def place_tags(
    study: StudyRun, trial: int, replicate: int | None, parent: str | None, *, baseline: bool
) -> dict[str, str]:
    """The tags that say where a run belongs: its study, its trial, and the run above it; and its name.

    Args:
        study: whose run it is.
        trial: the trial's number.
        replicate: which replicate of the trial it is; None for the trial itself.
        parent: id of the run above it; None for the study's own.
        baseline: whether it is the setting that others are compared with.
    """
    found = {
        names.SWEEP: study.sweep,
        names.NAME: study.name,
        names.STUDY: study.study,
        names.KIND: "trial" if replicate is None else "replicate",
        names.TRIAL: str(trial),
        names.PARENT: parent or study.run_id,
        names.RUN_NAME: f"trial {trial}" + (" (baseline)" if baseline else ""),
    }
    if replicate is not None:
        found |= {names.REPLICATE: str(replicate), names.RUN_NAME: f"trial {trial}, replicate {replicate}"}
    return found


def params(config: RunConfig) -> "list[Param]":
    """Every field of `config`; numbers as Python writes them, `widths` as JSON: `[64, 64, 64]`."""
    from mlflow.entities import Param

    return [
        Param(name, json.dumps(value) if isinstance(value, list) else str(value))
        for name, value in config.as_dict().items()
    ]


def curve_metrics(curves: Curves, started: int, ended: int) -> "list[Metric]":
    """The loss curves, thinned, with the epoch as MLflow's step and times spread evenly from `started` to `ended`.

    Losses that are not finite are left out: MLflow keeps infinity as 1.8e308, which flattens every chart, and hides
    the chart of a metric that ends in NaN. `curves.csv` has them.

    Args:
        curves: of the whole run.
        started, ended: of the run, in milliseconds since 1970.
    """
    from mlflow.entities import Metric

    last = max([1, *curves.epoch[-1:].tolist(), *curves.val_epoch[-1:].tolist()])
    points = []
    for name, epochs, losses in _lines(curves):
        finite = np.flatnonzero(np.isfinite(losses))
        for index in finite[thinned(len(finite))]:
            epoch = int(epochs[index])
            time = started + round((ended - started) * epoch / last)
            points.append(Metric(name, float(losses[index]), time, epoch))
    return points


def metrics(values: Mapping[str, float], time: int, step: int = 0) -> "list[Metric]":
    """Values of one time (milliseconds since 1970). Single values are of step 0, which MLflow draws as bars."""
    from mlflow.entities import Metric

    return [Metric(name, float(value), time, step) for name, value in values.items()]


def dataset_inputs(outcome: Outcome) -> "list[DatasetInput]":
    """The parts of the data, each under its context `train`, `val` or `test`."""
    from mlflow.entities import DatasetInput, InputTag

    return [
        DatasetInput(
            _dataset(outcome.problem, facts), [InputTag(names.DATA_CONTEXT, part), InputTag(names.SHA256, facts.sha256)]
        )
        for part, facts in outcome.datasets.items()
    ]


def write_files(outcome: Outcome, further: Mapping[str, bytes], folder: Path) -> None:
    """Write what MLflow keeps as artifacts: `curves.csv`, `config.json`, `checkpoint.npz`, pictures, and `further`."""
    (folder / artifacts.CURVES).write_text(_csv(outcome.curves))
    about = {"problem": outcome.problem, "config": outcome.config.as_dict()}
    (folder / "config.json").write_text(json.dumps(about, indent=2) + "\n")
    if outcome.checkpoint:
        (folder / artifacts.CHECKPOINT).write_bytes(outcome.checkpoint)
    write_contents({**outcome.pictures, **further}, folder)


def write_contents(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write each file under its artifact path."""
    for path, content in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _lines(curves: Curves) -> "Iterator[tuple[str, NDArray[np.int64], NDArray[np.float64]]]":
    yield names.TRAIN_LOSS, curves.epoch, curves.train_loss
    yield names.VAL_LOSS, curves.val_epoch, curves.val_loss


def _csv(curves: Curves) -> str:
    """One row an epoch, empty where a loss was not scored."""
    train, val = (dict(zip(epochs.tolist(), losses.tolist(), strict=True)) for _, epochs, losses in _lines(curves))
    rows = (f"{epoch},{train.get(epoch, '')},{val.get(epoch, '')}\n" for epoch in sorted(train.keys() | val.keys()))
    return f"epoch,{names.TRAIN_LOSS},{names.VAL_LOSS}\n" + "".join(rows)


def _dataset(problem: str, facts: DatasetFacts) -> "Dataset":
    from mlflow.entities import Dataset

    columns = [{"type": "double", "name": name, "required": True} for name in facts.columns]
    profile = {"num_rows": facts.rows, "num_elements": facts.rows * len(facts.columns), "sha256": facts.sha256}
    return Dataset(
        name=facts.name,
        digest=facts.sha256[:12],  # MLflow shows it beside the name, and takes 36 characters
        source_type="code",
        source=json.dumps({"tags": {names.SOURCE_NAME: _where(problem), "about": facts.about}}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps(profile),
    )


def _where(problem: str) -> str:
    """The file that a problem's data come from."""
    source = Spec.parse(problem).source
    bundled = not any(mark in source for mark in ":./\\")
    return f"experiments/problems/{source}.py" if bundled else source

"""Runs of models that a study's trials are seen beside: a constant, a linear model, gradient boosting."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from knobwise.experiments.record import entries, names, study_runs
from knobwise.experiments.record.readers.reader import Reader
from knobwise.experiments.record.recorded import StudyRun

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from knobwise.experiments.references.fit import Reference


def write(
    client: "MlflowClient",
    reader: Reader,
    origin: Mapping[str, str],
    study: StudyRun,
    reference: "Reference",
    ended: float,
) -> str:
    """Record a reference model of `study`, unless it is recorded already; its run's id.

    Args:
        client, reader: of the store.
        origin: the tags that say what recorded it.
        study: whose trials it is seen beside.
        reference: what was fitted, and its metrics, named as a trial's are.
        ended: when the fit was over, in seconds since 1970.
    """
    from mlflow.entities import RunTag

    for run in study_runs.every_run(reader, study, "reference"):
        if run.reference == reference.name:
            if run.mlflow_status == "FINISHED":
                return run.run_id
            client.set_terminated(run.run_id, "KILLED")  # its driver died on the way
            client.set_tag(run.run_id, names.STATUS, names.ABANDONED)
            client.set_tag(run.run_id, names.REFERENCE, "")
    tags = {
        **origin,
        names.SWEEP: study.sweep,
        names.NAME: study.name,
        names.STUDY: study.study,
        names.KIND: "reference",
        names.REFERENCE: reference.name,
        names.PARENT: study.run_id,
        names.RUN_NAME: f"{reference.name} (for scale)",
        names.NOTE: reference.about,
    }
    ended_ms = round(ended * 1000)
    started_ms = ended_ms - round(reference.metrics.get("train_seconds", 0.0) * 1000)
    made = client.create_run(study.experiment_id, start_time=started_ms, tags=entries.tags(tags))
    client.log_batch(
        made.info.run_id,
        metrics=entries.metrics(reference.metrics, ended_ms),
        tags=[RunTag(names.STATUS, "complete")],
    )
    client.set_terminated(made.info.run_id, "FINISHED", end_time=ended_ms)
    return str(made.info.run_id)

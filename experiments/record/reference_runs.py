"""Runs of models that a study's trials are seen beside: a constant, a linear model, gradient boosting."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from knobwise.experiments.record import entries, names, study_runs
from knobwise.experiments.record.recorded import StudyRun

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from knobwise.experiments.references.fit import Reference


def write(
    client: "MlflowClient", origin: Mapping[str, str], study: StudyRun, reference: "Reference", ended: float
) -> str:
    """Record a reference model of `study`; its run's id. One that is there is not made again.

    Args:
        client: of the store.
        origin: the tags that say what recorded it.
        study: whose trials it is seen beside.
        reference: what was fitted, and its metrics, named as a trial's are.
        ended: when the fit was over, in seconds since 1970.
    """
    from mlflow.entities import RunTag

    same = f"tags.`{names.KIND}` = 'reference' and tags.`{names.STUDY}` = '{study.study}'"
    for run in study_runs.search(client, study.experiment_id, same):
        if run.data.tags.get(names.REFERENCE) == reference.name:
            if run.info.status == "FINISHED":
                return str(run.info.run_id)
            client.set_terminated(run.info.run_id, "KILLED")  # its driver died on the way
            client.set_tag(run.info.run_id, names.STATUS, names.ABANDONED)
            client.set_tag(run.info.run_id, names.REFERENCE, "")
    said = {
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
    over = round(ended * 1000)
    began = over - round(reference.metrics.get("train_seconds", 0.0) * 1000)
    made = client.create_run(study.experiment_id, start_time=began, tags=entries.tags(said))
    client.log_batch(
        made.info.run_id,
        metrics=entries.metrics(reference.metrics, over),
        tags=[RunTag(names.STATUS, "complete")],
    )
    client.set_terminated(made.info.run_id, "FINISHED", end_time=over)
    return str(made.info.run_id)

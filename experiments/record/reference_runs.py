"""Runs of the reference models of a study: a constant, a linear model, gradient boosting."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from knobwise.experiments.record import entries, names, writers
from knobwise.experiments.record.recorded import StudyRun

if TYPE_CHECKING:
    from knobwise.experiments.references.fit import Reference


def write(
    writer: writers.Writer, origin: Mapping[str, str], study: StudyRun, reference: "Reference", ended: float
) -> str:
    """Record a reference model of `study`; its run's id.

    Args:
        writer: of the store.
        origin: the tags that say which code recorded it.
        study: the study.
        reference: what was fitted, and its metrics, named as a trial's are.
        ended: when the fit was over, in seconds since 1970.
    """
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
    run_id, _ = writer.begin(study.experiment_id, started_ms, entries.tags(tags))
    metrics = entries.metrics(reference.metrics, ended_ms)
    status = {names.STATUS: "complete"}
    writer.complete(run_id, writers.Results(state="FINISHED", ended=ended_ms, tags=status, metrics=metrics))
    return run_id

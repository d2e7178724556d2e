"""The runs of a study as they stand in the record, whatever their state: what a resume and a repair go by."""

import math
from collections import defaultdict

from knobwise.experiments.record import names
from knobwise.experiments.record.readers.reader import Reader
from knobwise.experiments.record.recorded import RecordedRun, StudyRun


def every_run(reader: Reader, study: StudyRun, kind: str = "") -> list[RecordedRun]:
    """All runs of `study`, those that a user deleted among them, by trial and replicate; only of `kind` if given."""
    rows = reader.rows(study, kind=kind, all_states=True, params=False)
    metrics: dict[str, dict[str, float]] = defaultdict(dict)
    for run_id, name, value in rows.metrics:
        metrics[run_id][name] = math.nan if value is None else value
    runs = []
    for run in rows.runs:
        tags = rows.tags[run.run_id]
        if tags.get(names.KIND) != "study":  # another parent run of the same study
            runs.append(
                RecordedRun(
                    run_id=run.run_id,
                    trial=int(tags.get(names.TRIAL, -1)),
                    replicate=int(tags[names.REPLICATE]) if names.REPLICATE in tags else None,
                    status=tags.get(names.STATUS, ""),
                    mlflow_status=run.state,
                    metrics=metrics[run.run_id],
                    deleted=run.deleted,
                    parent=tags.get(names.PARENT, ""),
                    kind=tags.get(names.KIND, ""),
                    name=run.name,
                    started=run.started,
                    reference=tags.get(names.REFERENCE, ""),
                    address=run.address,
                )
            )
    return sorted(runs, key=lambda run: run.place)


def trials_and_replicates(runs: list[RecordedRun], study: StudyRun) -> list[RecordedRun]:
    """Of `runs` the trials below the parent run of `study`, and the replicates below those, in the same order."""
    trials = {run.run_id for run in runs if run.kind == "trial" and run.parent == study.run_id}
    return [run for run in runs if run.run_id in trials or (run.kind == "replicate" and run.parent in trials)]

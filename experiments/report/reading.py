"""From the store to the facts of a report: the study's runs and tags, and the curves, each read once and in bulk."""

from datetime import UTC, datetime

import pandas as pd

from knobwise.experiments.compare import best_trials
from knobwise.experiments.record import lookup, names, tables
from knobwise.experiments.record.readers.reader import Reader
from knobwise.experiments.record.stores import tracking_uri, without_credentials
from knobwise.experiments.report import knobs
from knobwise.experiments.report.facts import Facts

ERRORS = 10  # failed trials whose error is shown


def read(name: str, uri: str | None = None) -> Facts:
    """All that a report needs of the study called `name`, as `knobwise.experiments.compare` finds it.

    Raises:
        UnknownStudy, OtherSchema: there is no such study, or it cannot be understood.
        StoreError: the store cannot be read.
    """
    reader, study = lookup.study_called(name, uri)
    table = tables.runs(study.study, lookup.rows_of(reader, study), replicates=True, confirmations=True)
    runs = table[table["kind"] == "trial"].reset_index(drop=True)
    tags = reader.tags(study.run_id)
    asked = tuple(filter(None, map(str.strip, tags.get(names.ABOUT + "knobs", "").split(","))))
    return Facts(
        study=study.study,
        run_id=study.run_id,
        sweep=tags.get(names.SWEEP, study.name),
        problem=study.problem,
        tags={key: without_credentials(value) for key, value in tags.items()},
        runs=runs,
        curves=tables.curves(runs, reader.points(runs["run_id"].to_list(), (names.VAL_LOSS,))),
        knobs=knobs.turned(runs, asked),
        ranking=best_trials.ranking(table),
        errors=_errors(reader, runs),
        uri=tracking_uri(uri),
        file=reader.file,
        made=datetime.now(UTC),
    )


def _errors(reader: Reader, runs: pd.DataFrame) -> dict[int, str]:
    failed = runs[runs["status"] == "failed"].head(ERRORS)
    return {
        int(trial): without_credentials(reader.tags(run_id).get(names.ERROR, "the error is not recorded"))
        for trial, run_id in zip(failed["trial"], failed["run_id"], strict=True)
    }

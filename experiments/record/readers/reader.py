"""What a store is read into: plain rows, before they are a table; and what reads them."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from knobwise.experiments.record import names
from knobwise.experiments.record.recorded import AbandonedRun, StudyRun

TAGS = (
    names.KIND, names.TRIAL, names.REPLICATE, names.STATUS, names.BASELINE, names.SCHEMA, names.PARENT, names.REFERENCE,
)  # fmt: skip
"""The tags of a run below a study that are read in bulk."""

Points = list[tuple[str, str, int, float | None]]
"""`(run_id, metric, epoch, value)`; NaN as None."""


class RunRow(NamedTuple):
    """A run.

    Attributes:
        run_id: MLflow's.
        name: what MLflow's pages call it.
        started: milliseconds since 1970.
        state: `RUNNING`, `FINISHED`, `FAILED` or `KILLED`.
        deleted: whether a user deleted it.
        address: of its artifacts.
    """

    run_id: str
    name: str
    started: int
    state: str
    deleted: bool
    address: str


class Rows(NamedTuple):
    """Runs below a study, in no order.

    Attributes:
        runs: one each.
        tags: by run id; those named in `TAGS` only.
        params: `(run_id, name, value)`, values as text.
        metrics: `(run_id, name, value)`, the last value of each; NaN as None.
    """

    runs: list[RunRow]
    tags: dict[str, dict[str, str]]
    params: list[tuple[str, str, str]]
    metrics: list[tuple[str, str, float | None]]


class Reader(Protocol):
    """A store that can be read. Every method raises StoreError where it cannot."""

    def studies(self, *, deleted: bool = False) -> list[StudyRun]:
        """All studies in the store; with `deleted` also those that a user deleted."""
        ...

    def rows(
        self, study: StudyRun, *, kind: str = "", all_states: bool = False, params: bool = True, metrics: bool = True
    ) -> Rows:
        """The runs below `study`: those that are FINISHED or FAILED and not deleted.

        Args:
            study: the study.
            kind: one of `names.KINDS`, the only one that is wanted; empty for all.
            all_states: also runs that are RUNNING, KILLED or deleted.
            params, metrics: without, they may be left out.
        """
        ...

    def abandoned(self) -> list[AbandonedRun]:
        """The abandoned runs of all studies that are not deleted."""
        ...

    def points(self, run_ids: list[str], metrics: tuple[str, ...]) -> Points:
        """The points of the curves `metrics` of the runs `run_ids`, in no order."""
        ...

    def tags(self, run_id: str) -> dict[str, str]:
        """All tags of a run, whatever made it; none where there is no such run, or it was deleted."""
        ...

    def file(self, run_id: str, path: str) -> bytes:
        """The file that a run keeps under the artifact path `path`; empty where it is gone."""
        ...


def study_run(
    tags: Mapping[str, str], run_id: str, experiment_id: object, sweep: str, started: int, state: str, deleted: object
) -> StudyRun:
    """The study whose parent run has these `tags` and facts."""
    return StudyRun(
        experiment_id=str(experiment_id),
        run_id=run_id,
        study=tags[names.STUDY],
        name=tags.get(names.NAME, tags[names.STUDY]),
        sweep=sweep,
        started=started,
        state=state,
        deleted=bool(deleted),
        problem=tags.get(names.PROBLEM, ""),
        schema=tags.get(names.SCHEMA, ""),
        storage=tags.get(names.ABOUT + "storage", ""),
    )

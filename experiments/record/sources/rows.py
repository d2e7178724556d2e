"""What a store is read into: plain rows, before they are a table."""

from typing import NamedTuple, Protocol

from experiments.record import names

TAGS = (names.KIND, names.TRIAL, names.REPLICATE, names.STATUS, names.BASELINE)
"""The tags that a table of runs is made from."""

Points = list[tuple[str, str, int, float | None]]
"""`(run_id, metric, epoch, value)`; NaN as None."""


class Study(NamedTuple):
    """Attributes:
    experiment_id: MLflow's experiment, which is the sweep.
    run_id: the parent run.
    study: the study's key, which no other study of the sweep has.
    name: its base name.
    started: milliseconds since 1970.
    """

    experiment_id: str
    run_id: str
    study: str
    name: str
    started: int


class Rows(NamedTuple):
    """The trials and replicates of a study: those that are over and that nobody deleted, in no order.

    Attributes:
        runs: `(run_id, started)` of each, milliseconds since 1970.
        tags: `(run_id, name, value)`; those named in `TAGS` only.
        params: `(run_id, name, value)`, values as text.
        metrics: `(run_id, name, value)`, the last value of each; NaN as None.
    """

    runs: list[tuple[str, int]]
    tags: list[tuple[str, str, str]]
    params: list[tuple[str, str, str]]
    metrics: list[tuple[str, str, float | None]]


class Source(Protocol):
    """A store that can be read."""

    def studies(self) -> list[Study]:
        """All studies in the store that nobody deleted."""
        ...

    def rows(self, study: Study) -> Rows:
        """The trials and replicates of `study`."""
        ...

    def points(self, run_ids: list[str], metrics: tuple[str, ...]) -> Points:
        """The points of the curves `metrics` of the runs `run_ids`, in no order."""
        ...

"""What a store is read into: plain rows, before they are a table."""

from typing import NamedTuple, Protocol

from knobwise.experiments.record import names

TAGS = (names.KIND, names.TRIAL, names.REPLICATE, names.STATUS, names.BASELINE, names.SCHEMA)
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
    problem: what was fitted; empty where it is not said.
    schema: the version of our names that it was recorded under; empty where it is not said.
    """

    experiment_id: str
    run_id: str
    study: str
    name: str
    started: int
    problem: str = ""
    schema: str = ""


class Rows(NamedTuple):
    """The trials, replicates and confirmations of a study: those that are over and that nobody deleted, in no order.

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

    def rows(self, study: Study, *, only_tags: bool = False) -> Rows:
        """The trials, replicates and confirmations of `study`; with `only_tags` params and metrics may be left out."""
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

"""What there is to write of a run once it is over, and what writes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Metric, Param

State = Literal["FINISHED", "FAILED"]


@dataclass(frozen=True, kw_only=True)
class Results:
    """All of a run that is not known before it is over.

    Attributes:
        state: that MLflow shows.
        ended: milliseconds since 1970.
        tags: cut to the length that MLflow keeps (`entries.tags`).
        params: each with a name of its own.
        metrics: single values, and curves point by point.
        inputs: the data sets.
    """

    state: State
    ended: int
    tags: Mapping[str, str]
    params: "Sequence[Param]" = ()
    metrics: "Sequence[Metric]" = ()
    inputs: "Sequence[DatasetInput]" = ()


class Writer(Protocol):
    """Writes a run in two steps, so that one whose driver died between them is known by its state, RUNNING."""

    def begin(self, experiment_id: str, started: int, tags: Mapping[str, str]) -> tuple[str, str]:
        """Make a run that is RUNNING: its id, and the address of its files.

        Args:
            experiment_id: of an experiment that is not deleted.
            started: milliseconds since 1970.
            tags: cut to the length that MLflow keeps; the run's name is `mlflow.runName`.
        """
        ...

    def complete(self, run_id: str, results: Results) -> None:
        """Write the rest, and that the run is over."""
        ...

"""Runs written by MLflow's client: into any store, in eight transactions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from knobwise.experiments.record.writers.writer import Results

if TYPE_CHECKING:
    from mlflow import MlflowClient


class ClientWriter:
    """See `Writer`.

    Args:
        client: of the store.
    """

    def __init__(self, client: "MlflowClient") -> None:
        self._client = client

    def begin(self, experiment_id: str, started: int, tags: Mapping[str, str]) -> tuple[str, str]:
        """See `Writer`."""
        run = self._client.create_run(experiment_id, start_time=started, tags=dict(tags))
        return run.info.run_id, run.info.artifact_uri

    def complete(self, run_id: str, results: Results) -> None:
        """See `Writer`."""
        from mlflow.entities import RunTag

        tags = [RunTag(key, value) for key, value in results.tags.items()]
        self._client.log_batch(run_id, metrics=list(results.metrics), params=list(results.params), tags=tags)
        if results.inputs:
            self._client.log_inputs(run_id, list(results.inputs))
        self._client.set_terminated(run_id, results.state, end_time=results.ended)

"""What earlier sittings of a sweep have trained: their checkpoints, read back from the record."""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from optuna.trial import FrozenTrial

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine.recording.recorder import Opened, Recorder
from knobwise.sweeps.engine.trials.prefixes import Prefix, Prefixes, but_epochs, key


class Past:
    """The runs of a study's earlier sittings, whose checkpoints are in the record.

    Args:
        finished: the trials that were over when this sitting began.
        opened: the record as it was then.
        recorder: reads checkpoints from it.
    """

    def __init__(self, finished: Iterable[FrozenTrial], opened: "Future[Opened]", recorder: Recorder) -> None:
        self._opened, self._recorder = opened, recorder
        self._trials: dict[str, list[int]] = defaultdict(list)
        for trial in finished:
            self._trials[but_epochs(trial.params)].append(trial.number)

    def fetch(self, params: dict[str, Any], configs: list[RunConfig], prefixes: Prefixes) -> None:
        """Bring the longest run of `params`, `epochs` apart, into `prefixes`: each of `configs` its replicate.

        A checkpoint that is no longer there is none: the run starts from its beginning.
        """
        trials = self._trials.get(but_epochs(params), [])
        if not trials or key(configs[0]) is None:
            return
        found: dict[tuple[int, int], tuple[int, str]] = {}
        for run in self._opened.result().recorded:
            epochs = int(run.metrics.get("epochs_done", 0))
            over = run.trial in trials and run.status in ("complete", "pruned") and run.mlflow_status == "FINISHED"
            if over and epochs <= configs[0].epochs and (run.replicate is None) == (len(configs) == 1):
                found[epochs, run.replicate or 0] = run.trial, run.run_id
        longest = max((epochs for epochs, _ in found), default=0)
        for replicate, config in enumerate(configs):
            trial, run_id = found.get((longest, replicate), (0, ""))
            if run_id:
                prefixes.add(config, Prefix(longest, self._recorder.checkpoint(run_id).result(), trial))

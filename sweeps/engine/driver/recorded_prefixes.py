"""The prefixes that earlier sessions of a study have trained: their checkpoints, read from the record."""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from optuna.trial import FrozenTrial

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine.recording.recorder import Recorder, StudyRecord
from knobwise.sweeps.engine.trials.prefixes import Prefix, Prefixes, params_but_epochs, prefix_key


class RecordedPrefixes:
    """The runs of a study's earlier sessions, whose checkpoints are in the record.

    Args:
        finished: the trials that had ended when this session began.
        record: the study's record at that time.
        recorder: reads checkpoints.
    """

    def __init__(self, finished: Iterable[FrozenTrial], record: "Future[StudyRecord]", recorder: Recorder) -> None:
        self._record, self._recorder = record, recorder
        self._trials: dict[str, list[int]] = defaultdict(list)
        for trial in finished:
            self._trials[params_but_epochs(trial.params)].append(trial.number)

    def fetch(self, params: dict[str, Any], configs: list[RunConfig], prefixes: Prefixes) -> None:
        """Add the longest recorded prefix of a trial to `prefixes`; without a checkpoint there is none.

        Args:
            params: of the trial; a prefix has the same but for `epochs`.
            configs: one for each replicate, which is continued from the same replicate's checkpoint.
            prefixes: added to.
        """
        trials = self._trials.get(params_but_epochs(params), [])
        if not trials or prefix_key(configs[0]) is None:
            return
        runs: dict[tuple[int, int], tuple[int, str]] = {}  # trial and run id by epochs and replicate
        for run in self._record.result().runs:
            epochs = int(run.metrics.get("epochs_done", 0))
            finished = run.mlflow_status == "FINISHED" and run.status in ("complete", "pruned")
            same_kind = (run.replicate is None) == (len(configs) == 1)  # a trial's own run, or one of its replicates
            if run.trial in trials and finished and same_kind and epochs <= configs[0].epochs:
                runs[epochs, run.replicate or 0] = run.trial, run.run_id
        longest = max((epochs for epochs, _ in runs), default=0)
        for replicate, config in enumerate(configs):
            trial, run_id = runs.get((longest, replicate), (0, ""))
            if run_id:
                prefixes.add(config, Prefix(longest, self._recorder.checkpoint(run_id).result(), trial))

"""The prefixes that earlier sessions of a study have trained: their checkpoints, read from the record."""

from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from optuna.trial import FrozenTrial

from knobwise.experiments.config import RunConfig
from knobwise.experiments.record.recorded import RecordedRun
from knobwise.experiments.snapshots import Snapshots, load
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
        runs: dict[tuple[int, int], RecordedRun] = {}  # by epochs and replicate
        for run in self._record.result().runs:
            epochs = int(run.metrics.get("epochs_done", 0))
            finished = run.mlflow_status == "FINISHED" and run.status in ("complete", "pruned")
            same_kind = (run.replicate is None) == (len(configs) == 1)  # a trial's own run, or one of its replicates
            if run.trial in trials and finished and same_kind and epochs <= configs[0].epochs:
                runs[epochs, run.replicate or 0] = run
        longest = max((epochs for epochs, _ in runs), default=0)
        for replicate, config in enumerate(configs):
            if same := runs.get((longest, replicate)):
                checkpoint = self._recorder.checkpoint(same.run_id).result()
                prefixes.add(config, Prefix(longest, checkpoint, same.trial, self._snapshots(same)))

    def _snapshots(self, run: RecordedRun) -> Snapshots:
        """The recorded snapshots of a run; those of a trial with replicates are of the first of them."""
        recorded_with = {None: run.run_id, 0: run.parent}.get(run.replicate)
        if not recorded_with:
            return {}
        try:
            return load(self._recorder.snapshots(recorded_with).result())
        except ValueError:  # a broken file costs the early pictures of a run, and no run
            return {}

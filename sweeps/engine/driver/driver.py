"""The driver: asks Optuna for trials, has workers run them and the recorder record them, and tells Optuna.

It alone writes to Optuna.
"""

import math
import sys
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from statistics import fmean
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from knobwise.experiments import cost, problems
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record.stores import StoreError, without_credentials
from knobwise.experiments.text import trials_text
from knobwise.sweeps.engine.driver import reconcile
from knobwise.sweeps.engine.driver.budgets import Ending
from knobwise.sweeps.engine.driver.extension import config_of
from knobwise.sweeps.engine.driver.plan import Plan
from knobwise.sweeps.engine.driver.progress import Display, Progress
from knobwise.sweeps.engine.driver.recorded_prefixes import RecordedPrefixes
from knobwise.sweeps.engine.driver.salvage import salvage
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.recording.recorder import Recorder, StudyRecord
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.trials.prefixes import Prefixes, params_but_epochs, prefix_key
from knobwise.sweeps.engine.trials.running_trial import Replicate, RunningTrial, TrialOutcome, facts, trial_outcome
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, Work
from knobwise.sweeps.engine.workers.pool import Finished, Pool, Workers

FAILURES_IN_A_ROW = 5
BACKLOG = 100  # trials that may wait for a slow store: their pictures and checkpoints are kept in memory


class Driver:
    """Runs a plan on a study.

    Args:
        plan: what to do.
        study: in Optuna, with its baseline in the queue.
        work: the function that workers call with a job.
        workers: run the jobs.
        recorder: writes to MLflow.
        record: the study's record; may still be opening.
        display: shows the progress.
        interrupts: whether to stop.
    """

    def __init__(
        self,
        plan: Plan,
        study: optuna.Study,
        work: Work,
        workers: Workers,
        recorder: Recorder,
        record: Future[StudyRecord],
        display: Display,
        interrupts: Interrupts,
    ) -> None:
        self._plan, self._study, self._work = plan, study, work
        self._slots, self._recorder, self._record = workers.slots, recorder, record
        self._display, self._interrupts = display, interrupts
        self._problem = problems.load(plan.problem)
        self._pool = Pool(workers, interrupts, self._call)
        self._to_retry: deque[optuna.Trial] = deque()  # left running by an earlier session
        self._running: dict[int, RunningTrial] = {}
        self._blocked: list[RunningTrial] = []  # those that wait for the prefix that another trains
        self._recording: dict[Future[str], tuple[RunningTrial, dict[str, Any]]] = {}  # with the facts of each
        self._progress = Progress.of(results.of(study), plan.budget.trials)
        self._prefixes = Prefixes()
        finished = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        self._recorded_prefixes = RecordedPrefixes(finished, record, recorder)
        self._failures = 0  # in a row
        self._best = math.inf
        self._ending: Ending = "done"

    def run(self) -> Ending:
        """Run until the plan is done, its budget is spent, or an interrupt came; return which.

        Raises:
            StoreError: the record or the search cannot be written.
            Unfinished: trials keep failing, or workers cannot start.
        """
        try:
            ending = self._loop()
        except StoreError:
            if self._record.done() and self._record.exception() is None:
                salvage(self._pool, self._recording, self._recorder, self._interrupts)
            raise
        except Unfinished:
            for recording in list(self._recording):
                self._tell(recording)
            self._requeue()
            raise
        self._requeue()
        return ending

    def _requeue(self) -> None:
        """Leave nothing RUNNING in Optuna: what was interrupted, or not begun, is in the queue of the next session."""
        begun = [running.trial for running in self._running.values()]
        reconcile.requeue(self._study, [trial._trial_id for trial in (*begun, *self._to_retry)])

    def _loop(self) -> Ending:
        before = self._study.get_trials(deepcopy=False)
        left, known = reconcile.running(self._study), len(before)
        over = [trial for trial in before if trial.state.is_finished()]
        if left:  # only the record tells which of these have to run again
            self._to_retry.extend(reconcile.reconcile(self._study, self._record.result(), left, known))
            self._progress = Progress.of(results.of(self._study), self._plan.budget.trials)
            self._leave_out_lost(over)
        reconciled = bool(left)
        while True:
            self._pool.fill(self._begin)
            if self._interrupts.signal:
                self._ending = "interrupted"
                self._pool.stop()
            if reconciled and not self._recording and not self._pool.in_flight:
                return self._ending
            for done in self._pool.wait(*self._recording, *([] if reconciled else [self._record])):
                if isinstance(done, Finished):
                    self._rung_ended(done)
                elif done in self._recording:
                    self._recorded(done)
                else:  # raises where the store cannot be used: nothing would be kept
                    reconcile.reconcile(self._study, self._record.result(), [], known)
                    self._leave_out_lost(over)
                    reconciled = True
            self._display.show(self._progress, len(self._running))

    def _leave_out_lost(self, over: list[FrozenTrial]) -> None:
        """Of the trials that were over before this session, those whose runs were removed do not count."""
        if lost := reconcile.leave_out_lost(self._study, self._record.result(), over):
            self._progress = Progress.of(results.of(self._study), self._plan.budget.trials)
            sys.stderr.write(f"Left out: {trials_text(lost)}, no longer in the record (removed there for good).\n")

    def _begin(self) -> bool:
        """Begin a trial, if there is one to begin."""
        enough = self._progress.done + len(self._running) >= self._plan.budget.trials
        if enough or len(self._recording) >= BACKLOG or len(self._blocked) > self._slots:
            return False
        trial = self._to_retry.popleft() if self._to_retry else self._ask()
        if trial is None:
            return False
        seeds = [None] if self._plan.seeds == 1 else range(self._plan.seeds)
        try:
            running = RunningTrial(trial, [config_of(self._plan.sweep, trial, seed) for seed in seeds])
        except ValueError as error:  # the space gave what no run can have, such as a batch larger than the data
            self._running[trial.number] = running = RunningTrial(trial, [])
            self._fail(running, str(error))
            return True
        self._running[running.number] = running
        if self._prefix_in_training(running):
            self._blocked.append(running)
        else:
            self._start(running)
        return True

    def _ask(self) -> optuna.Trial | None:
        """A trial from Optuna; None where the budget is spent or the grid has no more points."""
        epochs = {each: each.epochs_trained if each.ended else each.epochs_to_train for each in self._running.values()}
        flops = sum(cost.flops(self._problem, each.configs[0], count) for each, count in epochs.items() if count)
        reached = self._plan.budget.reached(self._progress, sum(epochs.values()), flops, self._best)
        if reached is not None:
            self._ending = reached
            return None
        if self._plan.points is not None and not self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            point = next(self._plan.points, None)
            if point is None:
                self._ending = "no more points"
                return None
            self._study.enqueue_trial(point)
        return self._study.ask()

    def _prefix_in_training(self, waiting: RunningTrial) -> bool:
        """Whether an earlier trial will leave a checkpoint to continue from: waiting for it takes no longer."""
        config = waiting.configs[0]
        key, longest = prefix_key(config), self._prefixes.longest(config)
        if key is None or (longest and longest.epochs == config.epochs):
            return False
        pauses = config.epochs in self._plan.lengths.get(params_but_epochs(waiting.trial.params), ())
        earlier = [each for each in self._running.values() if each.number < waiting.number and not each.ended]
        return any(
            (each.configs[0].epochs <= config.epochs or pauses) and prefix_key(each.configs[0]) == key
            for each in earlier
        )

    def _start(self, running: RunningTrial) -> None:
        """Queue a trial's runs, each continued from the longest prefix of it that was trained before."""
        self._recorded_prefixes.fetch(running.trial.params, running.configs, self._prefixes)
        longest = [self._prefixes.longest(config) for config in running.configs]
        if self._plan.rungs and len({(each.trial, each.epochs) if each else None for each in longest}) > 1:
            longest = [None] * len(longest)  # a pruner compares the mean of all replicates at the same rung
        running.prefixes = longest
        if self._plan.rungs and longest[0]:
            for step, value in sorted(self._reported(longest[0].trial).items()):
                if step <= longest[0].epochs and step not in self._reported(running.number):
                    running.trial.report(value, step)
        self._queue(running, range(len(running.configs)))

    def _queue(self, running: RunningTrial, replicates: Iterable[int]) -> None:
        """Queue the next rung of some replicates."""
        tasks = [Replicate(running, index) for index in replicates]
        running.pending.update(task.number for task in tasks)
        self._pool.queue.extend(tasks)

    def _call(self, task: Replicate) -> tuple[Work, Job] | None:
        """The next rung of a replicate, from its last checkpoint; None where its trial has ended."""
        running, index = task
        if running.ended:
            return None
        config = running.configs[index]
        done, checkpoint, snapshots = running.checkpoint(index)
        until = self._plan.next_pause(running.trial.params, config, done)
        return self._work, Job(
            problem=self._plan.problem, config=config, checkpoint=checkpoint, snapshots=snapshots, until=until
        )

    def _rung_ended(self, finished: Finished[Replicate]) -> None:
        """A worker has finished a rung, or has failed."""
        running, index = finished.task
        if running.ended:
            return
        if finished.outcome is None:
            self._fail(running, finished.error)
            return
        running.outcomes[index] = finished.outcome
        self._prefixes.add_outcome(finished.outcome, running.number)
        self._unblock()
        running.pending.discard(index)
        if not running.pending:
            self._decide(running, [outcome for outcome in running.outcomes if outcome is not None])

    def _decide(self, running: RunningTrial, outcomes: list[Outcome]) -> None:
        """All replicates of a trial have reached a rung, or ended: prune it, continue it, or end it."""
        result = trial_outcome(outcomes)
        paused = [index for index, outcome in enumerate(outcomes) if outcome.status == "paused"]
        if result.status == "diverged" or not paused:
            self._end(running, result)
            return
        trial, step = running.trial, outcomes[paused[0]].epochs_done
        if not self._plan.rungs or rungs.next_rung(step - 1, running.configs[0]) != step:  # it only left a checkpoint
            self._queue(running, paused)
            return
        value = fmean(outcome.metrics["val_mse"] for outcome in outcomes)
        if step not in self._reported(trial.number):  # a retried trial has reported it before
            trial.report(value, step)
        if not running.protected and trial.should_prune():
            self._end(running, trial_outcome(outcomes, pruned=True))
        else:
            self._queue(running, paused)

    def _reported(self, number: int) -> dict[int, float]:
        return self._study.get_trials(deepcopy=False)[number].intermediate_values

    def _end(self, running: RunningTrial, result: TrialOutcome) -> None:
        running.ended = True
        self._unblock()
        if result.status == "complete":
            self._best = min(self._best, result.outcome.metrics["val_mse"])
        self._recording[self._recorder.record(running, result, time.time())] = running, facts(running, result)

    def _fail(self, running: RunningTrial, reason: str) -> None:
        error = without_credentials(reason)
        running.ended = True
        self._unblock()
        failure = {"status": "failed", "error": error, "epochs_trained": running.epochs_trained}
        self._recording[self._recorder.record_failure(running, error, time.time())] = running, failure

    def _unblock(self) -> None:
        """Start the blocked trials whose prefix is there now, or will not come."""
        for running in [each for each in self._blocked if not self._prefix_in_training(each)]:
            self._blocked.remove(running)
            self._start(running)

    def _tell(self, recording: Future[str]) -> tuple[results.Row, dict[str, Any]]:
        """A trial's run is finished in MLflow: only now tell Optuna, so that a crash in between loses nothing."""
        running, result = self._recording.pop(recording)
        row = results.row(reconcile.tell(self._study, running.trial, result, recording.result()))
        self._running.pop(running.number)
        return row, result

    def _recorded(self, recording: Future[str]) -> None:
        """End a trial whose run is finished in MLflow, and stop where trials keep failing.

        Raises:
            Unfinished: so many have failed.
        """
        row, result = self._tell(recording)
        self._progress = self._progress.plus(row)
        self._display.ended(row, result.get("error", ""), self._progress)
        self._failures = self._failures + 1 if row.status == "failed" else 0
        if self._failures == FAILURES_IN_A_ROW:
            raise Unfinished(f"{self._failures} trials in a row failed, the last with {result['error']}")
        if self._progress.failures >= self._plan.budget.failures:
            raise Unfinished(f"{self._progress.failures} trials failed, the last with {result['error']}")

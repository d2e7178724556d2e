"""The driver: asks Optuna, keeps the workers busy, has outcomes recorded, tells Optuna. It alone writes to Optuna."""

import concurrent.futures
import itertools
import math
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

import optuna
from optuna.trial import TrialState

from experiments.outcome import Outcome
from sweeps.engine import results, rungs, telling
from sweeps.engine.attempts import Attempt, Verdict, verdict
from sweeps.engine.display import Display, Standing
from sweeps.engine.errors import Unfinished
from sweeps.engine.executors import Workers
from sweeps.engine.interrupts import Interrupts
from sweeps.engine.jobs import Job, Work
from sweeps.engine.recorder import Opened, Recorder
from sweeps.engine.sweep import Sweep

TICK = 0.25  # seconds between looks at the clock and at interrupts
LOSSES = 2  # workers that may die under a run before its trial fails
FAILURES_IN_A_ROW = 5
BACKLOG = 100  # trials that may wait for a slow store: their pictures and checkpoints are kept in memory

Ending = Literal["done", "timeout", "interrupted", "no more points"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a driver is to do.

    Attributes:
        sweep, problem: what each trial runs.
        trials: go on until this many are done.
        seeds: replicates of each trial.
        deadline: on the clock of `time.monotonic`; no trial begins after it.
        rungs: whether runs are cut into rungs, for a pruner.
        points: the only parameters to try, for a grid; None where the sampler chooses.
    """

    sweep: Sweep
    problem: str
    trials: int
    seeds: int = 1
    deadline: float = math.inf
    rungs: bool = False
    points: Iterator[dict[str, Any]] | None = None


class Driver:
    """Runs a plan on a study.

    Args:
        plan: what to do.
        study: in Optuna, with its baseline in the queue.
        work: what a worker does with a job.
        workers: who does the jobs.
        recorder: who records.
        opened: the study's place in the record; may still be on its way.
        display: shows how things stand.
        interrupts: says when to stop.
    """

    def __init__(
        self,
        plan: Plan,
        study: optuna.Study,
        work: Work,
        workers: Workers,
        recorder: Recorder,
        opened: Future[Opened],
        display: Display,
        interrupts: Interrupts,
    ) -> None:
        self._plan, self._study, self._work = plan, study, work
        self._workers, self._recorder, self._opened = workers, recorder, opened
        self._display, self._interrupts = display, interrupts
        self._again: deque[optuna.Trial] = deque()
        self._queue: deque[tuple[Attempt, int]] = deque()  # runs whose next rung waits for a worker
        self._flying: dict[Future[Outcome], tuple[Attempt, int]] = {}
        self._writing: dict[Future[str], tuple[Attempt, dict[str, Any]]] = {}
        self._under_way: set[int] = set()
        self._standing = Standing.of(results.of(study), plan.trials)
        self._failures = 0
        self._ending: Ending = "done"

    def run(self) -> Ending:
        """Go on until the plan is done, its time is over, or an interrupt came; return which.

        Raises:
            StoreError: the record cannot be written.
            Unfinished: trials keep failing.
        """
        left, known = telling.running(self._study), len(self._study.get_trials(deepcopy=False))
        if left:  # whether these have to run again, the record alone knows
            self._again.extend(telling.reconcile(self._study, self._opened.result(), left, known))
            self._standing = Standing.of(results.of(self._study), self._plan.trials)
        agreed = bool(left)
        while True:
            self._fill()
            if self._interrupts.signal:
                self._stop()
            waiting: list[Future[Any]] = [*self._writing, *self._flying]
            if not waiting and agreed:
                break
            if not agreed:
                waiting.append(self._opened)
            done, _ = concurrent.futures.wait(waiting, TICK, concurrent.futures.FIRST_COMPLETED)
            for future in filter(done.__contains__, waiting):  # in order: what is told first must not hang on chance
                if future in self._flying:
                    self._arrived(future)
                elif future in self._writing:
                    self._written(future)
                else:  # raises where the store cannot be used: nothing would be kept
                    telling.reconcile(self._study, self._opened.result(), [], known)
                    agreed = True
            self._display.show(self._standing, len(self._under_way))
        return self._ending

    def _fill(self) -> None:
        """Give every worker something to do, and one job more for the first that is free."""
        while len(self._flying) <= self._workers.slots and not self._interrupts.signal:
            if not self._queue and not self._begin():
                return
            attempt, replicate = self._queue.popleft()
            if not attempt.over:
                self._flying[self._workers.submit(self._work, self._job(attempt, replicate))] = (attempt, replicate)

    def _begin(self) -> bool:
        """Begin a trial, if there is one to begin."""
        enough = self._standing.done + len(self._under_way) >= self._plan.trials
        if enough or len(self._writing) >= BACKLOG:  # one left running, if it is not asked for now, waits on
            return False
        trial = self._again.popleft() if self._again else self._ask()
        if trial is None:
            return False
        seeds = [None] if self._plan.seeds == 1 else range(self._plan.seeds)
        attempt = Attempt(trial, [self._plan.sweep.config(trial, seed) for seed in seeds])
        self._under_way.add(attempt.number)
        self._next_rung(attempt, range(self._plan.seeds))
        return True

    def _ask(self) -> optuna.Trial | None:
        if time.monotonic() >= self._plan.deadline:
            self._ending = "timeout"
            return None
        if self._plan.points is not None and not self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            point = next(self._plan.points, None)
            if point is None:
                self._ending = "no more points"
                return None
            self._study.enqueue_trial(point)
        return self._study.ask()

    def _job(self, attempt: Attempt, replicate: int) -> Job:
        before = attempt.outcomes[replicate]
        config = attempt.configs[replicate]
        return Job(
            problem=self._plan.problem,
            config=config,
            checkpoint=before.checkpoint if before else b"",
            until=rungs.next_rung(before.epochs_done if before else 0, config) if self._plan.rungs else None,
        )

    def _next_rung(self, attempt: Attempt, replicates: "range | list[int]") -> None:
        attempt.waiting.update(replicates)
        self._queue.extend((attempt, replicate) for replicate in replicates)

    def _arrived(self, future: "Future[Outcome]") -> None:
        """A worker is done with a rung, or died, or met an error."""
        attempt, replicate = self._flying.pop(future)
        if attempt.over or future.cancelled():
            return
        error = future.exception()
        if error is None:
            attempt.outcomes[replicate] = future.result()
            attempt.waiting.discard(replicate)
            if not attempt.waiting:
                self._judge(attempt)
        elif not isinstance(error, self._workers.lost):
            self._fail(attempt, f"{type(error).__name__}: {error}")
        else:
            attempt.lost[replicate] += 1
            if attempt.lost[replicate] > LOSSES:
                self._fail(attempt, f"{attempt.lost[replicate]} workers died under it")
            else:  # from the last rung's checkpoint
                self._queue.appendleft((attempt, replicate))

    def _judge(self, attempt: Attempt) -> None:
        """All replicates of a trial are at a rung, or over: prune, go on, or end it."""
        outcomes = [outcome for outcome in attempt.outcomes if outcome is not None]
        judged = verdict(outcomes)
        paused = [number for number, outcome in enumerate(outcomes) if outcome.status == "paused"]
        if judged.status == "diverged" or not paused:
            self._record(attempt, judged)
            return
        trial, step = attempt.trial, outcomes[paused[0]].epochs_done
        value = fmean(outcome.metrics["val_mse"] for outcome in outcomes)
        if step not in self._reported(trial):  # one that runs again has said so before
            trial.report(value, step)
        baseline = trial.number == 0  # the table needs it whole
        if not baseline and trial.should_prune():
            self._record(attempt, verdict(outcomes, pruned=True))
        else:
            self._next_rung(attempt, paused)

    def _reported(self, trial: optuna.Trial) -> dict[int, float]:
        return self._study.get_trials(deepcopy=False)[trial.number].intermediate_values

    def _record(self, attempt: Attempt, judged: Verdict) -> None:
        attempt.over = True
        self._writing[self._recorder.record(attempt, judged, time.time())] = (attempt, judged.facts())

    def _fail(self, attempt: Attempt, error: str) -> None:
        attempt.over = True
        facts = {"status": "failed", "error": error}
        self._writing[self._recorder.record_failure(attempt, error, time.time())] = (attempt, facts)

    def _written(self, future: "Future[str]") -> None:
        """A trial's run is finished in MLflow: only now is Optuna told, so that a crash in between loses nothing."""
        attempt, facts = self._writing.pop(future)
        future.result()
        telling.tell(self._study, attempt.trial, facts)
        self._under_way.discard(attempt.number)
        row = results.row(self._study.get_trials(deepcopy=False)[attempt.number])
        self._standing = self._standing.plus(row)
        self._display.ended(row, facts.get("error", ""), self._standing)
        self._failures = self._failures + 1 if row.status == "failed" else 0
        if self._failures == FAILURES_IN_A_ROW:
            raise Unfinished(f"{self._failures} trials in a row failed, the last with {facts['error']}")

    def _stop(self) -> None:
        """Begin nothing more; what runs is finished and saved, what only waits is left for the next time."""
        self._ending = "interrupted"
        for future in [*self._flying]:
            if future.cancel():
                self._flying.pop(future)


def untried(points: Iterator[dict[str, Any]], study: optuna.Study) -> Iterator[dict[str, Any]]:
    """The points that are not among the study's trials, whether these are over, running or in the queue."""
    trials = study.get_trials(deepcopy=False)
    tried = [trial.params or trial.system_attrs.get("fixed_params", {}) for trial in trials]
    return itertools.filterfalse(lambda point: any(_same(point, other) for other in tried), points)


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        math.isclose(value, other[name], rel_tol=1e-9) if isinstance(value, float) else value == other[name]
        for name, value in one.items()
    )

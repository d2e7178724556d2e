"""The driver: asks Optuna, keeps the workers busy, has outcomes recorded, tells Optuna. It alone writes to Optuna."""

import concurrent.futures
import math
import time
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from statistics import fmean
from typing import Any

import optuna
from optuna.trial import TrialState

from knobwise.experiments import cost, problems
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.record.stores import StoreError, without_credentials
from knobwise.sweeps.engine.driver import reconcile
from knobwise.sweeps.engine.driver.budgets import Ending
from knobwise.sweeps.engine.driver.extension import config_of
from knobwise.sweeps.engine.driver.plan import Plan
from knobwise.sweeps.engine.driver.progress import Display, Standing
from knobwise.sweeps.engine.driver.recorded_prefixes import Past
from knobwise.sweeps.engine.driver.salvage import salvage
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.recording.recorder import Opened, Recorder
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.trials import rungs
from knobwise.sweeps.engine.trials.prefixes import Prefixes, but_epochs, key
from knobwise.sweeps.engine.trials.running_trial import Attempt, Verdict, facts, verdict
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, JobError, Work
from knobwise.sweeps.engine.workers.pool import Workers

TICK = 0.25  # seconds between looks at the clock and at interrupts
LOSSES = 2  # workers that may die under a run before its trial fails
FAILURES_IN_A_ROW = 5
BACKLOG = 100  # trials that may wait for a slow store: their pictures and checkpoints are kept in memory


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
        self._problem = problems.load(plan.problem)
        self._again: deque[optuna.Trial] = deque()
        self._held: list[Attempt] = []  # trials that can go on from one that is still under way
        self._queue: deque[tuple[Attempt, int]] = deque()  # runs whose next rung waits for a worker
        self._flying: dict[Future[Outcome], tuple[Attempt, int]] = {}
        self._writing: dict[Future[str], tuple[Attempt, dict[str, Any]]] = {}
        self._under_way: dict[int, Attempt] = {}
        self._standing = Standing.of(results.of(study), plan.budget.trials)
        self._prefixes = Prefixes()
        over = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
        self._past = Past(over, opened, recorder)
        self._failures = 0
        self._best = math.inf
        self._ending: Ending = "done"

    def run(self) -> Ending:
        """Go on until the plan is done, its budget is spent, or an interrupt came; return which.

        Raises:
            StoreError: the record or the search cannot be written.
            Unfinished: trials keep failing.
        """
        try:
            return self._go_on()
        except StoreError:
            if self._opened.done() and self._opened.exception() is None:
                salvage(self._flying, self._writing, self._recorder, self._interrupts)
            raise

    def _go_on(self) -> Ending:
        left, known = reconcile.running(self._study), len(self._study.get_trials(deepcopy=False))
        if left:  # whether these have to run again, the record alone knows
            self._again.extend(reconcile.reconcile(self._study, self._opened.result(), left, known))
            self._standing = Standing.of(results.of(self._study), self._plan.budget.trials)
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
                    reconcile.reconcile(self._study, self._opened.result(), [], known)
                    agreed = True
            self._display.show(self._standing, len(self._under_way))
        return self._ending

    def _fill(self) -> None:
        """Give every worker something to do, and one job more for the first that is free."""
        while len(self._flying) <= self._workers.slots and not self._interrupts.signal:
            if not self._queue and not self._begin():
                return
            if not self._queue:
                continue  # what was begun waits for another
            attempt, replicate = self._queue.popleft()
            if not attempt.over:
                self._flying[self._workers.submit(self._work, self._job(attempt, replicate))] = (attempt, replicate)

    def _begin(self) -> bool:
        """Begin a trial, if there is one to begin."""
        enough = self._standing.done + len(self._under_way) >= self._plan.budget.trials
        if enough or len(self._writing) >= BACKLOG or len(self._held) > self._workers.slots:
            return False  # one left running, if it is not asked for now, waits on
        trial = self._again.popleft() if self._again else self._ask()
        if trial is None:
            return False
        seeds = [None] if self._plan.seeds == 1 else range(self._plan.seeds)
        try:
            attempt = Attempt(trial, [config_of(self._plan.sweep, trial, seed) for seed in seeds])
        except ValueError as error:  # the space gave what no run can have, such as a batch larger than the data
            self._under_way[trial.number] = attempt = Attempt(trial, [])
            self._fail(attempt, str(error))
            return True
        held = self._follows_one_under_way(attempt)
        self._under_way[attempt.number] = attempt
        if held:
            self._held.append(attempt)
        else:
            self._start(attempt)
        return True

    def _ask(self) -> optuna.Trial | None:
        yet = {attempt: attempt.trained if attempt.over else attempt.to_train for attempt in self._under_way.values()}
        flops = sum(cost.flops(self._problem, attempt.configs[0], epochs) for attempt, epochs in yet.items() if epochs)
        over = self._plan.budget.over(self._standing, sum(yet.values()), flops, self._best)
        if over is not None:
            self._ending = over
            return None
        if self._plan.points is not None and not self._study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
            point = next(self._plan.points, None)
            if point is None:
                self._ending = "no more points"
                return None
            self._study.enqueue_trial(point)
        return self._study.ask()

    def _follows_one_under_way(self, attempt: Attempt) -> bool:
        """Whether a trial under way will come to where this one can go on: waiting for it takes no longer."""
        config = attempt.configs[0]
        of, longest = key(config), self._prefixes.longest(config)
        if of is None or (longest and longest.epochs == config.epochs):
            return False
        passed = config.epochs in self._plan.lengths.get(but_epochs(attempt.trial.params), ())
        before = [other for other in self._under_way.values() if other.number < attempt.number and not other.over]
        return any(
            (other.configs[0].epochs <= config.epochs or passed) and key(other.configs[0]) == of for other in before
        )

    def _start(self, attempt: Attempt) -> None:
        """Queue a trial's runs, each from the longest beginning of it that there is."""
        self._past.fetch(attempt.trial.params, attempt.configs, self._prefixes)
        found = [self._prefixes.longest(config) for config in attempt.configs]
        if self._plan.rungs and len({(each.trial, each.epochs) if each else None for each in found}) > 1:
            found = [None] * len(found)  # a rung is judged with all replicates at it
        attempt.prefixes = found
        if self._plan.rungs and found[0]:
            for step, value in sorted(self._reported(found[0].trial).items()):
                if step <= found[0].epochs and step not in self._reported(attempt.number):
                    attempt.trial.report(value, step)
        self._next_rung(attempt, range(len(attempt.configs)))

    def _job(self, attempt: Attempt, replicate: int) -> Job:
        before, prefix = attempt.outcomes[replicate], attempt.prefixes[replicate]
        config = attempt.configs[replicate]
        done, checkpoint = (prefix.epochs, prefix.checkpoint) if prefix else (0, b"")
        if before:
            done, checkpoint = before.epochs_done, before.checkpoint
        stops = [n for n in self._plan.lengths.get(but_epochs(attempt.trial.params), ()) if done < n < config.epochs]
        rung = rungs.next_rung(done, config) if self._plan.rungs else None
        until = min([*stops, *([rung] if rung else [])], default=None)
        return Job(problem=self._plan.problem, config=config, checkpoint=checkpoint, until=until)

    def _next_rung(self, attempt: Attempt, replicates: Iterable[int]) -> None:
        numbers = list(replicates)
        attempt.waiting.update(numbers)
        self._queue.extend((attempt, number) for number in numbers)

    def _arrived(self, future: "Future[Outcome]") -> None:
        """A worker is done with a rung, or died, or met an error."""
        attempt, replicate = self._flying.pop(future)
        if attempt.over or future.cancelled():
            return
        error = future.exception()
        if error is None:
            outcome = future.result()
            attempt.outcomes[replicate] = outcome
            self._prefixes.keep(outcome, attempt.number)
            self._release()
            attempt.waiting.discard(replicate)
            if not attempt.waiting:
                self._judge(attempt)
        elif not isinstance(error, self._workers.lost):
            self._fail(attempt, str(error) if isinstance(error, JobError) else f"{type(error).__name__}: {error}")
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
        if not self._plan.rungs or rungs.next_rung(step - 1, attempt.configs[0]) != step:  # it only left a checkpoint
            self._next_rung(attempt, paused)
            return
        value = fmean(outcome.metrics["val_mse"] for outcome in outcomes)
        if step not in self._reported(trial.number):  # one that runs again has said so before
            trial.report(value, step)
        if not attempt.protected and trial.should_prune():
            self._record(attempt, verdict(outcomes, pruned=True))
        else:
            self._next_rung(attempt, paused)

    def _reported(self, number: int) -> dict[int, float]:
        return self._study.get_trials(deepcopy=False)[number].intermediate_values

    def _record(self, attempt: Attempt, judged: Verdict) -> None:
        self._over(attempt)
        if judged.status == "complete":
            self._best = min(self._best, judged.outcome.metrics["val_mse"])
        self._writing[self._recorder.record(attempt, judged, time.time())] = (attempt, facts(attempt, judged))

    def _fail(self, attempt: Attempt, raised: str) -> None:
        error = without_credentials(raised)
        self._over(attempt)
        said = {"status": "failed", "error": error, "epochs_trained": attempt.trained}
        self._writing[self._recorder.record_failure(attempt, error, time.time())] = (attempt, said)

    def _over(self, attempt: Attempt) -> None:
        """A trial takes no more rungs."""
        attempt.over = True
        self._release()

    def _release(self) -> None:
        """Start those trials that waited for what is there now."""
        free = [held for held in self._held if not self._follows_one_under_way(held)]
        for held in free:
            self._held.remove(held)
            self._start(held)

    def _written(self, future: "Future[str]") -> None:
        """A trial's run is finished in MLflow: only now is Optuna told, so that a crash in between loses nothing."""
        attempt, said = self._writing.pop(future)
        row = results.row(reconcile.tell(self._study, attempt.trial, said, future.result()))
        self._under_way.pop(attempt.number)
        self._standing = self._standing.plus(row)
        self._display.ended(row, said.get("error", ""), self._standing)
        self._failures = self._failures + 1 if row.status == "failed" else 0
        if self._failures == FAILURES_IN_A_ROW:
            raise Unfinished(f"{self._failures} trials in a row failed, the last with {said['error']}")
        if self._standing.failures >= self._plan.budget.failures:
            raise Unfinished(f"{self._standing.failures} trials failed, the last with {said['error']}")

    def _stop(self) -> None:
        """Begin nothing more; what runs is finished and saved, what only waits is left for the next time."""
        self._ending = "interrupted"
        for future in [*self._flying]:
            if future.cancel():
                self._flying.pop(future)

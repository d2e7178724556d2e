"""What can still be saved of running trials when a store fails in the middle of a sweep."""

import time
from collections.abc import Iterable
from concurrent.futures import Future

from knobwise.sweeps.engine.recording.recorder import Recorder
from knobwise.sweeps.engine.trials.running_trial import Replicate, trial_outcome
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.pool import Finished, Pool


def salvage(
    pool: Pool[Replicate], recording: Iterable["Future[str]"], recorder: Recorder, interrupts: Interrupts
) -> None:
    """Let jobs in flight end, and record the trials that are complete with them, if the store can be written after all.

    One write that failed does not mean that the next will: somebody made room, a lock was released, or it was the
    other store. Optuna is not told; the next resume does that, from the record. A trial that pauses at a rung is left
    to the resume too.

    Args:
        pool: the runs in flight.
        recording: what the recorder was given before, and has not been seen to end.
        recorder: writes in order; once it fails again, nothing more is tried.
        interrupts: a signal ends the waiting.
    """
    pending = list(recording)
    pool.stop()
    while pool.in_flight and not interrupts.signal:
        for finished in pool.wait():
            if not isinstance(finished, Finished) or finished.outcome is None or finished.task.trial.ended:
                continue
            running, index = finished.task
            running.outcomes[index] = finished.outcome
            outcomes = [outcome for outcome in running.outcomes if outcome is not None and outcome.status != "paused"]
            if len(outcomes) == len(running.outcomes):
                pending.append(recorder.record(running, trial_outcome(outcomes), time.time()))
    for recorded in pending:
        if recorded.exception() is not None:
            return

"""When a store fails in the middle of a sweep: what can still be saved of the trials under way."""

import concurrent.futures
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future

from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.recording.recorder import Recorder
from knobwise.sweeps.engine.trials.running_trial import Attempt, verdict
from knobwise.sweeps.engine.workers.interrupts import Interrupts

TICK = 0.25  # seconds between looks at interrupts


def salvage(
    flying: Mapping["Future[Outcome]", tuple[Attempt, int]],
    writing: Iterable["Future[str]"],
    recorder: Recorder,
    interrupts: Interrupts,
) -> None:
    """Let what runs come to its end, and record it if the store takes it after all.

    One write that failed does not mean that the next will: somebody made room, a lock was given back, or it was the
    other store. Optuna is not told; the next resume does that, from the record. A trial that stands at a rung is left
    to the resume too.

    Args:
        flying: the runs that are with the workers, each with its trial and replicate.
        writing: trials that the recorder has been given already.
        recorder: writes in order. Once it fails again, no more is tried.
        interrupts: a signal ends the waiting.
    """
    pending = list(writing)
    left = {future for future in flying if not future.cancel()}
    while left and not interrupts.signal:
        done, left = concurrent.futures.wait(left, TICK, concurrent.futures.FIRST_COMPLETED)
        for future in done:
            attempt, replicate = flying[future]
            if attempt.over or future.exception() is not None:
                continue
            attempt.outcomes[replicate] = future.result()
            outcomes = [outcome for outcome in attempt.outcomes if outcome is not None and outcome.status != "paused"]
            if len(outcomes) == len(attempt.outcomes):
                pending.append(recorder.record(attempt, verdict(outcomes), time.time()))
    for recorded in pending:
        if recorded.exception() is not None:
            return

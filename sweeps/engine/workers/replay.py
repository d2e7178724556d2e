"""The training of a run once more, in rungs, to see its surface form: bit for bit what the run went through."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import replace

from knobwise.experiments import forming
from knobwise.experiments.config import RunConfig
from knobwise.experiments.forming import Frame
from knobwise.experiments.outcome import Outcome
from knobwise.nn_core.checkpoint import load
from knobwise.sweeps.engine.workers.jobs import Job, train
from knobwise.sweeps.engine.workers.pool import Workers

PICTURE = "forming.png"  # of a rung
TICK = 0.25  # seconds between looks at whether to stop
LOSSES = 2  # workers that may die under a rung


class Stopped(Exception):
    """It was asked to stop before the end."""


def surfaces(
    workers: Workers, problem: str, checkpoints: Mapping[str, bytes], seconds: float, stop: Callable[[], bool]
) -> dict[str, list[Frame]]:
    """The surfaces of finished runs at points of their training, side by side on the workers.

    Args:
        workers: who train.
        problem: what was fitted.
        checkpoints: what each run ended with, by its id.
        seconds: how long it may take.
        stop: whether to give up.

    Returns:
        The pictures of each run by rising epoch; nothing where the problem has no surface.
    """
    if not forming.has_surface(problem) or not checkpoints:
        return {}
    with ThreadPoolExecutor(len(checkpoints)) as threads:
        found = threads.map(lambda data: frames(workers, problem, data, seconds, stop), checkpoints.values())
        return dict(zip(checkpoints, found, strict=True))


def frames(workers: Workers, problem: str, checkpoint: bytes, seconds: float, stop: Callable[[], bool]) -> list[Frame]:
    """The surface of one finished run; of its pictures the last is free.

    Where `seconds` are not enough for all, the latest but the last are left out. A rung is as long as all before it
    together, so one that would take twice as long as the one before, and so too long, is not begun.
    """
    config = RunConfig.from_dict(load(checkpoint).facts["config"])
    last = forming.frame(problem, checkpoint)
    began = time.monotonic()
    until = began + seconds
    found: list[Frame] = []
    # What there is when it is stopped is shown.
    with contextlib.suppress(Stopped, *workers.lost):
        ends = forming.epochs_shown(last.epoch)[:-1]
        for outcome in rungs(workers, problem, config, ends, lambda: stop() or time.monotonic() > until):
            if PICTURE not in outcome.pictures:
                break
            found.append(Frame(outcome.epochs_done, outcome.pictures[PICTURE]))
            began, took = time.monotonic(), time.monotonic() - began
            if began + 2 * took > until:
                break
    return [*found, last]


def rungs(
    workers: Workers, problem: str, config: RunConfig, ends: list[int], stop: Callable[[], bool]
) -> Iterator[Outcome]:
    """Train from scratch, and yield what there is after each epoch in `ends`; the run's last epoch ends it, pictures
    and all.

    Raises:
        Stopped: `stop` said so; what was being trained is dropped.
        Exception: what `workers.lost` names, where workers keep dying.
    """
    checkpoint = b""
    for end in ends:
        until = None if end >= config.epochs else end
        outcome = _trained(workers, Job(problem=problem, config=config, checkpoint=checkpoint, until=until), stop)
        yield outcome
        if outcome.status != "paused":
            return
        checkpoint = outcome.checkpoint


def train_and_draw(job: Job) -> Outcome:
    """Do a job, and draw the surface that there is then, unless the problem has none or the run diverged."""
    outcome = train(job)
    if outcome.status == "diverged" or not forming.has_surface(job.problem):
        return outcome
    surface = forming.frame(job.problem, outcome.checkpoint)
    return replace(outcome, pictures={**outcome.pictures, PICTURE: surface.png})


def _trained(workers: Workers, job: Job, stop: Callable[[], bool], lost: int = 0) -> Outcome:
    """What comes of a job, which is given to another worker where one dies under it."""
    try:
        return _result(workers.submit(train_and_draw, job), stop)
    except workers.lost:
        if lost == LOSSES:
            raise
        return _trained(workers, job, stop, lost + 1)


def _result(future: "Future[Outcome]", stop: Callable[[], bool]) -> Outcome:
    while not wait_for([future], TICK).done:
        if stop():
            future.cancel()
            raise Stopped
    try:
        return future.result()
    except CancelledError:
        raise Stopped from None

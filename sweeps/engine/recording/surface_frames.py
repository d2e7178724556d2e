"""Frames of the predicted surface of the best trial and of the baseline: drawn by workers, added to their runs."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from knobwise.experiments import problems, snapshots
from knobwise.sweeps.engine.workers.jobs import JobError

if TYPE_CHECKING:
    from knobwise.experiments.plots.surface_frames import Frame
    from knobwise.sweeps.engine.recording.recorder import Recorder
    from knobwise.sweeps.engine.workers.pool import Workers


class Drawing(NamedTuple):
    """What a worker is to draw.

    Attributes:
        problem: the name of what the run was fitted to.
        checkpoint: of the run, which is complete.
        snapshots: the file of its snapshots; empty where it has none, and then its last frame is all there is.
        recorded: the epochs of the frames that it has already.
    """

    problem: str
    checkpoint: bytes
    snapshots: bytes
    recorded: set[int]


def draw(drawing: Drawing) -> list[Frame]:
    """The frames that the run does not have.

    Raises:
        ValueError: a file is broken; one line.
    """
    from knobwise.experiments.plots import surface_frames

    problem, taken = problems.load(drawing.problem), snapshots.load(drawing.snapshots)
    return surface_frames.frames(problem, drawing.checkpoint, taken, drawing.recorded)


class Drawings:
    """The drawings of some runs, under way: one job for a worker each.

    Args:
        workers: that draw.
        recorder: the study is open in it.
        problem: what the runs were fitted to. Nothing is drawn where it has no surface to draw.
        run_ids: of complete runs. One whose checkpoint is gone has no frames.

    Raises:
        StoreError: the record cannot be read.
    """

    def __init__(self, workers: Workers, recorder: Recorder, problem: str, run_ids: Iterable[str]) -> None:
        self._recorder, self._lost = recorder, workers.lost
        self._begun: dict[str, tuple[Drawing, Future[list[Frame]]]] = {}
        for run_id in run_ids if problems.load(problem).is_drawn_on_grid else ():
            parts = recorder.checkpoint(run_id), recorder.snapshots(run_id), recorder.frames(run_id)
            drawing = Drawing(problem, parts[0].result(), parts[1].result(), parts[2].result())
            if drawing.checkpoint:
                future = cast("Future[list[Frame]]", workers.submit(cast(Any, draw), cast(Any, drawing)))
                self._begun[run_id] = drawing, future

    def finish(self) -> list[str]:
        """Add the frames to their runs; returns a note for the user on each run that has none because a file is broken.

        Raises:
            StoreError: the record cannot be written.
        """
        notes = []
        for run_id, (drawing, future) in self._begun.items():
            try:
                frames = self._frames(drawing, future)
            except (JobError, ValueError) as error:
                notes.append(f"No pictures of the surface of run {run_id}: {error}")
            else:
                self._recorder.add_frames(run_id, frames).result()
        return notes

    def _frames(self, drawing: Drawing, future: Future[list[Frame]]) -> list[Frame]:
        try:
            return future.result()
        except self._lost:  # a second, in this process: less than another worker takes to start
            return draw(drawing)

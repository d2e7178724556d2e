"""Local workers: what they do, what becomes of a job whose process dies, and of jobs where no process starts."""

import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from multiprocessing.process import BaseProcess
from pathlib import Path
from pickle import PicklingError  # noqa: TID251  the error alone: nothing is unpickled
from typing import Any

import psutil
import pytest

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.workers import local
from knobwise.sweeps.engine.workers.jobs import Job, JobError, serve
from knobwise.sweeps.engine.workers.local import LocalWorkers, WorkerDied
from tests.sweeps.fakes import formula

PATIENCE = 300  # seconds after which a worker counts as stuck
JOB = Job(problem="article", config=RunConfig(n_samples=100, widths=(4,)))


def dies(job: Job) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return formula(job)


def says_who(job: Job) -> Outcome:
    outcome = formula(job)
    outcome.metrics["process"] = float(os.getpid())
    outcome.metrics["threads"] = float(os.environ.get("OPENBLAS_NUM_THREADS", "0"))
    return outcome


def waits(job: Job) -> Outcome:
    deadline = time.monotonic() + PATIENCE
    while not Path(job.problem).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return formula(job)


def raises(job: Job) -> Outcome:
    raise OddError(1, 2)


class OddError(Exception):
    """One that pickles but cannot be made again of what it was pickled to."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def names_backend(job: Job) -> Outcome:
    raise ValueError(os.environ.get("MPLBACKEND"))


def exits(pipe: Any) -> None:
    os._exit(3)


@pytest.fixture
def workers() -> Iterator[LocalWorkers]:
    workers = LocalWorkers(2)
    yield workers
    workers.close()


def test_a_worker_is_another_process_with_one_blas_thread(workers: LocalWorkers) -> None:
    outcome = workers.submit(says_who, JOB).result(PATIENCE)
    assert outcome.metrics["process"] != os.getpid()
    assert outcome.metrics["threads"] == 1
    assert outcome.metrics["val_mse"] == formula(JOB).metrics["val_mse"]


def test_a_dead_worker_loses_its_own_job_only_and_is_replaced(workers: LocalWorkers, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    slow = workers.submit(waits, Job(problem=str(gate), config=JOB.config))
    with pytest.raises(WorkerDied):
        workers.submit(dies, JOB).result(PATIENCE)
    assert not slow.done()
    assert workers.submit(formula, JOB).result(PATIENCE).status == "complete"
    gate.touch()
    assert slow.result(PATIENCE).status == "complete"


def test_what_a_run_raises_comes_back_as_text(workers: LocalWorkers) -> None:
    with pytest.raises(JobError, match=r"^OddError: 1 and 2$"):
        workers.submit(raises, JOB).result(PATIENCE)
    assert workers.submit(formula, JOB).result(PATIENCE).status == "complete"


def test_a_job_that_cannot_be_sent_is_its_own_failure(workers: LocalWorkers) -> None:
    def local(job: Job) -> Outcome:  # which another process could not find
        return formula(job)

    # Python 3.14 raises the second.
    assert isinstance(workers.submit(local, JOB).exception(PATIENCE), AttributeError | PicklingError)
    assert workers.submit(formula, JOB).result(PATIENCE).status == "complete"


def test_closing_ends_what_runs_at_once(tmp_path: Path) -> None:
    workers = LocalWorkers(1)
    pid = int(workers.submit(says_who, JOB).result(PATIENCE).metrics["process"])
    process = psutil.Process(pid)
    workers.submit(waits, Job(problem=str(tmp_path / "never"), config=JOB.config))
    time.sleep(0.2)
    workers.close()
    assert not psutil.wait_procs([process], timeout=PATIENCE)[1]


def test_closing_waits_for_processes_that_are_being_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that ended meanwhile would leave half-started processes, which print tracebacks."""
    begun, go_on, started = threading.Event(), threading.Event(), []
    whole = BaseProcess.start

    def start(process: BaseProcess) -> None:
        begun.set()
        assert go_on.wait(30)
        whole(process)
        started.append(process)

    monkeypatch.setattr(BaseProcess, "start", start)
    workers = LocalWorkers(2)
    assert begun.wait(30)
    closing = threading.Thread(target=workers.close)
    closing.start()
    closing.join(0.3)
    assert closing.is_alive()
    go_on.set()
    closing.join(30)
    assert not closing.is_alive()
    assert len(started) == 1, "no other process is started"
    started[0].join(30)
    assert started[0].exitcode == -signal.SIGTERM


def test_a_job_that_was_cancelled_is_not_done(tmp_path: Path) -> None:
    workers = LocalWorkers(1)
    gate, reached = tmp_path / "gate", threading.Event()
    first = workers.submit(waits, Job(problem=str(gate), config=JOB.config))
    second: Future[Outcome] = workers.submit(dies, JOB)
    first.add_done_callback(lambda _: reached.set())
    assert second.cancel()
    gate.touch()
    assert reached.wait(PATIENCE)
    assert workers.submit(formula, JOB).result(PATIENCE).status == "complete"
    with pytest.raises(CancelledError):
        second.result()
    workers.close()


def test_where_a_socket_would_have_too_long_a_path_workers_start_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    assert local._context().get_start_method() == "spawn"
    monkeypatch.setattr(tempfile, "tempdir", os.sep)
    assert local._context().get_start_method() == ("forkserver" if sys.platform == "linux" else "spawn")


def test_where_no_process_gets_ready_a_job_says_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "serve", exits)
    workers = LocalWorkers(2)
    for _ in range(2):
        error = workers.submit(formula, JOB).exception(60)
        assert isinstance(error, Unfinished)
        assert str(error) == "workers cannot start: a worker process ended with exit code 3 before it was ready"
    workers.close()


@pytest.mark.parametrize("error", [EOFError("no server"), RuntimeError("no guard"), OSError(11, "no process")])
def test_a_process_that_cannot_be_started_is_reported_and_not_waited_for(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: BaseProcess) -> None:
        raise error

    monkeypatch.setattr(BaseProcess, "start", fails)
    workers = LocalWorkers(1)
    with pytest.raises(Unfinished, match=f"^workers cannot start: {type(error).__name__}: .*no "):
        workers.submit(formula, JOB).result(60)
    workers.close()


def test_a_process_that_does_not_start_after_others_have_is_a_lost_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = LocalWorkers(1)
    assert workers.submit(formula, JOB).result(60).status == "complete"
    monkeypatch.setattr(local, "serve", exits)
    assert isinstance(workers.submit(dies, JOB).exception(60), WorkerDied)
    with pytest.raises(WorkerDied, match="exit code 3"):
        workers.submit(formula, JOB).result(60)
    monkeypatch.undo()
    assert workers.submit(formula, JOB).result(60).status == "complete"
    workers.close()


def test_the_users_matplotlib_backend_is_not_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    workers = LocalWorkers(1)
    with pytest.raises(JobError, match=r"^ValueError: agg$"):
        workers.submit(names_backend, JOB).result(60)
    assert os.environ["MPLBACKEND"] == "nonsense"
    workers.close()


def test_a_worker_whose_driver_is_gone_before_it_is_ready_ends_quietly(capfd: pytest.CaptureFixture[str]) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,))
    ours.close()
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert capfd.readouterr().err == ""

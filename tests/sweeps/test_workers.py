"""Local workers: what they do, what becomes of a job whose process dies, and that nobody else's suffers."""

import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path

import psutil
import pytest

from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.sweeps.engine.workers import local
from knobwise.sweeps.engine.workers.jobs import Job, JobError
from knobwise.sweeps.engine.workers.local import LocalWorkers, WorkerDied
from tests.sweeps.fakes import formula

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
    deadline = time.monotonic() + 30
    while not Path(job.problem).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return formula(job)


def raises(job: Job) -> Outcome:
    raise OddError(1, 2)


class OddError(Exception):
    """One that pickles but cannot be made again of what it was pickled to."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


@pytest.fixture
def workers() -> Iterator[LocalWorkers]:
    workers = LocalWorkers(2)
    yield workers
    workers.close()


def test_a_worker_is_another_process_with_one_blas_thread(workers: LocalWorkers) -> None:
    outcome = workers.submit(says_who, JOB).result(60)
    assert outcome.metrics["process"] != os.getpid()
    assert outcome.metrics["threads"] == 1
    assert outcome.metrics["val_mse"] == formula(JOB).metrics["val_mse"]


def test_a_dead_worker_loses_its_own_job_only_and_is_replaced(workers: LocalWorkers, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    slow = workers.submit(waits, Job(problem=str(gate), config=JOB.config))
    with pytest.raises(WorkerDied):
        workers.submit(dies, JOB).result(60)
    assert not slow.done()
    assert workers.submit(formula, JOB).result(60).status == "complete"
    gate.touch()
    assert slow.result(60).status == "complete"


def test_what_a_run_raises_comes_back_as_text(workers: LocalWorkers) -> None:
    with pytest.raises(JobError, match=r"^OddError: 1 and 2$"):
        workers.submit(raises, JOB).result(60)
    assert workers.submit(formula, JOB).result(60).status == "complete"


def test_a_job_that_cannot_be_sent_is_its_own_failure(workers: LocalWorkers) -> None:
    def local(job: Job) -> Outcome:  # which another process could not find
        return formula(job)

    assert isinstance(workers.submit(local, JOB).exception(60), AttributeError)
    assert workers.submit(formula, JOB).result(60).status == "complete"


def test_closing_ends_what_runs_at_once(tmp_path: Path) -> None:
    workers = LocalWorkers(1)
    pid = int(workers.submit(says_who, JOB).result(60).metrics["process"])
    process = psutil.Process(pid)
    workers.submit(waits, Job(problem=str(tmp_path / "never"), config=JOB.config))
    time.sleep(0.2)
    workers.close()
    assert not psutil.wait_procs([process], timeout=5)[1]


def test_a_job_that_was_cancelled_is_not_done(tmp_path: Path) -> None:
    workers = LocalWorkers(1)
    gate, reached = tmp_path / "gate", threading.Event()
    first = workers.submit(waits, Job(problem=str(gate), config=JOB.config))
    second: Future[Outcome] = workers.submit(dies, JOB)
    first.add_done_callback(lambda _: reached.set())
    assert second.cancel()
    gate.touch()
    assert reached.wait(60)
    assert workers.submit(formula, JOB).result(60).status == "complete"
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

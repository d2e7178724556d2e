"""A contender's process, seen from the measuring process."""

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import psutil

from benchmarks.case import Case
from benchmarks.contenders import load
from knobwise.nn_core import blas

ROOT = Path(__file__).resolve().parent.parent
CONTENDERS = "benchmarks.contenders"


class Failed(Exception):
    """A contender's process ended or timed out; the message has its last line on stderr."""


class Entrant:
    """One contender in a process of its own, on given cores, with as many threads as it has cores.

    Args:
        name: of the contender's file.
        cores: numbers of the processors that its process may use.
        package: where the file is.
    """

    def __init__(self, name: str, cores: Sequence[int], package: str = CONTENDERS) -> None:
        self.name = name
        self._cores = list(cores)
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed by `close`)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", package, name, ",".join(map(str, cores))],
            env=environment(len(cores), 1 if load(name, package).own_threads else len(cores)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            bufsize=1,
        )

    def prepare(self, case: Case, data: Path, patience: float | None = None) -> str:
        """Makes the process ready for the case: imports, compilation and the first epoch happen here.

        Returns:
            Why it cannot train the case; "" where it can.

        Raises:
            Failed: its process ended, or took longer than `patience` seconds.
        """
        return str(self._ask({"prepare": case.as_dict(), "data": str(data)}, patience).get("unsupported", ""))

    def run(self, k: int) -> dict[str, float]:
        """Trains k epochs more.

        Returns:
            `wall` and `cpu`, the seconds that they took; `epochs`, done since `prepare`; the last one's `loss`; and
            `shared`, the part of its cores' time, 0 to 1, that went to anything else (to 10 ms).
        """
        before = self._busy()
        answer: dict[str, float] = self._ask({"run": k}, None)
        others = self._busy() - before - answer["cpu"]
        return {**answer, "shared": min(1.0, max(0.0, others / (answer["wall"] * len(self._cores))))}

    def _busy(self) -> float:
        """Seconds that the cores have worked for any process since the machine was started."""
        every = psutil.cpu_times(percpu=True)
        idle = sum(every[core].idle + getattr(every[core], "iowait", 0.0) for core in self._cores)
        return float(sum(sum(every[core]) for core in self._cores) - idle)

    def layers(self, file: Path) -> None:
        """Has the contender write its weights and biases to `file`, as arrays W0, b0, W1, ..."""
        self._ask({"layers": str(file)}, None)

    def _ask(self, order: dict[str, Any], patience: float | None) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = ""
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            if not select.select([self._process.stdout], [], [], patience)[0]:
                self._process.kill()
                raise Failed(f"not ready within {patience:.0f} s")
            line = self._process.stdout.readline()
        except BrokenPipeError:  # it has ended; the reason is reported below
            pass
        if not line:
            self._process.wait()
            self._stderr.seek(0)
            lines = self._stderr.read().strip().splitlines() or [f"exit code {self._process.returncode}"]
            raise Failed(lines[-1])
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """Ends the process: at once, since it has nothing to save."""
        self._process.kill()
        self._process.communicate()
        self._stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def pick_cores(count: int) -> list[int]:
    """The last `count` of the processors that this process may use: the first gets most of the system's own work.

    Raises:
        ValueError: there are fewer.
    """
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))
    if not 1 <= count <= len(usable):
        raise ValueError(f"cores must be a whole number from 1 to {len(usable)}, got {count}")
    return usable[-count:]


def environment(threads: int, blas_threads: int) -> dict[str, str]:
    """The environment of a contender's process: as many threads as cores, and the BLAS kernel of workers."""
    env = {name: value for name, value in os.environ.items() if name not in blas.THREADS}
    xla = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'} intra_op_parallelism_threads={threads}"
    return {
        **env,
        **blas.worker_environment(blas_threads, env),
        "XLA_FLAGS": xla,
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [env.get("PYTHONPATH")])]),
    }

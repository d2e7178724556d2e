"""Peak memory of a training, beyond the program and its data, measured in a process of its own.

python -m benchmarks.memory CASE DATA
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.case import Case, load_task
from benchmarks.contenders.ours import prepare
from benchmarks.entrant import environment

MB = 1e6


def beyond_data(case: Case, data: Path) -> float:
    """Peak MB of `ours` beyond the program and the arrays X and y."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", json.dumps(case.as_dict()), str(data)],
        env=environment(1, 1),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def measure(case: Case, data: Path) -> float:
    """`beyond_data` of this process."""
    before = now()
    task = load_task(case, data, threads=1)
    prepare(task).run(1)
    return (peak() - before - task.X.nbytes - task.y.nbytes) / MB


def now() -> int:
    """Bytes of memory that this process holds."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak() -> int:
    """The peak memory of this process, in bytes.

    Linux has two counters. `ru_maxrss` includes the peak of the parent process, so it is used only where there is no
    `/proc`.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)


if __name__ == "__main__":
    print(measure(Case.from_dict(json.loads(sys.argv[1])), Path(sys.argv[2])))

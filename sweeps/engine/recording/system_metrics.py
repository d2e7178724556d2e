"""How busy the machine is while a sweep runs: CPU and memory over time, on the study's own run.

MLflow has a monitor for this that writes to the store from a thread of its own. Here only the recorder's thread writes,
so that SQLite never has two writers; this thread samples, and hands the values over under MLflow's names.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from knobwise.sweeps.engine.recording.recorder import Recorder

INTERVAL = 5.0
"""Seconds between samples, unless MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL sets another number."""


def sample() -> dict[str, float]:
    """CPU of all cores in percent since the last sample, and memory in use, in MLflow's names and units."""
    memory = psutil.virtual_memory()
    return {
        "system/cpu_utilization_percentage": psutil.cpu_percent(),
        "system/system_memory_usage_megabytes": memory.used / 1e6,
        "system/system_memory_usage_percentage": 100 * memory.used / memory.total,
    }


def interval() -> float:
    """Seconds between samples: the user's, where it is a number > 0, else `INTERVAL`."""
    given = os.environ.get("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "")
    try:
        return float(given) if float(given) > 0 else INTERVAL
    except ValueError:
        return INTERVAL


@contextmanager
def monitored(recorder: "Recorder") -> Iterator[None]:
    """Sample at each interval until the block is left, and once more then; costs 0.2 ms a sample, and a write."""
    stop = threading.Event()
    thread = threading.Thread(target=_monitor, args=(recorder, stop, interval()), name="system metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _monitor(recorder: "Recorder", stop: threading.Event, seconds: float) -> None:
    """Skips a sample while the one before waits to be written: a slow store must not be given more to do.

    Where the store fails, nothing is reported here: the driver's own writing fails there too, and stops the sweep.
    """
    psutil.cpu_percent()  # counts from its last call in the same thread
    writing = None
    while True:
        stopped = stop.wait(seconds)
        if writing is None or writing.done():
            if writing is not None and writing.exception() is not None:
                return
            writing = recorder.measure(sample(), time.time())
        if stopped:
            return

"""How busy the machine is while a sweep runs: CPU and memory over time, on the study's own run.

MLflow has a monitor for this, that writes to the store from a thread of its own. Here one thread writes, the
recorder's, so that SQLite never sees two; so this one only looks, and hands over what it saw under MLflow's names.
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

EVERY = 5.0
"""Seconds between looks, where MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL does not say otherwise."""


def look() -> dict[str, float]:
    """CPU of all cores in percent since the last look, and memory in use, as MLflow names and counts them."""
    memory = psutil.virtual_memory()
    return {
        "system/cpu_utilization_percentage": psutil.cpu_percent(),
        "system/system_memory_usage_megabytes": memory.used / 1e6,
        "system/system_memory_usage_percentage": 100 * memory.used / memory.total,
    }


def interval() -> float:
    """Seconds between looks: the user's, where it is a number > 0, else `EVERY`."""
    given = os.environ.get("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "")
    try:
        return float(given) if float(given) > 0 else EVERY
    except ValueError:
        return EVERY


@contextmanager
def watched(recorder: "Recorder") -> Iterator[None]:
    """Look every few seconds until the block is left, and once more then; costs 0.2 ms a look and a write."""
    over = threading.Event()
    thread = threading.Thread(target=_watch, args=(recorder, over, interval()), name="machine", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(recorder: "Recorder", over: threading.Event, every: float) -> None:
    """A look is left out while the one before waits to be written: a slow store must not be given more to do.

    Where the store fails, nothing is said here: the driver's own writing fails there too, and stops the sweep.
    """
    psutil.cpu_percent()  # which counts from its last call in the same thread
    writing = None
    while True:
        last = over.wait(every)
        if writing is None or writing.done():
            if writing is not None and writing.exception() is not None:
                return
            writing = recorder.measure(look(), time.time())
        if last:
            return

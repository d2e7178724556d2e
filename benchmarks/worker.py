"""A contender's own process: it prepares a case, trains on request, and reports the time.

`python -m benchmarks.worker PACKAGE CONTENDER CORES`, with CORES as in `0,1`. It answers each line of JSON with one
line, until the end of the input:

- `{"prepare": case, "data": file}` is answered by `{"ready": true}` or `{"unsupported": why}`;
- `{"layers": file}` by `{"ready": true}`, the weights and biases W0, b0, W1, ... in the file;
- `{"run": k}` by `{"wall": seconds, "cpu": seconds, "epochs": done since it was ready, "loss": of the last}`.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.contenders import Trainer


def main(package: str, name: str, cores: Sequence[int]) -> None:
    """Answers until the input ends. Whatever a library prints goes to stderr, so that the answers stay clean."""
    pin(cores)  # before NumPy and the others load: the threads that they start stay on these cores, too
    from benchmarks.case import Case, load_task, save_arrays
    from benchmarks.contenders import Unsupported, load

    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    contender = load(name, package)
    trainer: Trainer | None = None
    epochs = 0
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        answer: dict[str, Any] = {"ready": True}
        if "prepare" in order:
            trainer = None  # what the last case held goes before the next one's is made
            try:
                task = load_task(Case.from_dict(order["prepare"]), Path(order["data"]), len(cores))
                trainer = contender.prepare(task)
                trainer.run(1)  # those that compile do it here, outside of what is timed
                epochs = 1
                gc.collect()
                gc.freeze()  # what is there now need not be looked through before every turn
            except Unsupported as why:
                answer = {"unsupported": str(why)}
        elif trainer is not None and "run" in order:
            epochs += order["run"]
            answer = {**_timed(trainer, order["run"]), "epochs": epochs}
        elif trainer is not None and trainer.layers is not None:
            layers = trainer.layers()
            weights = {f"W{i}": W for i, (W, _) in enumerate(layers)}
            save_arrays(Path(order["layers"]), weights | {f"b{i}": b for i, (_, b) in enumerate(layers)})
        answers.write(json.dumps(answer) + "\n")


def _timed(trainer: "Trainer", k: int) -> dict[str, float]:
    """k epochs, with Python's collector out of the way."""
    gc.collect()
    gc.disable()
    wall, cpu = time.perf_counter(), time.process_time()
    loss = trainer.run(k)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    gc.enable()
    return {**seconds, "loss": loss}


def pin(cores: Sequence[int]) -> None:
    """Keeps this process on `cores`, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], [int(core) for core in sys.argv[3].split(",")])

"""Kills a sweep at random moments, and checks that it comes to the end of one that was left alone.

    python -m tests.system.drill --rounds 20                                     the driver is killed
    python -m tests.system.drill --rounds 20 --victim worker                     workers are killed
    python -m tests.system.drill --rounds 5 --victim worker --executor dask

A round is a sweep in a new folder. The driver is killed up to three times, and the command given again each time; at
last it may end. Of a sweep's workers two are killed, while it goes on. A moment is drawn as a number of lines that the
journal has by then, and up to half a second more: so it does not hang on how busy the machine is. Then both stores must
hold what they hold after a sweep without kills: each trial complete once in Optuna and FINISHED once in MLflow, with
the same parameters, errors and pictures, bit for bit; nothing RUNNING; no process and no temporary file left. The
moments come from the seed, which is shown. The last line is JSON.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.conftest import user_environment
from tests.sweeps.ends import difference, end_of, what_is_left

TRIALS = 4
SCRIPT = '''"""Runs of a fifth of a second."""

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main


def space(trial):
    return {
        "lr": trial.suggest_float("lr", 1e-4, 1e-3, log=True),
        "epochs": trial.suggest_int("epochs", 3000, 6000, step=1000),
    }


SWEEP = Sweep(
    name="tiny",
    question="Does it come to the same end?",
    knobs=("lr", "epochs"),
    space=space,
    baseline={"lr": 0.001, "epochs": 3000},
    fixed=RunConfig(n_samples=100, widths=(8,)),
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))
'''
PATIENCE = 600  # seconds that a sweep may take
WORKERS_KILLED = 2  # no more than may die under one run


class Round(NamedTuple):
    """Attributes: how many processes were killed, and what was wrong with the end, or nothing."""

    kills: int
    wrong: list[str]


class Drill:
    """Args:
    executor, sampler: as the command takes them.
    seed: of the moments.
    """

    def __init__(self, executor: str, sampler: str, seed: int) -> None:
        self._options = [
            "--trials",
            str(TRIALS),
            "--confirm",
            "1",
            "--executor",
            executor,
            "--sampler",
            sampler,
            "--json",
        ]
        self._kills = {"driver": self._kill_the_driver, "worker": self._kill_workers}
        self._random = random.Random(seed)
        with tempfile.TemporaryDirectory() as folder:
            process = self._start(Path(folder), 1)
            _, err = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, err
            self._whole = end_of(Path(folder))
            self._lines = _lines(Path(folder))

    def round(self, victim: str, jobs: int) -> Round:
        """One round, with so many trials at once; the victim is `driver` or `worker`."""
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            kills, wrong = self._kills[victim](folder, jobs)
            if not wrong:
                wrong = [*difference(self._whole, end_of(folder)), *what_is_left(folder)]
            return Round(kills, wrong)

    def _kill_the_driver(self, folder: Path, jobs: int) -> Round:
        kills = 0
        for _ in range(self._random.randint(1, 3)):
            process = self._start(folder, jobs)
            if self._alive_at(process, folder, self._random.randint(_lines(folder), self._lines)):
                below = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                kills += 1
                alive = psutil.wait_procs(below, timeout=120)[1]
                if alive:
                    return Round(kills, [f"without its driver there is still {each.cmdline()}" for each in alive])
            process.communicate()
        return Round(kills, self._to_the_end(folder, jobs))

    def _kill_workers(self, folder: Path, jobs: int) -> Round:
        process = self._start(folder, jobs)
        kills = 0
        for lines in sorted(self._random.randint(0, self._lines) for _ in range(WORKERS_KILLED)):
            if self._alive_at(process, folder, lines):
                kills += self._kill_one(process)
        _, err = process.communicate(timeout=PATIENCE)
        return Round(kills, [] if process.returncode == 0 else [f"exit code {process.returncode}: {err}"])

    def _alive_at(self, process: "subprocess.Popen[str]", folder: Path, lines: int) -> bool:
        """Wait until the journal has so many lines, and a little; return whether the process is still there."""
        more = self._random.uniform(0, 0.5)
        while process.poll() is None and _lines(folder) < lines:
            time.sleep(0.02)
        time.sleep(more)
        return process.poll() is None

    def _kill_one(self, process: "subprocess.Popen[str]") -> int:
        """Kill one of the workers there are, as soon as there is one; return how many it killed."""
        while process.poll() is None:
            found = list(_workers(process.pid))
            if found:
                self._random.choice(found).kill()
                return 1
            time.sleep(0.05)
        return 0

    def _to_the_end(self, folder: Path, jobs: int) -> list[str]:
        process = self._start(folder, jobs)
        _, err = process.communicate(timeout=PATIENCE)
        return [] if process.returncode == 0 and "Traceback" not in err else [f"exit code {process.returncode}: {err}"]

    def _start(self, folder: Path, jobs: int) -> "subprocess.Popen[str]":
        (folder / "tiny.py").write_text(SCRIPT)
        (folder / "tmp").mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-B", "tiny.py", "--quiet", "--jobs", str(jobs), *self._options],
            cwd=folder,
            env={**user_environment(), "TMPDIR": str(folder / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def _lines(folder: Path) -> int:
    journal = folder / "mlruns" / "optuna.journal"
    return journal.read_bytes().count(b"\n") if journal.exists() else 0


def _workers(driver: int) -> Iterator[psutil.Process]:
    """The processes below a driver that do jobs: not the server that forks them, nor the one that keeps count."""
    try:
        below = psutil.Process(driver).children(recursive=True)
        commands = {each: " ".join(each.cmdline()) for each in below}
        parents = {each.ppid() for each in below}
    except psutil.NoSuchProcess:
        return
    for process, command in commands.items():
        serves = "resource_tracker" in command or process.pid in parents
        if "multiprocessing" in command and not serves and ("forkserver" not in command or process.ppid() != driver):
            yield process


def main(argv: list[str] | None = None) -> int:
    """Run the drill; return 1 where a round went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--executor", choices=("local", "dask"), default="local")
    parser.add_argument("--victim", choices=("driver", "worker"), default="driver")
    parser.add_argument("--sampler", choices=("random", "grid"), default="random")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(argv)
    drill = Drill(asked.executor, asked.sampler, asked.seed)
    print(f"seed {asked.seed}", file=sys.stderr)
    rounds = []
    for number in range(asked.rounds):
        rounds.append(drill.round(asked.victim, jobs=1 + number % 2))
        said = "; ".join(rounds[-1].wrong) or "right"
        print(f"round {number + 1}: {rounds[-1].kills} killed, {said}", file=sys.stderr, flush=True)
    wrong = sum(bool(each.wrong) for each in rounds)
    print(json.dumps({**vars(asked), "kills": sum(each.kills for each in rounds), "wrong": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    raise SystemExit(main())

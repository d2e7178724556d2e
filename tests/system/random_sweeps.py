"""Runs sweeps with random options, environments, folders and signals, and looks for hangs, tracebacks and leftovers.

    python -m tests.system.random_sweeps --minutes 30 --seed 1

A round is a small sweep in a new folder, resumed once where it was interrupted. It passes where every command ends in
time with a documented exit code and without a traceback, where a refusal is one line, and where nothing is RUNNING
after the last command (`knobwise doctor`). The rounds follow from the seed; `--first N` starts at round N.
The last line is JSON.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.conftest import user_environment

LIMIT = 150  # seconds that one command may take
SCRIPT = '''"""Runs of a few milliseconds."""

from knobwise.experiments.config import RunConfig
from knobwise.sweeps.engine import Sweep, main


def space(trial):
    return {
        "lr": trial.suggest_float("lr", 1e-4, 1e-2, log=True),
        "epochs": trial.suggest_int("epochs", 20, 600, log=True),
    }


SWEEP = Sweep(
    name="quick",
    question="Does it end?",
    knobs=("lr", "epochs"),
    space=space,
    baseline={"lr": 0.001, "epochs": 20},
    fixed=RunConfig(n_samples=60, widths=(8,)),
)

if __name__ == "__main__":
    raise SystemExit(main(SWEEP))
'''
TABLE = "size,city,rent\n" + "".join(
    f"{20 + i % 37}.5,{('Ulm', 'Bonn', 'Koeln')[i % 3]},{300 + 7 * i % 211}\n" for i in range(60)
)
FUNCTION = "import numpy as np\n\n\ndef f(x, y):\n    return np.sin(x) * y\n"

# Each option with values that are accepted and values that are not.
OPTIONS: dict[str, tuple[list[str], list[str]]] = {
    "--jobs": (["1", "2", "3"], ["-1", "two"]),
    "--seeds": (["1", "2"], ["0"]),
    "--confirm": (["0", "1", "3"], ["-2"]),
    "--timeout": (["0.01", "2", "1000"], ["0", "nan"]),
    "--total-epochs": (["30", "5000"], ["0"]),
    "--total-flops": (["1e6", "1e12"], ["x"]),
    "--good-enough": (["1e9", "0"], ["nan"]),
    "--max-failures": (["0", "1"], ["-1"]),
    "--cost": (["none", "flops", "n_parameters", "train_seconds"], ["money"]),
    "--sampler": (["tpe", "random", "qmc", "grid", "forest"], ["tpee"]),
    "--pruner": (["none", "median", "asha", "hyperband"], ["ashe"]),
    "--seed": (["0", "7", "123456789"], ["-1", "1.5"]),
    "--name": (["quick", "a.b-c_d", "optuna.journal", "x" * 100], ["", "a/b", "ä b"]),
    "--storage": (["sqlite:///search.db", "other.journal", "deep/er/search.journal"], ["sqlite:///no/such/folder.db", "foo://x"]),
    "--problem": (
        ["noisy_sine", "wine", "spirals", "branin", "table.csv?target=rent", "mine.py:f?bounds=0..1,0..1"],
        ["wein", "table.csv", "table.csv?target=price", "none.csv?target=a", "mine.py:g"],
    ),
}  # fmt: skip
FLAGS = ("--fresh", "--dry-run", "--system-metrics", "--quiet", "--json")
ENVIRONMENT: dict[str, list[str]] = {
    "MPLBACKEND": ["module://no.such.backend", "TkAgg"],
    "COLUMNS": ["30", "60", "200"],
    "PYTHONIOENCODING": ["ascii", "latin-1", "cp1252"],
    "LC_ALL": ["C"],
    "TERM": ["dumb"],
    "OPENBLAS_NUM_THREADS": ["3"],
    "MLFLOW_TRACKING_URI": ["sqlite:///elsewhere.db"],
    "FORCE_COLOR": ["1"],
}
FOLDERS = ("plain", "with space", "per%20cent", "a#b", "what?", "ünï", "deep/deeper")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
CLEAN = {0, 1, 2, 129, 130, 141, 143}


class Command(NamedTuple):
    """What is run.

    Attributes:
        words: behind `python quick.py`.
        environment: what is set beside the user's own.
        folder: where, below the round's own folder.
        signal: sent after `after` seconds; 0 for none.
        after: seconds.
        closed: whether nobody reads its standard output.
    """

    words: list[str]
    environment: dict[str, str]
    folder: str
    signal: int
    after: float
    closed: bool


class Ended(NamedTuple):
    """How a command ended: its exit code (None for a hang) and what it printed."""

    code: int | None
    out: str
    err: str


def drawn(chance: random.Random) -> Command:
    """A random command: a few options, one in eight of them with a value that is not accepted."""
    words = ["--trials", str(chance.randint(1, 3))]
    for option in chance.sample(sorted(OPTIONS), chance.randint(0, 4)):
        right, wrong = OPTIONS[option]
        words += [option, chance.choice(wrong if chance.random() < 1 / 8 else right)]
    words += [flag for flag in FLAGS if chance.random() < 0.15]
    environment = {name: chance.choice(values) for name, values in ENVIRONMENT.items() if chance.random() < 0.2}
    sent = chance.choice(SIGNALS) if chance.random() < 0.4 else 0
    return Command(words, environment, chance.choice(FOLDERS), sent, chance.uniform(0.2, 8), chance.random() < 0.1)


def run(command: Command, folder: Path, words: list[str] | None = None) -> Ended:
    """Run a command; with `words` another one in the same place, without its signal."""
    asked = ["quick.py", *command.words] if words is None else words
    process = subprocess.Popen(
        [sys.executable, *asked],
        cwd=folder,
        env={**user_environment(), **command.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    if command.closed and words is None:
        process.stdout.close()
        process.stdout = None
    try:
        if command.signal and words is None:
            try:
                out, err = process.communicate(timeout=command.after)
            except subprocess.TimeoutExpired:
                process.send_signal(command.signal)
                out, err = process.communicate(timeout=LIMIT)
        else:
            out, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        return Ended(None, *_texts(out, err))
    return Ended(process.returncode, *_texts(out, err))


def _texts(out: bytes | None, err: bytes | None) -> tuple[str, str]:
    return (out or b"").decode(errors="replace"), (err or b"").decode(errors="replace")


def complaints(command: Command, ended: Ended) -> list[str]:
    """What is wrong with the end of a sweep."""
    if ended.code is None:
        return ["it did not end"]
    wrong = ["a traceback"] if "Traceback (most recent call last)" in ended.err + ended.out else []
    if ended.code not in CLEAN and ended.code != -signal.SIGKILL:
        wrong.append(f"exit code {ended.code}")
    if ended.code == 2 and ended.err.count("\n") != 1:
        wrong.append("a refusal of more than one line")
    if ended.code == 0 and "--json" in command.words and not command.closed:
        try:
            json.loads(ended.out)
        except ValueError:
            wrong.append("standard output is not one JSON object")
    return wrong


def round_of(seed: int, number: int) -> tuple[Command, list[str]]:
    """One round: its command, and what was wrong."""
    command = drawn(random.Random(f"{seed}/{number}"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / command.folder
        folder.mkdir(parents=True)
        for file, text in (("quick.py", SCRIPT), ("table.csv", TABLE), ("mine.py", FUNCTION)):
            (folder / file).write_text(text)
        ended = run(command, folder)
        wrong = complaints(command, ended)
        if not wrong and ended.code not in (0, 2) and "--dry-run" not in command.words:
            resumed = run(command, folder, ["quick.py", *(word for word in command.words if word != "--fresh")])
            wrong = [f"resumed: {each}" for each in complaints(command, resumed)]
            ended = resumed
        if not wrong and ended.code != 2:
            wrong = _unhealthy(command, folder)
        if wrong:
            wrong.append(ended.err[-1500:])
    return command, wrong


def _unhealthy(command: Command, folder: Path) -> list[str]:
    storage = [
        f"{command.words[at]}={command.words[at + 1]}" for at, word in enumerate(command.words) if word == "--storage"
    ]
    knobwise = ["-c", "from knobwise.sweeps.commands import main; raise SystemExit(main())"]
    ended = run(command, folder, [*knobwise, "doctor", "--json", *storage])
    try:
        facts = json.loads(ended.out)
    except ValueError:
        return [f"doctor: {ended.err[-300:]}"]
    return [f"doctor: {each['what']}" for each in facts["wrong"]] + [f"doctor: left {each}" for each in facts["files"]]


def search(seed: int, first: int, goes_on: Callable[[int], bool]) -> dict[str, object]:
    """Round after round while `goes_on`, given how many were done; what was wrong in each that did not pass."""
    failed, number = {}, first
    while goes_on(number - first):
        command, wrong = round_of(seed, number)
        if wrong:
            failed[str(number)] = wrong
            print(f"round {number}: {command}\n  " + "\n  ".join(wrong), flush=True)
        number += 1
    return {"seed": seed, "rounds": number - first, "failed": failed}


def main() -> int:
    """Search for as long as the options say; exit code 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rounds", type=int, default=0, help="so many rounds, whatever the time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    until = time.monotonic() + 60 * asked.minutes
    result = search(asked.seed, asked.first, lambda n: n < asked.rounds if asked.rounds else time.monotonic() < until)
    print(json.dumps(result))
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    raise SystemExit(main())

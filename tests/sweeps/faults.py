"""A fault at each write of the driver, one at a time, as SQLite tests itself.

    python -m tests.sweeps.faults                    every write of a sweep of three trials, each fault: minutes
    python -m tests.sweeps.faults --every 9          every ninth write of each kind

A write is a line of the journal, a commit to MLflow's database, or a file opened for writing. The fault is `kill` (the
process is gone, half of the bytes written), `full` (half of the bytes written, then ENOSPC, once) or `stays-full` (and
every write after it fails too). After each fault the same command runs again, and must come to the end that a sweep
without a fault comes to. The last line is JSON: how many faults there were of each kind and mode, and what went wrong.

Whole processes would take ten seconds each, so this one imports everything once and forks. Each fork runs the real
command, driver, recorder and stores; training alone is done before, for its outcomes are not in question.
"""

import argparse
import collections
import contextlib
import importlib
import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.sweeps import injector
from tests.sweeps.ends import End, difference, end_of, what_is_left

MODES = ("kill", "full", "stays-full")
TRIALS = 3
OPTIONS = ["--trials", str(TRIALS), "--confirm", "1", "--jobs", "1", "--sampler", "random", "--quiet", "--json"]
PATIENCE = 300  # seconds for one sweep


class Case(NamedTuple):
    """One fault: at the `number`th write of a kind."""

    kind: str
    number: int
    mode: str

    def __str__(self) -> str:
        return f"{self.mode} at {self.kind} {self.number}"


def in_fork(work: Callable[[], int], said: Path) -> int:
    """Do `work` in a fork that says into `said`, and return its exit code."""
    process = os.fork()
    if process:
        _, status = os.waitpid(process, 0)
        return os.waitstatus_to_exitcode(status)
    code = 99
    signal.alarm(PATIENCE)  # where it hangs, it is killed, and its exit code tells
    try:
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(out, 1)
        os.dup2(out, 2)
        code = work()
    except BaseException:  # noqa: BLE001  the fork must not go on as its parent
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def sweep(folder: Path, modules: Path | None = None) -> int:
    """The command, in `folder`."""
    from knobwise.sweeps.engine.cli import command
    from tests.sweeps.faulty_sweep import SWEEP

    os.chdir(folder)
    tempfile.tempdir = str(folder / "tmp")
    code = command.main(SWEEP, OPTIONS)
    if modules:
        modules.write_text("\n".join(name for name in sys.modules if name != "__main__"))
    return code


def faulty(folder: Path, log: Path, case: Case | None = None) -> int:
    """The command with its writes counted, and a fault at one of them."""
    injector.inject(folder, log, *(case or ()))
    return sweep(folder)


def prepare(scratch: Path) -> tuple[Path, End, collections.Counter[str]]:
    """Import what a sweep imports, do its training, and run it without a fault.

    Returns:
        A folder with an empty store to copy, the end of the sweep, and how many writes of each kind it made.
    """
    template = scratch / "template"
    (template / "tmp").mkdir(parents=True)
    modules, said, log = scratch / "modules", scratch / "said", scratch / "log"
    code = in_fork(lambda: _empty_store(template), said)
    assert code == 0, said.read_text()
    first = scratch / "first"
    shutil.copytree(template, first)
    code = in_fork(lambda: sweep(first, modules), said)
    assert code == 0, said.read_text()
    for name in modules.read_text().splitlines():
        with contextlib.suppress(ImportError):  # some are made up by other modules, and cannot be imported by name
            importlib.import_module(name)
    _train_before(first)
    assert threading.active_count() == 1, "a fork has the thread that forked it, and no other"
    whole = scratch / "whole"
    shutil.copytree(template, whole)
    code = in_fork(lambda: faulty(whole, log), said)
    assert code == 0, said.read_text()
    writes = collections.Counter(line.split()[0] for line in log.read_text().splitlines())
    assert not what_is_left(whole), what_is_left(whole)
    return template, end_of(whole), writes


def run_case(case: Case, folder: Path, template: Path, whole: End) -> str:
    """Run a sweep with a fault and then without; return what is wrong with its end, or nothing."""
    shutil.copytree(template, folder)
    said, log = folder.with_suffix(".said"), folder.with_suffix(".log")
    code = in_fork(lambda: faulty(folder, log, case), said)
    fired = "FAULT" in log.read_text()
    text = said.read_text()
    if not fired:
        return "the write was not reached"
    if case.mode == "kill" and code != injector.KILLED:
        return f"exit code {code}: {text}"
    if case.mode != "kill" and not _told(code, text):
        return f"exit code {code}, and said {text}"
    code = in_fork(lambda: sweep(folder), said)
    if code != 0:
        return f"after it, exit code {code}: {said.read_text()}"
    return "; ".join([*difference(whole, end_of(folder)), *what_is_left(folder)])


def _told(code: int, text: str) -> bool:
    """Whether a fault was told of in one line: as what ended the sweep, or as what kept its model from the registry."""
    if code == 0:
        return text.count("\n") == 2 and "\nNo champion: cannot register" in text
    return code == 1 and text.count("\n") == 1 and text.startswith("error: ")


def cases(writes: collections.Counter[str], modes: list[str], every: int) -> list[Case]:
    """Every so many of the writes of each kind, other ones for each mode."""
    return [
        Case(kind, number, mode)
        for place, mode in enumerate(modes)
        for kind in sorted(writes)
        for number in range(1 + place * every // len(modes) % writes[kind], writes[kind] + 1, every)
    ]


def main(argv: list[str] | None = None) -> int:
    """Run the cases; return 1 where any went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--every", type=int, default=1, help="take every so many of the writes of each kind")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--jobs", type=int, default=2, help="cases that run at once")
    parser.add_argument("--only", nargs=3, metavar=("KIND", "NUMBER", "MODE"), help="one case; its folder is kept")
    asked = parser.parse_args(argv)
    scratch = Path(tempfile.mkdtemp(prefix="knobwise-faults-"))
    try:
        template, whole, writes = prepare(scratch)
        print(f"writes: {dict(sorted(writes.items()))}", file=sys.stderr)
        if asked.only:
            kind, number, mode = asked.only
            print(run_case(Case(kind, int(number), mode), scratch / "case", template, whole) or "right", scratch)
            return 0
        taken = cases(writes, asked.modes, asked.every)
        results = _all(taken, asked.jobs, scratch, template, whole)
    finally:
        if not asked.only:
            shutil.rmtree(scratch)
    wrong = {str(case): result for case, result in results.items() if result}
    tried = collections.Counter(f"{case.kind} {case.mode}" for case in results)
    print(json.dumps({"writes": writes, "tried": tried, "wrong": wrong}))
    return 1 if wrong or len(results) != len(taken) else 0


def _all(taken: list[Case], jobs: int, scratch: Path, template: Path, whole: End) -> dict[Case, str]:
    """Run the cases in `jobs` forks, each of which forks for its own."""
    forks = []
    for stripe in range(jobs):
        process = os.fork()
        if not process:
            os._exit(_stripe(taken, stripe, jobs, scratch, template, whole))
        forks.append(process)
    for process in forks:
        os.waitpid(process, 0)
    results = {}
    for number, case in enumerate(taken):
        file = scratch / f"case-{number}.result"
        results[case] = file.read_text() if file.exists() else "it was not run"
    return results


def _stripe(taken: list[Case], stripe: int, jobs: int, scratch: Path, template: Path, whole: End) -> int:
    for number, case in itertools.islice(enumerate(taken), stripe, None, jobs):
        folder = scratch / f"case-{number}"
        result = run_case(case, folder, template, whole)
        if result:
            print(f"{case}: {result}", file=sys.stderr, flush=True)
        folder.with_suffix(".result").write_text(result)
        shutil.rmtree(folder)
    return 0


def _empty_store(folder: Path) -> int:
    from knobwise.experiments.record.tracker import Tracker

    os.chdir(folder)
    Tracker()
    return 0


def _train_before(folder: Path) -> None:
    """Do the training of the sweep in `folder`, and have workers that have done it already."""
    from knobwise.experiments.config import RunConfig
    from knobwise.experiments.outcome import Outcome
    from knobwise.sweeps.engine import session
    from knobwise.sweeps.engine.workers import jobs, pool
    from tests.sweeps.fakes import AtOnce
    from tests.sweeps.faulty_sweep import SWEEP

    outcomes: dict[RunConfig, Outcome] = {}
    for file in (folder / "mlruns").rglob("config.json"):
        said = json.loads(file.read_text())["config"]
        config = RunConfig.from_dict(said)
        outcomes[config] = jobs.train(jobs.Job(problem=SWEEP.problem, config=config))

    def trained(job: jobs.Job) -> Outcome:
        return outcomes[job.config]

    setattr(session, "train", trained)  # noqa: B010
    setattr(pool, "start", lambda *_: AtOnce())  # noqa: B010


if __name__ == "__main__":
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    raise SystemExit(main())

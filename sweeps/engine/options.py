"""The options of every sweep, read from the command line and checked there."""

import contextlib
import difflib
import io
import math
import os
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import tyro

from knobwise.experiments import problems
from knobwise.experiments.data.spec import Spec
from knobwise.sweeps.engine.errors import BadInput, nearest
from knobwise.sweeps.engine.sweep import Sweep

OF_PROBLEM = (
    "target",
    "drop",
    "task",
    "test_fraction",
    "group",
    "time",
    "target_scale",
    "split_seed",
    "bounds",
    "noise",
    "inputs",
)
COSTS = ("flops", "train_seconds", "n_parameters")
_STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a sweep is asked to do."""

    trials: int
    """Go on until this many trials are done (complete, pruned or diverged), counting those of earlier runs."""
    jobs: int = 0
    """Trials that run at once, one core each; 0 for one on every core."""
    seeds: int = 1
    """Run each trial with this many seeds, and judge it by the mean."""
    confirm: int = 3
    """Run the best few again on this many fresh seeds before naming a winner; 0 to trust the search."""
    timeout: float = math.inf
    """Seconds after which no new trial begins; those that run are finished."""
    total_epochs: float = math.inf
    """Epochs, over all trials and seeds, after which no new trial begins."""
    total_flops: float = math.inf
    """Floating-point operations of training after which no new trial begins."""
    good_enough: float = -math.inf
    """A val MSE that is good enough: once a trial has it, no new one begins."""
    max_failures: int = 0
    """Trials that may fail before the sweep gives up; 0 for any number that is not 5 in a row."""
    cost: str = "none"
    """Weigh accuracy against a cost as well: none, flops, train_seconds or n_parameters."""
    problem: str
    """What to fit: a name (`knobwise problems` lists them), FILE.csv, .tsv or .parquet, or module:function."""
    target: str = ""
    """Of a table: the column to predict."""
    drop: str = ""
    """Of a table: columns to leave out, with commas between."""
    task: str = ""
    """Of a table: regression or classification. [by the target's values]"""
    test_fraction: str = ""
    """Of a table: the share of the rows that is kept for the test. [0.2]"""
    group: str = ""
    """Of a table: a column whose rows of one value stay in one part."""
    time: str = ""
    """Of a table: a column to split by: the latest rows are the test."""
    target_scale: str = ""
    """Of a table: auto, linear or log, the scale on which a number is learned. [auto]"""
    split_seed: str = ""
    """Of a table: another seed, another split. [0]"""
    bounds: str = ""
    """Of a function: low..high of each input, with commas between (-1..1,0..5)."""
    noise: str = ""
    """Of a function: the standard deviation of noise on the targets that are learnt from. [0]"""
    inputs: str = ""
    """Of a function that can have any number of inputs: how many."""
    samples: int = 0
    """Of data that end: use at most this many of the training rows; 0 for up to 10,000."""
    sampler: str
    """Chooses the configurations: tpe, forest, random, qmc, grid or gp."""
    pruner: str
    """Stops trials that are behind: none, median, asha or hyperband."""
    seed: int = 0
    """Varies what the sampler chooses."""
    name: str
    """The study to start or go on with."""
    fresh: bool = False
    """Start another study of that name (NAME-2, NAME-3, ...)."""
    dry_run: bool = False
    """Say what would be done; write nothing."""
    storage: str = ""
    """Where the search is kept: an Optuna URL (sqlite:///search.db) or a journal file. [mlruns/optuna.journal]"""
    executor: str = "local"
    """Where trials run: local (processes on this machine) or dask (a cluster)."""
    cluster: str = ""
    """The address of a Dask scheduler (tcp://host:8786); none for a cluster on this machine."""
    system_metrics: bool = False
    """Record CPU and memory of this machine over time, with the study's own run."""
    json: bool = False
    """Print one line of JSON on stdout, and nothing else there."""
    quiet: bool = False
    """Show no progress."""

    @property
    def slots(self) -> int:
        """How many trials run at once."""
        return self.jobs or cores()


_EXAMPLES = """{question}

examples:
  {program}                         the default budget
  {program} --trials 60             go on with the same study
  {program} --fresh --seeds 3       another study, each trial on three seeds
  {program} --dry-run               only say what would be done"""


def parse(sweep: Sweep, words: list[str], program: str) -> Options:
    """The options in `words`, over the sweep's own defaults.

    Raises:
        BadInput: an option is unknown, or its value is not one that it takes.
        SystemExit: after `--help`.
    """
    defaults = Options(
        trials=sweep.trials, problem=sweep.problem, sampler=sweep.sampler, pruner=sweep.pruner, name=sweep.name
    )
    if "--help" not in words and "-h" not in words:
        _check_words(words)
    spelled = io.StringIO()
    helping = "--help" in words or "-h" in words
    with contextlib.nullcontext() if helping else contextlib.redirect_stderr(spelled):
        try:
            options = tyro.cli(
                Options,
                args=["--help"] if helping else words,
                default=defaults,
                prog=program,
                description=_EXAMPLES.format(question=sweep.question, program=program),
                config=(tyro.conf.FlagCreatePairsOff,),
                console_outputs=helping,
            )
        except SystemExit as stop:
            if helping:
                raise
            raise BadInput(f"options must be as --help shows them, got {' '.join(words)}") from stop
    if options.cost != "none" and not any(word.startswith("--pruner") for word in words):
        options = replace(options, pruner="none")  # Optuna prunes by one objective; the sweep's own choice yields
    _check_values(options)
    return replace(options, problem=_problem(options))


def _problem(options: Options) -> str:
    """The problem's name in full, with the options that are about it, and the SHA-256 of a file."""
    try:
        spec = Spec.parse(options.problem).having({name: getattr(options, name) for name in given_of_problem(options)})
        return problems.load(str(spec)).name
    except ValueError as error:
        near = nearest(options.problem, problems.names()) if "must be one of" in str(error) else ""
        raise BadInput(f"{'--' * str(error).startswith('problem must')}{error}{near}") from None


def given_of_problem(options: Options) -> list[str]:
    """The options that were given and are about the problem."""
    return [name for name in OF_PROBLEM if getattr(options, name)]


def _check_words(words: list[str]) -> None:
    """Refuse what is not an option, and values of the wrong type, in one line each (tyro draws a box of several)."""
    types = _types()
    rest = list(words)
    while rest:
        word, equals, value = rest.pop(0).partition("=")
        name = word.removeprefix("--").replace("_", "-")
        if not word.startswith("--") or name not in types:
            known = [f"--{each}" for each in types]
            what = "option must be one of" if word.startswith("-") else "options begin with --, those there are:"
            hint = nearest(word, known)
            raise BadInput(f"{what} {', '.join(known)}, got {word!r}{hint}")
        if types[name] is bool:
            if equals:
                raise BadInput(f"--{name} must stand alone, got {value!r}")
            continue
        if not equals and (not rest or rest[0].startswith("--")):
            raise BadInput(f"--{name} must be followed by {_KINDS[types[name]][0]}, got nothing")
        _check_type(name, types[name], value if equals else rest.pop(0))


def _check_type(name: str, kind: Any, value: str) -> None:
    wanted, convert = _KINDS[kind]
    try:
        convert(value)
    except ValueError:
        raise BadInput(f"--{name} must be {wanted}, got {value!r}") from None


_KINDS: dict[Any, tuple[str, Callable[[str], Any]]] = {
    int: ("a whole number", int),
    float: ("a number", float),
    str: ("a name", str),
}


def _types() -> dict[str, Any]:
    """The type of each option by its name on the command line."""
    hints = typing.get_type_hints(Options)
    return {field.name.replace("_", "-"): hints[field.name] for field in fields(Options)}


def _check_values(options: Options) -> None:
    """Refuse what is of the right type but out of range, or names nothing that there is."""
    from knobwise.sweeps.engine.search.pruners import PRUNERS
    from knobwise.sweeps.engine.search.samplers import SAMPLERS
    from knobwise.sweeps.engine.workers.pool import EXECUTORS

    _at_least("trials", options.trials, 1)
    if options.jobs < 0:
        raise BadInput(f"--jobs must be a whole number >= 1, or 0 for one on every core, got {options.jobs}")
    _at_least("seeds", options.seeds, 1)
    _at_least("confirm", options.confirm, 0)
    _at_least("seed", options.seed, 0)
    if not options.timeout > 0:
        raise BadInput(f"--timeout must be a number of seconds > 0, got {options.timeout:g}")
    for name, number in (("total-epochs", options.total_epochs), ("total-flops", options.total_flops)):
        if not number > 0:
            raise BadInput(f"--{name} must be a number > 0, got {number:g}")
    if math.isnan(options.good_enough):
        raise BadInput("--good-enough must be a val MSE, got nan")
    if options.samples < 0 or options.samples == 1:
        raise BadInput(f"--samples must be a whole number >= 2, or 0 for up to 10,000, got {options.samples}")
    _at_least("max-failures", options.max_failures, 0)
    _one_of("cost", options.cost, ["none", *COSTS])
    _one_of("sampler", options.sampler, list(SAMPLERS))
    _one_of("pruner", options.pruner, list(PRUNERS))
    _one_of("executor", options.executor, list(EXECUTORS))
    if not _STUDY_NAME.fullmatch(options.name):
        raise BadInput(f"--name must be letters, digits, '.', '_' or '-', at most 100, got {options.name!r}")
    if options.cost != "none" and options.pruner != "none":
        raise BadInput(f"--cost {options.cost} must go with --pruner none, got --pruner {options.pruner}")
    if options.cluster and options.executor != "dask":
        raise BadInput(f"--cluster must go with --executor dask, got --executor {options.executor}")


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise BadInput(f"--{name} must be a whole number >= {least}, got {value}")


def _one_of(name: str, value: str, known: list[str]) -> None:
    if value not in known:
        near = nearest(value, known) if difflib.get_close_matches(value, known, n=1) else ""
        raise BadInput(f"--{name} must be one of {', '.join(known)}, got {value!r}{near}")

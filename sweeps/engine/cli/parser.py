"""The options of every sweep, read from the command line and checked there."""

import contextlib
import difflib
import io
import math
import re
import typing
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import tyro

from knobwise.experiments import problems
from knobwise.experiments.data.spec import Spec
from knobwise.sweeps.engine.errors import BadInput, nearest
from knobwise.sweeps.engine.settings import COSTS, Options, given_of_problem
from knobwise.sweeps.engine.sweep import Sweep

_STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


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

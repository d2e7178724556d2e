"""From the words behind a sweep to its `Options`: its own defaults, and what options must hold together."""

import re
from collections.abc import Sequence

from knobwise.experiments import problems
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.text import nearest
from knobwise.sweeps.engine.cli import pages, parser
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.settings import Options, given_of_problem
from knobwise.sweeps.engine.sweep import Sweep

_STUDY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def parse(sweep: Sweep, words: Sequence[str], program: str) -> Options:
    """The options in `words`.

    Raises:
        BadInput: an option is unknown, or its value is not one that it takes.
    """
    return checked(sweep, parser.read(pages.of_sweep(sweep, program), words))


def checked(sweep: Sweep, given: parser.Given) -> Options:
    """The sweep's own options with those that were given.

    Raises:
        BadInput: options contradict each other, or the problem cannot be loaded.
    """
    own = {"trials": sweep.trials, "problem": sweep.problem, "sampler": sweep.sampler, "name": sweep.name}
    own["pruner"] = "none" if given.get("--cost", "none") != "none" else sweep.pruner  # Optuna prunes by one objective
    options = Options(**{**own, **{name[2:].replace("-", "_"): value for name, value in given.items()}})
    if options.samples == 1:
        raise BadInput("--samples must be a whole number >= 2, or 0 for up to 10,000, got 1")
    if not _STUDY_NAME.fullmatch(options.name):
        raise BadInput(f"--name must be letters, digits, '.', '_' or '-', at most 100, got {options.name!r}")
    if options.cost != "none" and options.pruner != "none":
        raise BadInput(f"--cost {options.cost} must go with --pruner none, got --pruner {options.pruner}")
    if options.extend_range and (options.cost != "none" or options.fresh):
        other = "--fresh" if options.fresh else f"--cost {options.cost}"
        raise BadInput(f"--extend-range must go with a study that has a best trial, got {other}")
    if options.cluster and options.executor != "dask":
        raise BadInput(f"--cluster must go with --executor dask, got --executor {options.executor}")
    return Options(**{**vars(options), "problem": _problem(options)})


def _problem(options: Options) -> str:
    """The problem's name in full: with the options that are about it, and the SHA-256 of a file."""
    try:
        given = {name: getattr(options, name) for name in given_of_problem(options)}
        texts = {name: "yes" if value is True else value for name, value in given.items()}
        spec = Spec.parse(options.problem).having(texts)
        return problems.load(str(spec)).name
    except ValueError as error:
        near = nearest(options.problem, problems.names()) if "must be one of" in str(error) else ""
        raise BadInput(f"{'--' * str(error).startswith('problem must')}{error}{near}") from None

"""Samplers: what chooses the next configuration. By name, as `--sampler` takes them."""

import importlib.util
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial

from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.search.forest import Forest
from knobwise.sweeps.engine.space.independent import OneByOne

Make = Callable[[int, int], optuna.samplers.BaseSampler]


def make(name: str, seed: int, trials_before: int) -> optuna.samplers.BaseSampler:
    """The sampler called `name`.

    Args:
        seed: as the user gave it.
        trials_before: trials that the study holds already. A sampler that draws from a stream gets another stream for
            each, so that a resumed study does not draw the same values twice.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # of a sampler that the user has asked for by name
        return SAMPLERS[name](seed, trials_before)


def of_session(name: str, seed: int, study: optuna.Study) -> optuna.samplers.BaseSampler:
    """The sampler of a session that starts or resumes `study`, and of a preview of that session.

    The baseline counts as a trial of a new study whether it is in the queue already or not.
    """
    return make(name, seed, max(1, len(study.get_trials(deepcopy=False))))


class Draws(OneByOne):
    """Random search whose draw depends on the seed, the trial's number and the parameter's name, and on nothing else.

    So a sweep that was killed and resumed tries the same configurations as one that was not, whatever the order
    in which its trials end.

    J. Bergstra and Y. Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13, 2012.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        one_draw = optuna.samplers.RandomSampler(seed=mixed(self._seed, trial.number, param_name))
        return one_draw.sample_independent(study, trial, param_name, param_distribution)


def mixed(*parts: int | str) -> int:
    """A seed in [0, 2**32) made of `parts`, the same on every machine.

    >>> mixed(0, 1, "lr") == mixed(0, 1, "lr") != mixed(0, 2, "lr")
    True
    """
    return zlib.crc32("/".join(map(str, parts)).encode())


def _tpe(seed: int, trials_before: int) -> optuna.samplers.BaseSampler:
    # The liar keeps trials that run at the same time from being asked for in the same place.
    return optuna.samplers.TPESampler(seed=mixed(seed, trials_before), constant_liar=True)


def _qmc(seed: int, _: int) -> optuna.samplers.BaseSampler:
    # Its place in the sequence is kept in the study, so the seed, which scrambles the sequence, must stay the same.
    return optuna.samplers.QMCSampler(
        scramble=True, seed=seed, independent_sampler=Draws(seed), warn_independent_sampling=False
    )


def _gp(seed: int, trials_before: int) -> optuna.samplers.BaseSampler:
    if importlib.util.find_spec("torch") is None:
        raise BadInput("--sampler gp needs PyTorch, which is not installed: pip install torch; or take --sampler tpe")
    return optuna.samplers.GPSampler(seed=mixed(seed, trials_before), independent_sampler=Draws(seed))


SAMPLERS: dict[str, Make] = {
    "tpe": _tpe,
    "random": lambda seed, _: Draws(seed),
    "qmc": _qmc,
    "grid": lambda seed, _: Draws(seed),  # never asked: the grid's points are put in the queue one by one
    "gp": _gp,
    "forest": lambda seed, _: Forest(seed, Draws(seed), mixed),
}

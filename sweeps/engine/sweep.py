"""`Sweep`: a question, the space of runs that could answer it, and what it may cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from knobwise.experiments.config import RunConfig

if TYPE_CHECKING:  # a worker imports this module too, and has no use for Optuna
    import optuna


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Many runs that answer one question. `sweeps/lr_epochs.py` is one to copy from.

    Attributes:
        name: as in `knobwise sweep NAME`, and MLflow's experiment.
        question: the sentence that it answers.
        knobs: what is in question, in the order a table shows it: parameters as the space names them, or fields of
            `RunConfig` that follow from several, as `widths` from a depth and the width of each layer.
        space: asks an Optuna trial for the parameters, and returns the fields of `RunConfig` that follow from them.
        baseline: the parameters of the run to beat, tried first, as trial 0.
        fixed: the rest of the configuration.
        problem: the default for `--problem`.
        trials: the default for `--trials`.
        sampler: the default for `--sampler`.
        pruner: the default for `--pruner`.
    """

    name: str
    question: str
    knobs: tuple[str, ...]
    space: Callable[[optuna.Trial], dict[str, Any]]
    baseline: Mapping[str, Any]
    fixed: RunConfig = dataclasses.field(default_factory=RunConfig)
    problem: str = "article"
    trials: int = 30
    sampler: str = "tpe"
    pruner: str = "none"

    def config(self, trial: optuna.Trial, seed: int | None = None) -> RunConfig:
        """The configuration of a trial: the fixed one, with what the space gives put in its place.

        Args:
            trial: asked for its parameters.
            seed: put in the place of the configuration's own.
        """
        config = dataclasses.replace(self.fixed, **self.space(trial))
        return config if seed is None else dataclasses.replace(config, seed=seed)

    def shown(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The knobs of a trial, for a table or a picture; without those that it was not asked for.

        Args:
            params: of a finished trial, by the space's names.
        """
        found = {knob: params[knob] for knob in self.knobs if knob in params}
        followed = [knob for knob in self.knobs if knob not in found and knob not in self.baseline]
        if followed:
            from optuna.trial import FixedTrial

            config = self.config(cast("optuna.Trial", FixedTrial(dict(params))))
            found |= {knob: getattr(config, knob) for knob in followed if hasattr(config, knob)}
        return {knob: found[knob] for knob in self.knobs if knob in found}

"""`Sweep`: a question, the space of runs to search for its answer, and the default budget."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from knobwise.experiments.config import RunConfig

if TYPE_CHECKING:  # a worker imports this module too, and does not need Optuna
    import optuna


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Many runs that answer one question. `sweeps/lr_epochs.py` is an example to copy.

    Attributes:
        name: as in `knobwise sweep NAME`, and MLflow's experiment.
        question: that it answers, one sentence.
        knobs: the searched knobs, in the order of tables: parameters by their names in the space, or fields of
            `RunConfig` made from several, as `widths` from a depth and the width of each layer.
        space: from an Optuna trial, which it asks for parameters, to fields of `RunConfig`.
        baseline: the parameters of trial 0, which the others are compared with.
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
        """The configuration of a trial: `fixed` with the fields that the space returns.

        Args:
            trial: which the space asks for parameters.
            seed: replaces that of the configuration; None to keep it.
        """
        config = dataclasses.replace(self.fixed, **self.space(trial))
        return config if seed is None else dataclasses.replace(config, seed=seed)

    def shown(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The knobs of a trial, for a table or a figure; without those that the trial does not have.

        Args:
            params: of a finished trial, by their names in the space.
        """
        values = {knob: params[knob] for knob in self.knobs if knob in params}
        derived = [knob for knob in self.knobs if knob not in values and knob not in self.baseline]
        if derived:
            from optuna.trial import FixedTrial

            config = self.config(cast("optuna.Trial", FixedTrial(dict(params))))
            values |= {knob: getattr(config, knob) for knob in derived if hasattr(config, knob)}
        return {knob: values[knob] for knob in self.knobs if knob in values}

"""Asynchronous successive halving (ASHA): of the trials that have reached a rung, the best part continues."""

import math

import optuna
from optuna.trial import FrozenTrial


class Halving(optuna.pruners.BasePruner):
    """Stops a trial that is not among the best floor(n / factor) of the n trials that have reported at its rung.

    Where that is none (n < factor), the best of them continues. Every step at which trials report is a rung. It is the
    stopping variant of Algorithm 2: no trial waits for others, and one that was stopped is not resumed.

    L. Li et al., A System for Massively Parallel Hyperparameter Tuning, MLSys 2020.

    Optuna's `SuccessiveHalvingPruner` decides the same, but keeps a note of each decision with the trial: resumed
    after a crash between the decision and its end, the trial would pass. Here nothing is kept, and a decision that
    has to be repeated is made from the same values.

    Args:
        factor: how many reach a rung for each that continues, >= 2.
    """

    def __init__(self, factor: int) -> None:
        if factor < 2:
            raise ValueError(f"factor must be a whole number >= 2, got {factor}")
        self._factor = factor

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        step = trial.last_step
        if step is None:
            return False
        value = trial.intermediate_values[step]
        others = (other for other in study.get_trials(deepcopy=False) if other.number != trial.number)
        values = [other.intermediate_values[step] for other in others if step in other.intermediate_values]
        better = sum(other < value for other in values)
        return math.isnan(value) or better >= max(1, (len(values) + 1) // self._factor)

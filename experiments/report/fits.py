"""What a recorded run predicts: its network from its checkpoint, on the problem's test part."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments import problems
from knobwise.experiments.data.problem import Part, Problem
from knobwise.experiments.record import artifacts
from knobwise.experiments.report.facts import Facts, Missing, Trial
from knobwise.nn_core import predictor

Array = NDArray[np.float64]


class Fit(NamedTuple):
    """The predictions of a run for the test part.

    Attributes:
        problem: what was fitted.
        test: its test part.
        predicted: `(n, k)`, on the original scale.
    """

    problem: Problem
    test: Part
    predicted: Array


def fit(facts: Facts, trial: Trial) -> Fit:
    """The fit of a trial; of its first replicate, where it has several.

    Raises:
        Missing: the checkpoint is gone or cannot be read, or the problem is not there any more.
    """
    try:
        problem = problems.load(facts.problem)
    except ValueError as error:
        raise Missing(f"The problem cannot be loaded here: {error}.") from None
    if not np.isfinite(trial.test_mse):
        raise Missing(f"Trial {trial.number} has no model: it is not complete.")
    data = facts.file(trial.run_id, artifacts.CHECKPOINT)
    if not data:
        raise Missing(f"The checkpoint of trial {trial.number} is gone from the artifacts of its run, {trial.run_id}.")
    test = problem.test()
    try:
        network = predictor.load(data)
        if network.inputs.mean.size != test.X.shape[1]:
            raise ValueError(f"it has {network.inputs.mean.size} inputs, and {problem.name} has {test.X.shape[1]}")
    except ValueError as error:
        why = str(error).partition(". ")[0].rstrip(".")
        raise Missing(f"The checkpoint of trial {trial.number} cannot be used: {why}.") from None
    return Fit(problem, test, network.predict(test.X))

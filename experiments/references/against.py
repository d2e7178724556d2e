"""Compares a study's best network with the reference models: a constant, a linear model, boosted trees."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from knobwise.experiments.statistics import paired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from knobwise.experiments.data.problem import Array, Problem


class Scored(NamedTuple):
    """A reference model, and the comparison of the study's best network with it on the test rows.

    Attributes:
        name: of the model.
        about: its estimator and settings.
        metrics: under the names of a run's metrics.
        trial: number of the network's trial; -1 where there is no comparison.
        difference: the network's squared error minus the model's, mean over the test rows; lower is better.
        low, high: its 95% interval.
        verdict: `better`, `worse` or `not distinguishable`, of the network; empty where there is no comparison.
    """

    name: str
    about: str
    metrics: dict[str, float]
    trial: int = -1
    difference: float = 0.0
    low: float = 0.0
    high: float = 0.0
    verdict: str = ""


def against(scored: Scored, problem: "Problem", trial: int, network: "Array", reference: "Array") -> Scored:
    """`scored` with the comparison: Student's t on the differences of the squared errors, row by row.

    Args:
        scored: the reference model.
        problem: what both were fitted to.
        trial: number of the network's trial.
        network, reference: predictions for the test part, `(n, k)`.
    """
    true = problem.test().y
    of_network, of_reference = (((predicted - true) ** 2).mean(axis=1).tolist() for predicted in (network, reference))
    compared = paired(of_network, of_reference)
    return scored._replace(
        trial=trial, difference=compared.difference, low=compared.low, high=compared.high, verdict=compared.verdict
    )


def dumps(scored: list[Scored]) -> str:
    """As JSON, for a tag."""
    return json.dumps([each._asdict() for each in scored])


def loads(text: str) -> list[Scored]:
    """The inverse of `dumps`; an empty list from an empty text."""
    return [from_fields(each) for each in json.loads(text or "[]")]


def from_fields(fields: "Mapping[str, Any]") -> Scored:
    """A model from its fields, as a study keeps them; version 0.1.0 had another word for `not distinguishable`."""
    scored = Scored(**fields)
    return scored._replace(verdict="not distinguishable") if scored.verdict == "cannot be told" else scored


def sentences(scored: list[Scored]) -> list[str]:
    """The comparison in sentences; first those where the network is worse, so that they are not missed.

    >>> scored = [Scored("linear", "Ridge", {"test_mse": 2.0}, 3, 0.5, 0.1, 0.9, "worse")]
    >>> sentences(scored)
    ['The linear model wins: on the test rows the squared error of trial 3 is higher by 0.5 (0.1 to 0.9).']
    """
    templates = {
        "worse": "The {name} model wins: on the test rows the squared error of trial {trial} is higher by {size}.",
        "not distinguishable": "Trial {trial} is not distinguishable from the {name} model on the test rows: its "
        "squared error is {way} by {size}.",
        "better": "Trial {trial} beats the {name} model on the test rows: its squared error is lower by {size}.",
    }
    lines = []
    for verdict, text in templates.items():
        for model in (each for each in scored if each.verdict == verdict):
            lower = model.difference < 0
            low, high = sorted((-model.low, -model.high)) if lower else (model.low, model.high)
            size = f"{abs(model.difference):.4g} ({low:.4g} to {high:.4g})"
            way = "lower" if lower else "higher"
            lines.append(text.format(name=model.name, trial=model.trial, size=size, way=way))
    return lines

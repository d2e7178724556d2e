"""How a study's best network stands against the models it is seen beside: a constant, a linear one, boosted trees."""

import json
from typing import TYPE_CHECKING, NamedTuple

from knobwise.experiments.statistics import paired

if TYPE_CHECKING:
    from knobwise.experiments.data.problem import Array, Problem


class Scored(NamedTuple):
    """A reference model, and how the study's best network stands against it on the test rows.

    Attributes:
        name, about: what the model is called, and what it is.
        metrics: named as a run's are.
        trial: the network's; -1 where it was not compared.
        difference, low, high: the network's squared error minus the model's, the mean over the test rows, and its 95%
            interval; lower is better.
        verdict: `better`, `worse` or `cannot be told`, of the network; empty where it was not compared.
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
        trial: the network's.
        network, reference: what they predict for the test part, `(n, k)`.
    """
    true = problem.test().y
    mine, its = (((each - true) ** 2).mean(axis=1).tolist() for each in (network, reference))
    found = paired(mine, its)
    return scored._replace(
        trial=trial, difference=found.difference, low=found.low, high=found.high, verdict=found.verdict
    )


def dumps(scored: list[Scored]) -> str:
    """As JSON, for a tag."""
    return json.dumps([each._asdict() for each in scored])


def loads(text: str) -> list[Scored]:
    """The inverse of `dumps`; nothing of an empty text."""
    return [Scored(**each) for each in json.loads(text or "[]")]


def sentences(scored: list[Scored]) -> list[str]:
    """What the comparison says, for people: first where the network is worse, which nobody should miss.

    >>> scored = [Scored("linear", "Ridge", {"test_mse": 2.0}, 3, 0.5, 0.1, 0.9, "worse")]
    >>> sentences(scored)
    ['The linear model wins: on the test rows the squared error of trial 3 is higher by 0.5 (0.1 to 0.9).']
    """
    said = {
        "worse": "The {name} model wins: on the test rows the squared error of trial {trial} is higher by {size}.",
        "cannot be told": "Trial {trial} cannot be told from the {name} model on the test rows: its squared error is "
        "{way} by {size}.",
        "better": "Trial {trial} beats the {name} model on the test rows: its squared error is lower by {size}.",
    }
    found = []
    for verdict, text in said.items():
        for each in (one for one in scored if one.verdict == verdict):
            lower = each.difference < 0
            low, high = sorted((-each.low, -each.high)) if lower else (each.low, each.high)
            size = f"{abs(each.difference):.4g} ({low:.4g} to {high:.4g})"
            found.append(text.format(name=each.name, trial=each.trial, size=size, way="lower" if lower else "higher"))
    return found

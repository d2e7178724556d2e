"""The cost of a training in operations, which does not depend on the machine or its load."""

from itertools import pairwise

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Problem


def flops(problem: Problem, config: RunConfig, epochs: int) -> float:
    """Floating-point operations of the matrix products of `epochs` epochs; all others are left out.

        epochs n (6 sum over layers of d_in d_out - 2 d_in d_out of the first)

    Each weight is used in three products of two operations a sample: forward, for its gradient, and for the gradient of
    the layer below, which the first layer does not need.

    Kaplan et al., Scaling Laws for Neural Language Models, 2020, section 2.1, has the 6 as well.

    >>> from knobwise.experiments.problems.article import article
    >>> flops(article(), RunConfig(n_samples=10, widths=(3,)), epochs=1)
    420.0
    """
    sizes = (len(problem.inputs), *config.widths, len(problem.outputs))
    weights = [d_in * d_out for d_in, d_out in pairwise(sizes)]
    return float(epochs * config.n_samples * (6 * sum(weights) - 2 * weights[0]))

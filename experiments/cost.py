"""What a training costs, counted in operations: the same on every machine, whatever else it is doing."""

from itertools import pairwise

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Problem


def flops(problem: Problem, config: RunConfig, epochs: int) -> float:
    """Floating-point operations of the matrix products of `epochs` epochs; what else a training does is left out.

        epochs n (6 sum over layers of d_in d_out - 2 d_in d_out of the first)

    Each weight takes part in a product forward, one for its gradient and one for the layer below, of two operations a
    sample each; below the first layer nothing needs a gradient.

    Kaplan et al., Scaling Laws for Neural Language Models, 2020, section 2.1, has the 6 as well.

    >>> from knobwise.experiments.problems.article import article
    >>> flops(article(), RunConfig(n_samples=10, widths=(3,)), epochs=1)
    420.0
    """
    sizes = (len(problem.inputs), *config.widths, len(problem.outputs))
    weights = [d_in * d_out for d_in, d_out in pairwise(sizes)]
    return float(epochs * config.n_samples * (6 * sum(weights) - 2 * weights[0]))

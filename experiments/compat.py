"""Adapts a configuration to a problem: a loss for its targets, and no more samples than it has."""

import dataclasses

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Problem

CLASS_LOSSES = ("binary_cross_entropy", "cross_entropy")


def loss_for(problem: Problem, asked: str) -> str:
    """The loss to train with: for classes the cross-entropy for their number of outputs, otherwise `asked`.

    >>> from knobwise.experiments.problems.article import article
    >>> loss_for(article(), "huber")
    'huber'
    """
    if not problem.classes:
        return asked
    return CLASS_LOSSES[len(problem.classes) > 2]


def adapted(config: RunConfig, problem: Problem) -> RunConfig:
    """`config` with the loss of `problem`, and samples and batches limited to the samples it has."""
    n_samples = config.n_samples if problem.most is None else min(config.n_samples, problem.most)
    return dataclasses.replace(
        config,
        loss=loss_for(problem, config.loss),
        n_samples=n_samples,
        batch_size=min(config.batch_size, n_samples),
    )


def check_fits(config: RunConfig, problem: Problem) -> None:
    """Refuse a configuration that cannot be run on `problem`.

    Raises:
        ValueError: the problem has too few samples, or the loss is for other targets.
    """
    if problem.most is not None and config.n_samples > problem.most:
        raise ValueError(f"n_samples must be at most {problem.most} for {problem.shown}, got {config.n_samples}")
    required = loss_for(problem, config.loss)
    if config.loss != required:
        raise ValueError(
            f"loss must be {required} for the {len(problem.classes)} classes of {problem.shown}, got {config.loss}"
        )
    if not problem.classes and config.loss in CLASS_LOSSES:
        raise ValueError(f"loss must be one for numbers, as {problem.shown} has, got {config.loss}")

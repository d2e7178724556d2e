"""Making a configuration fit a problem: the loss that its targets call for, and no more samples than there are."""

import dataclasses

from knobwise.experiments.config import RunConfig
from knobwise.experiments.data.problem import Problem

CLASS_LOSSES = ("binary_cross_entropy", "cross_entropy")


def loss_for(problem: Problem, asked: str) -> str:
    """The loss to train with: for classes the one cross-entropy that has their number of outputs, else what is asked.

    >>> from knobwise.experiments.problems.article import article
    >>> loss_for(article(), "huber")
    'huber'
    """
    if not problem.classes:
        return asked
    return CLASS_LOSSES[len(problem.classes) > 2]


def suited(config: RunConfig, problem: Problem) -> RunConfig:
    """`config` as it can be run on `problem`: its loss, and its samples and batches bounded by what there is."""
    n_samples = config.n_samples if problem.most is None else min(config.n_samples, problem.most)
    return dataclasses.replace(
        config,
        loss=loss_for(problem, config.loss),
        n_samples=n_samples,
        batch_size=min(config.batch_size, n_samples),
    )


def check_suits(config: RunConfig, problem: Problem) -> None:
    """Refuse a run that `problem` cannot be fitted with.

    Raises:
        ValueError: it has too few samples, or the loss is for other targets.
    """
    if problem.most is not None and config.n_samples > problem.most:
        raise ValueError(f"n_samples must be at most {problem.most} for {problem.shown}, got {config.n_samples}")
    wanted = loss_for(problem, config.loss)
    if config.loss != wanted:
        raise ValueError(
            f"loss must be {wanted} for the {len(problem.classes)} classes of {problem.shown}, got {config.loss}"
        )
    if not problem.classes and config.loss in CLASS_LOSSES:
        raise ValueError(f"loss must be one for numbers, as {problem.shown} has, got {config.loss}")

"""Models for scale: a constant, a linear model and gradient boosting on a study's rows, beside the networks."""

from __future__ import annotations

import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

import optuna

from knobwise.experiments import problems
from knobwise.experiments.references.against import Scored, against
from knobwise.nn_core import predictor
from knobwise.sweeps.engine.study_attrs import REFERENCES

if TYPE_CHECKING:
    from knobwise.experiments.references.fit import Reference
    from knobwise.sweeps.engine.recording.recorder import Recorder
    from knobwise.sweeps.engine.workers.jobs import Job
    from knobwise.sweeps.engine.workers.pool import Workers


def begin(workers: Workers, job: Job) -> Future[list[Reference]] | None:
    """Have a worker fit the reference models; None where the data have no end, and anything can be learned of them.

    Args:
        workers: one of them does it.
        job: a run of the study: whose problem, samples and seed they get.
    """
    if problems.load(job.problem).most is None:
        return None
    return cast("Future[list[Reference]]", workers.submit(cast(Any, fitted), job))


def fitted(job: Job) -> list[Reference]:
    """What a worker does: fit each to the samples that `job` would be trained on."""
    from knobwise.experiments.references import fit

    return fit.fit(problems.load(job.problem), job.config.n_samples, job.config.seed)


def finish(
    study: optuna.Study,
    recorder: Recorder,
    begun: Future[list[Reference]] | None,
    problem: str,
    best: tuple[int, str] | None,
) -> list[str]:
    """Record what was fitted, once, and compare the best network with it.

    Args:
        study, recorder: of this sitting.
        begun: of `begin`.
        problem: what was fitted.
        best: the number and the run's id of the best trial; None where none is complete.

    Returns:
        What is to be said where it could not be done.
    """
    if begun is None:
        return []
    try:
        found = begun.result()
    except Exception as error:  # noqa: BLE001  whatever a library's model raises, the study's own trials stand
        return [f"No reference models: {' '.join(str(error).split())}."]
    ended = time.time()
    for each in found:
        recorder.record_reference(each, ended).result()
    scored = [Scored(each.name, each.about, each.metrics) for each in found]
    data = recorder.checkpoint(best[1]).result() if best else b""
    if best and data:
        fitted_to = problems.load(problem)
        network = predictor.load(data).predict(fitted_to.test().X)
        scored = [
            against(one, fitted_to, best[0], network, each.predicted) for each, one in zip(found, scored, strict=True)
        ]
    study.set_user_attr(REFERENCES, [each._asdict() for each in scored])
    return []


def of(study: optuna.Study) -> list[Scored]:
    """The reference models of a study."""
    return [Scored(**each) for each in study.user_attrs.get(REFERENCES, [])]

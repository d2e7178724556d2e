"""Reference models: a constant, a linear model and gradient boosting, fitted to the same rows as the networks."""

from __future__ import annotations

import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, cast

import optuna

from knobwise.experiments import problems
from knobwise.experiments.references.against import Scored, against, from_fields
from knobwise.nn_core import predictor
from knobwise.sweeps.engine.study_attrs import REFERENCES

if TYPE_CHECKING:
    from knobwise.experiments.references.fit import Reference
    from knobwise.sweeps.engine.recording.recorder import Recorder
    from knobwise.sweeps.engine.workers.jobs import Job
    from knobwise.sweeps.engine.workers.pool import Workers


def begin(workers: Workers, job: Job) -> Future[list[Reference]] | None:
    """Have a worker fit the reference models; None for a problem with unlimited data.

    Args:
        workers: one of them fits.
        job: a run of the study; the models get its problem, samples and seed.
    """
    if problems.load(job.problem).most is None:
        return None
    return cast("Future[list[Reference]]", workers.submit(cast(Any, fitted), job))


def fitted(job: Job) -> list[Reference]:
    """Fit each model to the samples that `job` would be trained on; called in a worker."""
    from knobwise.experiments.references import fit

    return fit.fit(problems.load(job.problem), job.config.n_samples, job.config.seed)


def finish(
    study: optuna.Study,
    recorder: Recorder,
    fitting: Future[list[Reference]] | None,
    problem: str,
    best: tuple[int, str] | None,
) -> list[str]:
    """Record the reference models, once, and compare the best network with them.

    Args:
        study: in Optuna.
        recorder: writes to MLflow.
        fitting: what `begin` returned.
        problem: on which they were fitted.
        best: number and run id of the best trial; None where none is complete.

    Returns:
        A line for the user where fitting failed.
    """
    if fitting is None:
        return []
    try:
        models = fitting.result()
    except Exception as error:  # noqa: BLE001  whatever a library's model raises, the study's own trials stand
        return [f"No reference models: {' '.join(str(error).split())}."]
    ended = time.time()
    for model in models:
        recorder.record_reference(model, ended).result()
    scored = [Scored(model.name, model.about, model.metrics) for model in models]
    checkpoint = recorder.checkpoint(best[1]).result() if best else b""
    if best and checkpoint:
        data = problems.load(problem)
        predicted = predictor.load(checkpoint).predict(data.test().X)
        scored = [
            against(score, data, best[0], predicted, model.predicted)
            for model, score in zip(models, scored, strict=True)
        ]
    study.set_user_attr(REFERENCES, [each._asdict() for each in scored])
    return []


def of(study: optuna.Study) -> list[Scored]:
    """The reference models of a study."""
    return [from_fields(each) for each in study.user_attrs.get(REFERENCES, [])]

"""One run of a sweep's command, from its options to its report: puts the parts together and takes them apart again."""

import contextlib
import json
import shlex
import sys
import time
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast

import optuna
from optuna.trial import FixedTrial

from experiments import problems
from experiments.record.stores import without_credentials
from sweeps.engine import display, executors, pruners, report, results, samplers, space, studies
from sweeps.engine.driver import Driver, Ending, Plan, untried
from sweeps.engine.errors import BadInput, Unfinished
from sweeps.engine.interrupts import Interrupts
from sweeps.engine.jobs import train
from sweeps.engine.options import Options
from sweeps.engine.recorder import Opened, Recorder
from sweeps.engine.storage import lock_folder, open_storage
from sweeps.engine.sweep import Sweep


@dataclass(frozen=True)
class Parts:
    """Attributes: the study in Optuna and in the record, and who writes the record."""

    study: optuna.Study
    chosen: studies.Study
    recorder: Recorder
    opened: "Future[Opened]"


def run(sweep: Sweep, options: Options, interrupts: Interrupts, program: str) -> int:
    """Run `sweep` as `options` ask, report, and return the exit code."""
    began = time.monotonic()
    check_problem(sweep, options)
    with contextlib.ExitStack() as stack:
        study, chosen = _open(sweep, options, stack)
        recorder = Recorder()
        stack.callback(recorder.close)
        workers = executors.start(options.executor, options.slots, options.cluster)
        stack.callback(workers.close)
        opened = recorder.open(
            sweep=sweep.name,
            name=chosen.name,
            study=chosen.key,
            problem=options.problem,
            about=_about(sweep, options),
        )
        parts = Parts(study, chosen, recorder, opened)
        plan = make_plan(sweep, options, study, began)
        shown = display.choose(chosen.key, options.quiet)
        stack.callback(shown.close)
        driver = Driver(plan, study, train, workers, recorder, opened, shown, interrupts)
        try:
            ending = driver.run()
        except Unfinished:
            _finish(sweep, parts, interrupted=True)
            raise
        _finish(sweep, parts, interrupted=ending == "interrupted")
    place = opened.result()
    found = results.of(study)
    notes = _notes(ending, found, options)
    if options.json:
        facts = contract(chosen.key, found, time.monotonic() - began, place)
        sys.stdout.write(json.dumps(facts, allow_nan=False) + "\n")
        for note in notes:
            sys.stderr.write(note + "\n")
    else:
        again = _same_study(sweep, options, program)
        to_type = report.commands(chosen.key, place.tracker.uri, place.run.experiment_id, again, options.trials)
        report.show(sweep, found, notes, to_type)
    return interrupts.exit_code if ending == "interrupted" else 0


def make_plan(sweep: Sweep, options: Options, study: optuna.Study, began: float) -> Plan:
    """The driver's plan."""
    grid = (dict(point.params) for point in space.grid(sweep.space, options.seed))
    return Plan(
        sweep=sweep,
        problem=options.problem,
        trials=options.trials,
        seeds=options.seeds,
        deadline=began + options.timeout,
        rungs=options.pruner != "none",
        points=untried(grid, study) if options.sampler == "grid" else None,
    )


def most_epochs(sweep: Sweep) -> int:
    """The most epochs that a trial of the sweep can have."""
    return space.largest(sweep.space, "epochs") or sweep.fixed.epochs


def check_problem(sweep: Sweep, options: Options) -> None:
    """Refuse a problem that the sweep's baseline cannot be run on.

    Raises:
        BadInput: it has too few samples.
    """
    problem = problems.load(options.problem)
    baseline = sweep.config(cast(optuna.Trial, FixedTrial(dict(sweep.baseline))))
    if problem.most is not None and baseline.n_samples > problem.most:
        raise BadInput(
            f"--problem must have at least the {baseline.n_samples} training samples of {sweep.name}'s baseline, "
            f"got {options.problem!r}, which has {problem.most}"
        )


def contract(study: str, found: results.Results, seconds: float, place: Opened) -> dict[str, Any]:
    """The JSON of `--json`."""
    return {
        "study": study,
        "trials": found.counts,
        "best": found.best.as_json() if found.best else None,
        "baseline": found.baseline.as_json() if found.baseline else None,
        "wall_s": round(seconds, 3),
        "tracking_uri": without_credentials(place.tracker.uri),
        "experiment_id": place.run.experiment_id,
        "run_id": place.run.run_id,
    }


def _open(sweep: Sweep, options: Options, stack: contextlib.ExitStack) -> tuple[optuna.Study, studies.Study]:
    """The study to go on with, held against other drivers until the stack is left."""
    sampler = samplers.make(options.sampler, options.seed, 0)  # refused, where it is, before anything is written
    pruner = pruners.make(options.pruner, most_epochs(sweep))
    storage = open_storage(options.storage)
    chosen = studies.choose(storage, options.name, options.fresh)
    stack.enter_context(studies.alone(lock_folder(options.storage), chosen.key))
    study = studies.open_study(storage, chosen, sweep, options, sampler, pruner)
    study.sampler = samplers.make(options.sampler, options.seed, len(study.get_trials(deepcopy=False)))
    return study, chosen


def _about(sweep: Sweep, options: Options) -> dict[str, str]:
    return {
        "question": sweep.question,
        "sampler": options.sampler,
        "pruner": options.pruner,
        "seed": str(options.seed),
        "seeds": str(options.seeds),
        "storage": without_credentials(options.storage) or "mlruns/optuna.journal",
    }


def _finish(sweep: Sweep, parts: Parts, *, interrupted: bool) -> None:
    """Put what was found onto the study's page."""
    found = results.of(parts.study)
    metrics = {f"trials_{status}": float(count) for status, count in found.counts.items()}
    for name, row in (("best", found.best), ("baseline", found.baseline)):
        if row is not None:
            facts = {"val_mse": row.val_mse, "test_mse": row.test_mse, "test_r2": row.test_r2}
            metrics |= {f"{name}_{what}": value for what, value in facts.items() if value is not None}
    tags = {"knobwise.best_trial": str(found.best.number)} if found.best else {}
    parts.recorder.finish(
        description=report.markdown(sweep, found),
        metrics=metrics,
        tags=tags,
        pictures=report.pictures(sweep, found),
        interrupted=interrupted,
    ).result()


def _same_study(sweep: Sweep, options: Options, program: str) -> str:
    """The command that goes on with the study: with the options that make it what it is."""
    asked = {
        "--name": (options.name, sweep.name),
        "--problem": (options.problem, sweep.problem),
        "--seeds": (str(options.seeds), "1"),
        "--storage": (options.storage, ""),
    }
    given = [f"{option} {shlex.quote(value)}" for option, (value, default) in asked.items() if value != default]
    return " ".join([program, *given])


def _notes(ending: Ending, found: results.Results, options: Options) -> list[str]:
    state = f"{found.done} of {options.trials} trials are done"
    go_on = "all finished work is saved, and the same command goes on from here."
    return {
        "done": [],
        "timeout": [f"Stopped after --timeout {options.timeout:g} s: {state}; {go_on}"],
        "interrupted": [f"Interrupted: {state}; {go_on}"],
        "no more points": [f"The grid is done: it has no more points ({state})."],
    }[ending]


def dry_run(sweep: Sweep, options: Options) -> int:
    """Say what would be done. Nothing is written."""
    from sweeps.engine import preview

    check_problem(sweep, options)
    plan = preview.of(sweep, options)
    sys.stdout.write(json.dumps(plan.as_json()) + "\n" if options.json else preview.text(plan))
    return 0

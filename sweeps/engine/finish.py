"""The end of a session: the results go onto the study's page in MLflow, and are reported to the user."""

import json
import shlex
import sys
from typing import Any

import optuna

from knobwise.experiments.data.spec import Spec
from knobwise.experiments.record import names
from knobwise.experiments.record.stores import without_credentials
from knobwise.experiments.references import against
from knobwise.sweeps.engine.driver import confirm
from knobwise.sweeps.engine.driver.budgets import Ending
from knobwise.sweeps.engine.recording import reference_models
from knobwise.sweeps.engine.recording.recorder import Recorder, StudyRecord
from knobwise.sweeps.engine.recording.surface_frames import Drawings
from knobwise.sweeps.engine.results import present, results
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.study_attrs import RUN_ID
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.workers.pool import Workers


def promote(study: optuna.Study, recorder: Recorder, workers: Workers, problem: str) -> list[str]:
    """Make the best trial's model the study's champion, and add frames of its surface, and of the baseline's, to both.

    Args:
        study, recorder, workers, problem: of this session.

    Returns:
        Notes for the user.
    """
    now = results.of(study)
    if now.best is None:
        return []
    trials = study.get_trials(deepcopy=False)
    complete = [row for row in (now.best, now.baseline) if row is not None and row.status == "complete"]
    best, *baseline = [trials[row.number].user_attrs[RUN_ID] for row in complete]
    drawings = Drawings(workers, recorder, problem, dict.fromkeys([best, *baseline]))
    note = recorder.promote(best, confirmed_best=now.ranking.fresh_seeds > 0).result().note  # while the workers draw
    return [note, *drawings.finish()]


def best_run(study: optuna.Study) -> tuple[int, str] | None:
    """The number of the best trial and the id of its run; None where no trial is complete."""
    best = results.of(study).best
    return None if best is None else (best.number, study.get_trials(deepcopy=False)[best.number].user_attrs[RUN_ID])


def write(sweep: Sweep, study: optuna.Study, recorder: Recorder, *, interrupted: bool) -> None:
    """Put what was found onto the study's page."""
    found = results.of(study)
    metrics = {f"trials_{status}": float(count) for status, count in found.counts.items()}
    metrics["epochs_trained"] = float(sum(row.epochs_trained for row in found.rows))
    for name, row in (("best", found.best), ("baseline", found.baseline)):
        if row is not None:
            facts = {"val_mse": row.val_mse, "test_mse": row.test_mse, "test_r2": row.test_r2}
            facts["confirmed_val_mse"] = found.ranking.confirmed.get(row.number)
            if name == "best":
                facts["selection_bias"] = found.ranking.selection_bias(row.number)
            metrics |= {f"{name}_{what}": value for what, value in facts.items() if value is not None}
    tags = {"knobwise.best_trial": str(found.best.number)} if found.best else {}
    beside = reference_models.of(study)
    if beside:
        tags[names.REFERENCES] = against.dumps(beside)
    recorder.finish(
        description=present.markdown(sweep, found, beside),
        metrics=metrics,
        tags=tags,
        pictures=present.pictures(sweep, found),
        interrupted=interrupted,
        report=bool(found.rows),
    ).result()


def tell(
    sweep: Sweep,
    options: Options,
    study: optuna.Study,
    place: StudyRecord,
    notes: list[str],
    seconds: float,
    again: str,
) -> None:
    """Print the JSON of `--json`, or the table and what to type next.

    Args:
        sweep, options, study, place: of this sitting.
        notes: why it did not go on.
        seconds: that it took.
        again: the command that goes on with the study.
    """
    found = results.of(study)
    if options.json:
        sys.stdout.write(json.dumps(contract(study.study_name, found, seconds, place), allow_nan=False) + "\n")
        for note in notes:
            sys.stderr.write(note + "\n")
    else:
        to_type = present.commands(study.study_name, place.tracker.uri, place.run.experiment_id, again, options.trials)
        present.show(sweep, found, reference_models.of(study), notes, to_type)


def contract(study: str, found: results.Results, seconds: float, place: StudyRecord) -> dict[str, Any]:
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


def same_study(sweep: Sweep, options: Options, program: str) -> str:
    """The command that goes on with the study: with the options that make it what it is."""
    asked = {
        "--name": (options.name, sweep.name),
        "--problem": (Spec.parse(options.problem).typed, sweep.problem),
        "--samples": (str(options.samples), "0"),
        "--seeds": (str(options.seeds), "1"),
        "--cost": (options.cost, "none"),
        "--storage": (without_credentials(options.storage), ""),
    }
    given = [f"{option} {shlex.quote(value)}" for option, (value, default) in asked.items() if value != default]
    return " ".join([program, *given])


def notes(ending: Ending, confirmed: confirm.End, study: optuna.Study, options: Options) -> list[str]:
    """Why a sitting ended before it was done, and what to do about it; nothing where it was done."""
    found = results.of(study)
    state = f"{found.done} of {options.trials} trials are done"
    go_on = "all finished work is saved, and the same command goes on from here."
    said: dict[Ending, list[str]] = {
        "done": [],
        "timeout": [f"Stopped after --timeout {options.timeout:g} s: {state}; {go_on}"],
        "total epochs": [f"Stopped after --total-epochs {options.total_epochs:g}: {state}; {go_on}"],
        "total flops": [f"Stopped after --total-flops {options.total_flops:g}: {state}; {go_on}"],
        "target": [f"A trial reached --good-enough {options.good_enough:g}: {state}."],
        "interrupted": [f"Interrupted: {state}; {go_on}"],
        "no more points": [f"The grid is done: it has no more points ({state})."],
    }
    if ending == "interrupted":
        return said[ending]
    return said[ending] + confirm.note(confirmed, f"--timeout {options.timeout:g}")

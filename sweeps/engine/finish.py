"""The end of a session: the results go onto the study's page in MLflow, and are reported to the user."""

import json
import shlex
import sys
from typing import Any

import optuna

from knobwise.experiments import ranges
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.ranges import Edge
from knobwise.experiments.record import names
from knobwise.experiments.record.stores import without_credentials
from knobwise.experiments.references import against
from knobwise.sweeps.engine.driver import confirm
from knobwise.sweeps.engine.driver.budgets import Ending
from knobwise.sweeps.engine.recording import reference_models
from knobwise.sweeps.engine.recording.recorder import Recorder, StudyRecord
from knobwise.sweeps.engine.recording.surface_frames import Drawings
from knobwise.sweeps.engine.results import present, results
from knobwise.sweeps.engine.search import extended_range
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.study_attrs import FINGERPRINT, RUN_ID
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.workers.pool import Workers


def promote(study: optuna.Study, recorder: Recorder, workers: Workers, problem: str) -> list[str]:
    """Make the best trial's model the study's champion, and add frames of its surface, and of the baseline's, to both.

    Args:
        study, recorder, workers, problem: of this session.

    Returns:
        Notes for the user.
    """
    result = results.of(study)
    if result.best is None:
        return []
    trials = study.get_trials(deepcopy=False)
    complete = [row for row in (result.best, result.baseline) if row is not None and row.status == "complete"]
    best, *baseline = [trials[row.number].user_attrs[RUN_ID] for row in complete]
    drawings = Drawings(workers, recorder, problem, dict.fromkeys([best, *baseline]))
    promotion = recorder.promote(best, confirmed_best=result.ranking.fresh_seeds > 0)  # while the workers draw
    return [promotion.result().note, *drawings.finish()]


def best_run(study: optuna.Study) -> tuple[int, str] | None:
    """The number of the best trial and the id of its run; None where no trial is complete."""
    best = results.of(study).best
    return None if best is None else (best.number, study.get_trials(deepcopy=False)[best.number].user_attrs[RUN_ID])


def write(sweep: Sweep, study: optuna.Study, recorder: Recorder, *, interrupted: bool) -> None:
    """Write the results onto the study's page in MLflow."""
    result = results.of(study)
    metrics = {f"trials_{status}": float(count) for status, count in result.counts.items()}
    metrics["epochs_trained"] = float(sum(row.epochs_trained for row in result.rows))
    for name, row in (("best", result.best), ("baseline", result.baseline)):
        if row is not None:
            facts = {"val_mse": row.val_mse, "test_mse": row.test_mse, "test_r2": row.test_r2}
            facts["confirmed_val_mse"] = result.ranking.confirmed.get(row.number)
            if name == "best":
                facts["selection_bias"] = result.ranking.selection_bias(row.number)
            metrics |= {f"{name}_{what}": value for what, value in facts.items() if value is not None}
    tags = {"knobwise.best_trial": str(result.best.number)} if result.best else {}
    edges = _edges(sweep, study)
    tags[names.EDGES] = ranges.dumps(edges)
    references = reference_models.of(study)
    if references:
        tags[names.REFERENCES] = against.dumps(references)
    recorder.finish(
        description=present.markdown(sweep, result, references, edges),
        metrics=metrics,
        tags=tags,
        pictures=present.pictures(sweep, result),
        interrupted=interrupted,
        report=bool(result.rows),
    ).result()


def report(
    sweep: Sweep,
    options: Options,
    study: optuna.Study,
    record: StudyRecord,
    notes: list[str],
    seconds: float,
    resume: str,
) -> None:
    """Print the JSON of `--json`, or the table and the commands to type next.

    Args:
        sweep, options, study, record: of this session.
        notes: lines for the user, such as why the session ended early.
        seconds: the wall time of the session.
        resume: the command that resumes the study.
    """
    result = results.of(study)
    if options.json:
        sys.stdout.write(json.dumps(contract(study.study_name, result, seconds, record), allow_nan=False) + "\n")
        sys.stdout.flush()  # before the notes, also where both go to one file
        for note in notes:
            sys.stderr.write(note + "\n")
    else:
        uri, experiment_id = record.tracker.uri, record.run.experiment_id
        commands = present.commands(study.study_name, uri, experiment_id, resume, options.trials)
        present.show(sweep, result, reference_models.of(study), notes, commands, _edges(sweep, study))


def _edges(sweep: Sweep, study: optuna.Study) -> list[Edge]:
    return extended_range.of_best(sweep, study, study.user_attrs[FINGERPRINT]["problem"])


def contract(study: str, result: results.Results, seconds: float, record: StudyRecord) -> dict[str, Any]:
    """The JSON of `--json`."""
    return {
        "study": study,
        "trials": result.counts,
        "best": result.best.as_json() if result.best else None,
        "baseline": result.baseline.as_json() if result.baseline else None,
        "wall_s": round(seconds, 3),
        "tracking_uri": without_credentials(record.tracker.uri),
        "experiment_id": record.run.experiment_id,
        "run_id": record.run.run_id,
    }


def resume_command(sweep: Sweep, options: Options, program: str) -> str:
    """The command that resumes the study, with the options that define it."""
    defining = {
        "--name": (options.name, sweep.name),
        "--problem": (Spec.parse(options.problem).typed, sweep.problem),
        "--samples": (str(options.samples), "0"),
        "--seeds": (str(options.seeds), "1"),
        "--cost": (options.cost, "none"),
        "--storage": (without_credentials(options.storage), ""),
    }
    given = [f"{option} {shlex.quote(value)}" for option, (value, default) in defining.items() if value != default]
    return " ".join([program, *given])


def notes(ending: Ending, confirmed: confirm.End, study: optuna.Study, options: Options) -> list[str]:
    """Why a session ended early, and how to resume it; empty where it did not end early."""
    result = results.of(study)
    state = f"{result.done} of {options.trials} trials are done"
    saved = "all finished work is saved, and the same command resumes the study."
    lines: dict[Ending, list[str]] = {
        "done": [],
        "timeout": [f"Stopped after --timeout {options.timeout:g} s: {state}; {saved}"],
        "total epochs": [f"Stopped after --total-epochs {options.total_epochs:g}: {state}; {saved}"],
        "total flops": [f"Stopped after --total-flops {options.total_flops:g}: {state}; {saved}"],
        "target": [f"A trial reached --good-enough {options.good_enough:g}: {state}."],
        "interrupted": [f"Interrupted: {state}; {saved}"],
        "no more points": [f"The grid is done: it has no more points ({state})."],
    }
    if ending == "interrupted":
        return lines[ending]
    return lines[ending] + confirm.note(confirmed, f"--timeout {options.timeout:g}")

"""One run of a sweep's command, from its options to its report: puts the parts together and takes them apart again."""

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import optuna
from optuna.trial import FixedTrial, TrialState

from knobwise.experiments import problems
from knobwise.experiments.record.readers.choice import open_reader
from knobwise.experiments.record.stores import journal_path, tracking_uri, without_credentials
from knobwise.sweeps.engine import finish, preview
from knobwise.sweeps.engine.driver import confirm, progress
from knobwise.sweeps.engine.driver import extension as extensions
from knobwise.sweeps.engine.driver.confirm import Confirmation, Stage
from knobwise.sweeps.engine.driver.driver import Driver
from knobwise.sweeps.engine.driver.extension import Extension
from knobwise.sweeps.engine.driver.plan import make_plan, most_epochs
from knobwise.sweeps.engine.errors import Unfinished
from knobwise.sweeps.engine.recording import reference_models, store_link, system_metrics
from knobwise.sweeps.engine.recording.recorder import Recorder
from knobwise.sweeps.engine.repair import rebuild
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.search import extended_range, pruners, samplers, studies
from knobwise.sweeps.engine.search.storage import lock_folder, open_storage, storage_errors
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import adapt, distributions
from knobwise.sweeps.engine.study_attrs import WIDENED
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.workers import pool
from knobwise.sweeps.engine.workers.interrupts import Interrupts
from knobwise.sweeps.engine.workers.jobs import Job, train

_TAG = 4000  # characters of a tag that every store takes


def run(
    sweep: Sweep, options: Options, interrupts: Interrupts, program: str, extension: Extension | None = None
) -> int:
    """Run `sweep` as `options` ask, report, and return the exit code.

    Args:
        sweep: what to run.
        options: how.
        interrupts: say when to stop.
        program: the command without options, for the hint that resumes the study.
        extension: a trial to train longer, in place of new ones.
    """
    began = time.monotonic()
    sweep = adapt.adapted(sweep, options)
    notes_of_data = problems.load(options.problem).notes
    if not extension and not options.quiet:
        sys.stderr.write("".join(f"{note}\n" for note in notes_of_data))
    with contextlib.ExitStack() as stack:
        stack.enter_context(storage_errors(options.storage))
        workers = pool.start(options.executor, options.slots, options.cluster)  # they import meanwhile
        stack.callback(workers.close)
        study, chosen = _open(sweep, options, stack, extension)
        sweep, extended = _widened(sweep, options, study)
        check_first = store_link.address_changed(study, tracking_uri())
        if extension:
            options = replace(options, trials=_with(study, sweep, extension))
        recorder = Recorder()
        stack.callback(recorder.close)
        about = {} if extension else _about(sweep, options, notes_of_data)
        opened = recorder.open(study, sweep=sweep.name, name=chosen.name, problem=options.problem, about=about)
        if options.system_metrics:
            stack.enter_context(system_metrics.monitored(recorder))
        if check_first:  # nothing is to run that would have no record
            opened.result()
        plan = make_plan(sweep, options, study, began)
        shown = progress.choose(chosen.key, options.quiet)
        stack.callback(shown.close)
        try:
            end = Driver(plan, study, train, workers, recorder, opened, shown, interrupts).run()
            stage = Stage(
                sweep=sweep,
                problem=options.problem,
                seeds=options.seeds,
                fresh=options.confirm,
                deadline=plan.budget.deadline,
            )
            confirmed: confirm.End = "no candidates"
            if options.confirm and end != "interrupted":
                confirmed = Confirmation(stage, study, train, workers, recorder, shown, interrupts).run()
        except Unfinished:
            finish.write(sweep, study, recorder, interrupted=True)
            raise
        interrupted = bool(interrupts.signal)
        # Last, so that no trial waits for them, and while the best trial is promoted, which takes no worker.
        references = None if extension or interrupted else reference_models.begin(workers, _whole(sweep, options))
        notes = [] if interrupted else finish.promote(study, recorder, workers, options.problem)
        if not interrupted:
            notes += reference_models.finish(study, recorder, references, options.problem, finish.best_run(study))
        finish.write(sweep, study, recorder, interrupted=interrupted)
    resume = finish.resume_command(sweep, options, program)
    notes = [*extended, *notes, *finish.notes(end, confirmed, study, options)]
    finish.report(sweep, options, study, opened.result(), notes, time.monotonic() - began, resume)
    return interrupts.exit_code if interrupted else 0


def _whole(sweep: Sweep, options: Options) -> Job:
    """A run on all the samples that a trial of the sweep can have."""
    baseline = sweep.config(cast(optuna.Trial, FixedTrial(dict(sweep.baseline))))
    most = distributions.largest(sweep.space, "n_samples") or sweep.fixed.n_samples
    return Job(problem=options.problem, config=replace(baseline, n_samples=most, batch_size=0))


def _widened(sweep: Sweep, options: Options, study: optuna.Study) -> tuple[Sweep, list[str]]:
    """The sweep with the ranges that the study has, extended where that was asked for; and notes for the user."""
    notes = []
    if options.extend_range:
        extended = extended_range.extended(sweep, study, options)
        study.set_user_attr(WIDENED, extended.growths)
        for start in extended.starts:
            study.enqueue_trial(start)
        notes.append(extended.note)
    sweep = extended_range.space_of(sweep, study)
    study.pruner = pruners.make(options.pruner, most_epochs(sweep))
    return sweep, notes


def _with(study: optuna.Study, sweep: Sweep, extension: Extension) -> int:
    """Ask for an extension; how many trials the study is to have with it."""
    extensions.ask(study, sweep, extension)
    unfinished = study.get_trials(deepcopy=False, states=(TrialState.RUNNING, TrialState.WAITING))
    return results.of(study).done + len(unfinished)


def _open(
    sweep: Sweep, options: Options, stack: contextlib.ExitStack, extension: Extension | None
) -> tuple[optuna.Study, studies.Study]:
    """The study to start or resume, locked against other drivers until the stack is left."""
    sampler = samplers.make(options.sampler, options.seed, 0)  # refused, where it is, before anything is written
    pruner = pruners.make(options.pruner, most_epochs(sweep))
    storage = open_storage(options.storage)
    chosen = (
        studies.find(storage, extension.study)
        if extension
        else studies.choose(storage, options.name, options.fresh, _recorded(sweep.name) if options.fresh else set())
    )
    stack.enter_context(studies.alone(lock_folder(options.storage), chosen.key))
    if not chosen.exists and not options.fresh:
        rebuild.refuse_lost(chosen.key, sweep.name, tracking_uri(), _shown(options.storage))
    study = studies.open_study(storage, chosen, sweep, options, sampler, pruner)
    study.sampler = samplers.of_session(options.sampler, options.seed, study)
    return study, chosen


def _recorded(sweep: str) -> set[str]:
    """The keys that the record has under the sweep's name: another study's runs must not come among theirs."""
    reader = open_reader(tracking_uri())
    return {each.study for each in reader.studies(deleted=True) if each.sweep == sweep} if reader else set()


def _shown(storage: str) -> str:
    return without_credentials(storage) or journal_path().as_posix()


def _about(sweep: Sweep, options: Options, notes: Sequence[str]) -> dict[str, str]:
    return {
        "question": sweep.question,
        "knobs": ", ".join(sweep.knobs),
        "sampler": options.sampler,
        "pruner": options.pruner,
        "seed": str(options.seed),
        "seeds": str(options.seeds),
        "storage": _shown(options.storage),
        "fingerprint": json.dumps(studies.fingerprint(sweep, options)),
        **({"data": "; ".join(notes)[:_TAG]} if notes else {}),
    }


def dry_run(sweep: Sweep, options: Options) -> int:
    """Say what would be done. Nothing is written."""
    sweep = adapt.adapted(sweep, options)
    plan = preview.of(sweep, options)
    sys.stdout.write(json.dumps(plan.as_json()) + "\n" if options.json else preview.text(plan))
    return 0

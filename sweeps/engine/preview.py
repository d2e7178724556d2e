"""What a sweep would do, found without writing anything: `--dry-run`."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import TrialState

from knobwise.experiments import problems
from knobwise.experiments.data.spec import Spec
from knobwise.experiments.record.stores import journal_path, tracking_uri, without_credentials
from knobwise.experiments.text import shown
from knobwise.sweeps.engine.driver.plan import make_plan, most_epochs
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.results import results
from knobwise.sweeps.engine.search import extended_range, pruners, samplers, studies
from knobwise.sweeps.engine.search.storage import open_to_read
from knobwise.sweeps.engine.settings import Options
from knobwise.sweeps.engine.space import distributions as space
from knobwise.sweeps.engine.space.widened import widened
from knobwise.sweeps.engine.study_attrs import FINGERPRINT
from knobwise.sweeps.engine.sweep import Sweep
from knobwise.sweeps.engine.trials import rungs

FIRST = 5  # configurations shown


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Attributes: what the command would go on with, in the order it is shown."""

    sweep: str
    problem: str
    notes: tuple[str, ...]
    study: str
    exists: bool
    trials: int
    done: int
    timeout: float
    seeds: int
    space: dict[str, str]
    sampler: str
    pruner: str
    rungs: list[int]
    executor: str
    jobs: int
    storage: str
    tracking_uri: str
    first: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """As JSON can hold it: no timeout is null."""
        timeout = None if self.timeout == float("inf") else self.timeout
        return {**dataclasses.asdict(self), "timeout": timeout, "dry_run": True}


def of(sweep: Sweep, options: Options) -> Preview:
    """What `sweep` would do with `options`.

    Raises:
        BadInput, StoreError: as the sweep itself would.
    """
    storage = open_to_read(options.storage)
    chosen = studies.choose(storage, options.name, options.fresh)
    count = len(studies.objectives(options))
    copy = optuna.create_study(pruner=pruners.make("none", 1), directions=["minimize"] * count)
    copy.sampler = samplers.of_session(options.sampler, options.seed, copy)
    done = 0
    if storage is not None and chosen.exists:
        there = optuna.load_study(study_name=chosen.key, storage=storage)
        was = there.user_attrs.get(FINGERPRINT)
        if was is not None:
            studies.check_same(chosen.key, was, studies.fingerprint(sweep, options))
        copy.add_trials([trial for trial in there.get_trials() if trial.state != TrialState.RUNNING])
        copy.sampler = samplers.of_session(options.sampler, options.seed, there)
        done = results.of(there).done
        if options.extend_range:
            extended = extended_range.extended(sweep, there, options)
            for start in extended.starts:
                copy.enqueue_trial(start)
            sweep = widened(sweep, extended.growths)
        else:
            sweep = extended_range.space_of(sweep, there)
    elif options.extend_range:
        raise BadInput(
            f"--extend-range must go with a study that has a complete trial, got {chosen.key!r}, which has none"
        )
    if not copy.get_trials(deepcopy=False):
        copy.enqueue_trial(dict(sweep.baseline))
    most = most_epochs(sweep)
    return Preview(
        sweep=sweep.name,
        problem=options.problem,
        notes=problems.load(options.problem).notes,
        study=chosen.key,
        exists=chosen.exists,
        trials=options.trials,
        done=done,
        timeout=options.timeout,
        seeds=options.seeds,
        space={name: " or ".join(map(space.readable, texts)) for name, texts in space.describe(sweep.space).items()},
        sampler=options.sampler,
        pruner=options.pruner,
        rungs=_rungs(sweep, most) if options.pruner != "none" else [],
        executor=options.executor,
        jobs=options.slots,
        storage=without_credentials(options.storage) or str(journal_path()),
        tracking_uri=without_credentials(tracking_uri()),
        first=_first(sweep, options, copy, min(FIRST, max(0, options.trials - done))),
    )


def text(plan: Preview) -> str:
    """The preview, for people."""
    state = f"goes on: {plan.done} of {plan.trials} trials are done" if plan.exists else "new"
    seconds = "" if plan.timeout == float("inf") else f", none begun after {plan.timeout:g} s"
    replicates = f" on {plan.seeds} seeds each" if plan.seeds > 1 else ""
    rungs_at = f", at epochs {', '.join(map(str, plan.rungs))}" if plan.rungs else ""
    lines = [
        ("sweep", f"{plan.sweep} on the problem {Spec.parse(plan.problem).title}"),
        *(("data", note) for note in plan.notes),
        ("study", f"{plan.study} ({state})"),
        *((f"  {name}", about) for name, about in plan.space.items()),
        ("sampler", plan.sampler),
        ("pruner", plan.pruner + rungs_at),
        ("budget", f"{max(0, plan.trials - plan.done)} more trials{replicates}{seconds}"),
        ("runs on", f"{plan.executor}, {plan.jobs} at a time"),
        ("search", plan.storage),
        ("record", plan.tracking_uri),
    ]
    first = [", ".join(f"{name} {shown(value)}" for name, value in params.items()) for params in plan.first]
    shown_first = [("first" if number == 0 else "", each) for number, each in enumerate(first)]
    width = max(len(label) for label, _ in lines)
    body = "".join(f"{label:<{width}}  {about}\n" for label, about in [*lines, *shown_first])
    return f"Nothing is run and nothing is written.\n\n{body}"


def _rungs(sweep: Sweep, most: int) -> list[int]:
    config = dataclasses.replace(sweep.fixed, epochs=most)
    at, found = 0, []
    while (rung := rungs.next_rung(at, config)) is not None:
        found.append(rung)
        at = rung
    return found


def _first(sweep: Sweep, options: Options, copy: optuna.Study, count: int) -> list[dict[str, Any]]:
    """The parameters that the first trials would have if no outcome were known before they begin."""
    plan = make_plan(sweep, options, copy, 0.0)
    found = []
    for _ in range(count):
        waiting = copy.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if plan.points is not None and not waiting:
            point = next(plan.points, None)
            if point is None:
                break
            copy.enqueue_trial(point)
        trial = copy.ask()
        sweep.space(trial)
        found.append(dict(trial.params))
    return found

"""Everything that names the best trial, or those tied with it, names the same: terminal, tables, report, JSON."""

import re
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from knobwise.experiments import compare
from knobwise.experiments.compare import two_settings
from knobwise.experiments.record import lookup, names
from knobwise.experiments.record.readers.reader import Points, Rows, RunRow
from knobwise.experiments.record.recorded import AbandonedRun, StudyRun
from knobwise.experiments.report import reading
from knobwise.experiments.report.answer import answer
from knobwise.experiments.report.sections import ranking
from knobwise.sweeps.commands import main as knobwise
from knobwise.sweeps.engine import finish
from knobwise.sweeps.engine.recording.recorder import StudyRecord
from knobwise.sweeps.engine.results import results, trials_table
from knobwise.sweeps.engine.results.summary import sentences
from knobwise.sweeps.engine.study_attrs import CONFIRMED, RESULT
from knobwise.sweeps.lr_epochs import SWEEP
from tests.experiments.pages import said

STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "diverged": TrialState.PRUNED}


@dataclass
class Recorded:
    """A trial as a sweep leaves it behind.

    Attributes:
        val_mse, status: of the search.
        seeds: the val MSE of each replicate.
        fresh: the val MSE on each fresh seed, None where it diverged.
        unfinished: the same of runs that an interrupted confirmation has left in MLflow.
        counted: whether the number of fresh seeds is recorded, which version 0.1.0 did not.
    """

    val_mse: float
    status: str = "complete"
    seeds: tuple[float, ...] = ()
    fresh: tuple[float | None, ...] = ()
    unfinished: tuple[float | None, ...] = ()
    counted: bool = True


@dataclass
class Store:
    """The MLflow side of a study, as a source of rows."""

    trials: list[Recorded]
    runs: Rows = field(default_factory=lambda: Rows([], {}, [], []))

    def __post_init__(self) -> None:
        for number, trial in enumerate(self.trials):
            complete = trial.status == "complete"
            metrics = {"val_mse": trial.val_mse, "train_seconds": 1.0} if complete else {"train_seconds": 1.0}
            if trial.fresh and trial.counted:
                metrics[names.FRESH_SEEDS] = float(len(trial.fresh))
            if trial.fresh and None not in trial.fresh:
                metrics[names.CONFIRMED_VAL_MSE] = float(np.mean(cast(Any, trial.fresh)))
            self._add(number, "trial", trial.status, metrics)
            for index, value in enumerate(trial.seeds):
                self._add(number, "replicate", trial.status, {"val_mse": value}, index)
            for index, fresh in enumerate(trial.fresh or trial.unfinished):
                status = "diverged" if fresh is None else "complete"
                self._add(number, "confirmation", status, {} if fresh is None else {"val_mse": fresh}, index)

    def _add(self, trial: int, kind: str, status: str, metrics: dict[str, float], index: int = -1) -> None:
        run_id = f"{kind}-{trial}-{index}"
        tags = {names.KIND: kind, names.TRIAL: str(trial), names.STATUS: status, names.SCHEMA: names.SCHEMA_VERSION}
        tags |= {names.BASELINE: "true"} if kind == "trial" and trial == 0 else {}
        tags |= {names.REPLICATE: str(index)} if index >= 0 else {}
        self.runs.runs.append(RunRow(run_id, run_id, 1000 + len(self.runs.runs), "FINISHED", False, ""))
        self.runs.tags[run_id] = tags
        self.runs.params.extend([(run_id, "lr", repr(0.001 * (trial + 1))), (run_id, "seed", str(max(index, 0)))])
        self.runs.metrics.extend((run_id, name, value) for name, value in metrics.items())

    def studies(self, *, deleted: bool = False) -> list[StudyRun]:
        return []

    def rows(
        self, study: StudyRun, *, kind: str = "", all_states: bool = False, params: bool = True, metrics: bool = True
    ) -> Rows:
        return self.runs

    def abandoned(self) -> list[AbandonedRun]:
        return []

    def points(self, run_ids: list[str], metrics: tuple[str, ...]) -> Points:
        return []

    def tags(self, run_id: str) -> dict[str, str]:
        return {}

    def file(self, run_id: str, path: str) -> bytes:
        return b""


def searched(trials: list[Recorded]) -> optuna.Study:
    """The Optuna side of a study."""
    study = optuna.create_study()
    for number, trial in enumerate(trials):
        complete = trial.status == "complete"
        facts = {"status": trial.status, "val_mse": trial.val_mse if complete else None, "epochs": 10}
        study.add_trial(
            create_trial(
                state=STATES[trial.status],
                value=trial.val_mse if complete else None,
                params={"lr": 0.001 * (number + 1)},
                distributions={"lr": FloatDistribution(1e-4, 1.0)},
                user_attrs={RESULT: facts | ({"val_mse_seeds": list(trial.seeds)} if trial.seeds else {})},
            )
        )
        if trial.fresh:
            study.set_user_attr(f"{CONFIRMED}{number}", {str(10 + at): value for at, value in enumerate(trial.fresh)})
    return study


class Answers(NamedTuple):
    """Attributes: the best trial, and those tied with it, by what names them."""

    best: dict[str, int]
    tied: dict[str, set[int]]


def answers(trials: list[Recorded], patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Answers:
    """Ask everything that names the best of a study of at most six trials."""
    here = StudyRun("1", "parent", "s", "s", problem="article", schema=names.SCHEMA_VERSION)
    patch.setattr(lookup, "study_called", lambda name, uri=None: (Store(trials), here))
    found, facts, table = results.of(searched(trials)), reading.read("s"), compare.best("s", len(trials))
    labels, numbers = (column.texts for column in trials_table.columns(SWEEP, found)[:2])
    label = dict(zip(map(int, numbers), labels, strict=True))
    place = SimpleNamespace(tracker=SimpleNamespace(uri=""), run=SimpleNamespace(experiment_id="", run_id=""))
    contract = finish.contract("s", found, 0.0, cast(StudyRecord, place))
    capsys.readouterr()
    knobwise(["best", "s"])
    printed = re.findall(r"^ (≈?) *(best|baseline)? *(\d+) ", capsys.readouterr().out, re.MULTILINE)
    rows = re.findall("<tr.*?</tr>", ranking.content(facts), re.DOTALL)[1:]
    in_report = {_named(r'<th scope="row">(\d+)', row): row for row in rows}
    runs = compare.runs("s", replicates=True, confirmations=True)
    assert found.best is not None
    return Answers(
        best={
            "terminal, label": next((number for number, text in label.items() if text == "best"), 0),
            "terminal, first row": next(iter(label)),
            "terminal, sentence": _named(r"^The best, trial (\d+)", sentences(SWEEP, found)[0]),
            "Results": found.best.number,
            "--json": contract["best"]["number"],
            "compare.best": int(table["trial"][table["best"]].iloc[0]),
            "compare.best, first row": int(table["trial"].iloc[0]),
            "compare.between": _named(r"^s/(\d+)", two_settings.sample(runs, "s", None, "", "val_mse").label),
            "knobwise best": next((int(number) for _, word, number in printed if word == "best"), 0),
            "knobwise best, first row": int(printed[0][2]),
            "report": facts.best.number,
            "report, sentence": _named(r"the best is trial (\d+)", said(answer(facts))),
            "report, first row": next(iter(in_report)),
        },
        tied={
            "terminal": {number for number, text in label.items() if "≈" in text},
            "Results": set(found.ranking.tied or ()),
            "compare.best": set(table["trial"][table["tied"]]),
            "knobwise best": {int(number) for tied, _, number in printed if tied},
            "report": set(facts.ranking.tied or ()),
            "report, table": {number for number, row in in_report.items() if "≈" in row},
        },
    )


def _named(pattern: str, text: str) -> int:
    """The number in a sentence; 0 where it says that no trial beat the baseline."""
    return next((int(number) for number in re.findall(pattern, text)), 0)


def test_confirmed_on_one_seed_everything_names_the_same_trial(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {0: (9.0, 9.5), 1: (1.0, 4.0), 2: (2.0, 2.5), 3: (3.0, 3.5), 4: (5.0, None)}
    trials = [Recorded(val, fresh=() if fresh is None else (fresh,)) for val, fresh in values.values()]
    found = answers(trials, monkeypatch, capsys)
    assert found.best == dict.fromkeys(found.best, 2)
    assert found.tied == {name: set() for name in found.tied}, "one seed shows nothing"


def test_confirmed_on_three_seeds_everything_has_the_same_order_and_ties(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fresh = {0: (9.5, 9.4, 9.6), 1: (4.0, 4.1, 4.2), 2: (2.5, 2.6, 2.4), 3: (2.4, 2.7, 2.5)}
    trials = [Recorded(val, fresh=fresh.get(at, ())) for at, val in enumerate((9.0, 1.0, 2.0, 3.0, 5.0))]
    found = answers(trials, monkeypatch, capsys)
    assert found.best == dict.fromkeys(found.best, 2)
    assert found.tied == {name: {3} for name in found.tied}
    assert compare.best("s")["trial"].to_list() == [2, 3, 1, 4, 0]
    assert "selection bias of 0.5 (20%)" in " ".join(sentences(SWEEP, results.of(searched(trials))))


def drawn(seed: int) -> list[Recorded]:
    """A small study: few distinct errors, so that some are equal; some trials pruned, diverged, confirmed or not."""
    random = np.random.default_rng(seed)
    replicates, fresh = int(random.choice([1, 3])), int(random.choice([0, 1, 3, 3]))
    trials = []
    for number in range(int(random.integers(2, 7))):
        status = str(random.choice(["complete", "complete", "complete", "pruned", "diverged"]))
        values = (float(random.integers(1, 5)) * random.choice([1.0, 1.05, 1.1], replicates)).tolist()
        trials.append(
            Recorded(
                float(np.mean(values)),
                "complete" if number == 1 else status,
                seeds=tuple(values) if replicates > 1 and (number == 1 or status == "complete") else (),
            )
        )
    leaders = results.of(searched(trials)).to_confirm if fresh else []
    interrupted = bool(random.random() < 0.2)
    for row in leaders:
        errors = (random.integers(1, 5) * random.choice([1.0, 1.02, 1.04], fresh)).tolist()
        values = tuple(None if random.random() < 0.1 else error for error in errors)
        if interrupted and random.random() < 0.5:
            trials[row.number].unfinished = values[:-1]
        else:
            trials[row.number].fresh = values
    if random.random() < 0.2 and len(trials) < 6:
        trials.append(Recorded(0.5, seeds=(0.5,) * replicates if replicates > 1 else ()))
    counted = bool(random.random() < 0.7)
    return [replace(trial, counted=counted) for trial in trials]


@pytest.mark.parametrize("seed", range(40))
def test_everything_agrees_on_the_best_and_on_those_tied_with_it(
    seed: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = answers(drawn(seed), monkeypatch, capsys)
    assert len(set(found.best.values())) == 1, found.best
    assert len(set(map(frozenset, found.tied.values()))) == 1, found.tied


def test_the_studies_drawn_differ_in_all_that_matters() -> None:
    rankings = [results.of(searched(drawn(seed))).ranking for seed in range(40)]
    assert {ranking.fresh_seeds for ranking in rankings} == {0, 1, 3}
    assert {bool(ranking.tied) for ranking in rankings} == {True, False}
    assert any(ranking.best == ranking.baseline for ranking in rankings)
    assert any(ranking.best != ranking.leader for ranking in rankings)
    assert any(len(ranking.confirmed) < len(ranking.finalists) for ranking in rankings), "one diverged"
    assert any(ranking.baseline not in ranking.by_search for ranking in rankings)
    assert any(trial.unfinished for seed in range(40) for trial in drawn(seed))

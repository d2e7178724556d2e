"""The questions of `knobwise.experiments.compare`, asked of a store as the tracker leaves it."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from knobwise.experiments import compare
from knobwise.experiments.compare import ArtifactGone, CompareError, UnknownRun, UnknownStudy
from knobwise.experiments.record import lookup, names
from knobwise.experiments.record.readers.client import ClientReader
from knobwise.experiments.record.tracker import Tracker
from tests.experiments.conftest import add, open_study
from tests.experiments.outcomes import outcome

pytestmark = pytest.mark.filterwarnings(
    "ignore:The ``noload`` loader:DeprecationWarning"
)  # between MLflow and SQLAlchemy


def test_best_reads_replicates(here: dict[str, str]) -> None:
    found = compare.best("seeded", 1)
    assert found["run_id"].to_list() == [here["good"], here["baseline"]]
    assert found["baseline"].to_list() == [False, True]
    assert found["seeds"].to_list() == [3, 3]
    assert found["val_mse_std"].to_list() == pytest.approx([np.std([4.0, 5.0, 6.5], ddof=1), 1.0])


@pytest.mark.parametrize("through", ["file", "client"])
def test_between_finds_trials_studies_and_runs(
    through: str, here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if through == "client":
        monkeypatch.setattr(lookup, "open_reader", ClientReader)
    found = compare.between("seeded/1", "seeded/0")
    assert found.verdict == "better"
    assert found.comparison is not None
    assert found.comparison.difference == pytest.approx(np.mean([-5.0, -5.0, -4.5]))
    assert compare.between(here["good"], here["baseline"]) == found
    assert compare.between("seeded", "seeded/0") == found, "a study is its best trial"
    assert compare.between("seeded/1", "seeded/2").verdict == "not distinguishable"
    alone = compare.between(here["study"], "seeded")
    assert (alone.a, alone.verdict, alone.comparison) == ("alone/0", "not distinguishable", None)
    replicates = compare.runs("seeded", replicates=True).set_index(["trial", "replicate"])["run_id"]
    one = compare.between(replicates[1, 2], replicates[0, 0])
    assert (one.a, one.mean_a, one.b, one.mean_b) == ("seeded/1, replicate 2", 6.5, "seeded/0, replicate 0", 9.0)


@pytest.mark.parametrize("through", ["file", "client"])
def test_between_names_a_run_that_is_not_there(
    through: str, here: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if through == "client":
        monkeypatch.setattr(lookup, "open_reader", ClientReader)
    for name, said in (
        ("f" * 32, r"^a run id must be of a trial or replicate in sqlite:.*, got ffff"),
        ("nothing", r"^a run must be STUDY/TRIAL, a run id, or one of the studies alone, seeded in .*, got 'nothing'$"),
        ("seeded/77", r"^trial must be one of 0, 1, 2 of the study 'seeded', got 77$"),
        ("alone/1", r"^alone/1 has no val_mse to compare: it is failed$"),
    ):
        with pytest.raises(UnknownRun, match=said):
            compare.between("seeded", name)
    with pytest.raises(UnknownStudy, match=r"got 'other'$"):
        compare.between("other/1", "seeded")


def test_confirmation_runs_are_those_compared(tracker: Tracker) -> None:
    study = open_study(tracker, "new", name="new")
    for trial, fresh in ((0, (9.0, 9.1)), (1, (12.0, 12.1))):
        parent = add(tracker, study, trial, 5.0 - trial, 5.0 - trial, 5.1 - trial)
        for number, value in enumerate(fresh):
            done = outcome(val_mse=value, seed=100 + number)
            run_id = tracker.record(
                study,
                trial=trial,
                status="complete",
                outcome=done,
                started=1.0,
                ended=2.0,
                replicate=number,
                parent=parent,
            )
            MlflowClient(tracker.uri).set_tag(run_id, names.KIND, "confirmation")
        tracker.add(parent, {names.FRESH_SEEDS: 2.0})
    found = compare.between("new", "new/1")
    assert found.a == "new/0"
    assert [found.mean_a, found.mean_b] == pytest.approx([9.05, 12.05])
    table = compare.runs("new", replicates=True, confirmations=True)
    kinds = ["trial", "replicate", "replicate", "confirmation", "confirmation"]
    assert table["kind"].to_list() == kinds * 2
    assert len(compare.runs("new")) == 2
    assert compare.best("new").set_index("trial")["confirmed"].to_dict() == pytest.approx({1: 12.05, 0: 9.05})


def test_different_problems_are_not_compared(tracker: Tracker, store: Path) -> None:
    for name, problem in (("one", "article"), ("two", "franke")):
        study = tracker.open_study(sweep=name, name=name, study=name, problem=problem, about={})
        tracker.record(study, trial=0, status="complete", outcome=outcome(), started=1.0, ended=2.0)
    with pytest.raises(
        CompareError, match=r"^a and b must be of the same problem, got 'one' of 'article' and 'two' of"
    ):
        compare.between("one", "two")


def test_pivot_importance_and_export_read_the_study(tracker: Tracker, store: Path) -> None:
    study = open_study(tracker, "lr_epochs")
    for trial in range(9):
        add(tracker, study, trial, float(trial + 1), lr=0.001 * (trial + 1), epochs_done=20 + trial % 2)
    found = compare.pivot("lr_epochs", "lr", "epochs")
    assert found.min(axis=None) == 1.0
    assert found.columns.to_list() == ["20", "21"]
    assert compare.importance("lr_epochs")["knob"].to_list() == ["lr", "epochs"]
    runs = pd.read_parquet(compare.export("lr_epochs", store / "runs.parquet"))
    runs["widths"] = [tuple(map(int, widths)) for widths in runs["widths"]]
    pd.testing.assert_frame_equal(runs, compare.runs("lr_epochs"), check_exact=True)
    curves = pd.read_csv(compare.export("lr_epochs", store / "c.csv", "curves"))
    pd.testing.assert_frame_equal(curves, compare.curves("lr_epochs"), check_exact=True)


def test_curves_of_some_trials_and_in_full(tracker: Tracker, store: Path) -> None:
    study = open_study(tracker, "lr_epochs")
    done = outcome("diverged", epochs_done=300)
    tracker.record(study, trial=0, status="diverged", outcome=done, started=1.0, ended=2.0)
    run_id = add(tracker, study, 1, 1.0)
    assert set(compare.curves("lr_epochs", trials=[1])["run_id"]) == {run_id}
    thinned, full = compare.curves("lr_epochs", trials=[0]), compare.curves("lr_epochs", trials=[0], full=True)
    train = full[full["metric"] == "train_loss"]
    assert train["epoch"].to_list() == list(range(1, 301))
    np.testing.assert_array_equal(train["value"], done.curves.train_loss)
    assert train["value"].iloc[-1] == math.inf
    assert full["value"].isna().sum() == 1, "the last val_loss of a diverged run"
    assert len(thinned) == 200
    merged = thinned.merge(full, on=["run_id", "metric", "epoch"], validate="one_to_one")
    np.testing.assert_array_equal(merged["value_x"], merged["value_y"])
    with pytest.raises(UnknownRun, match=r"^trials must be among the 2 that are over, got 5$"):
        compare.curves("lr_epochs", trials=[0, 5])


@pytest.mark.parametrize("through", ["file", "client"])
def test_a_file_that_is_gone_is_told(
    through: str, tracker: Tracker, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = add(tracker, open_study(tracker, "lr_epochs"), 0, 1.0)
    next(store.glob(f"mlruns/*/{run_id}/artifacts/curves.csv")).unlink()
    if through == "client":
        monkeypatch.setattr(lookup, "open_reader", ClientReader)
    with pytest.raises(
        ArtifactGone, match=rf"^trial 0 of the study 'lr_epochs' has no curves.csv any more \(run {run_id}"
    ):
        compare.curves("lr_epochs", full=True)
    assert len(compare.curves("lr_epochs")) > 0

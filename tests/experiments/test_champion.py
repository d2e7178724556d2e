"""The champion of a study: logged and registered whole, moved only to what is better, put right after a crash."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus
from mlflow.exceptions import MlflowException

from knobwise.experiments import compare, problems
from knobwise.experiments.model import choice
from knobwise.experiments.model.champion import champion_of, promote
from knobwise.experiments.record import names
from knobwise.experiments.record.errors import NothingToCompare, UnknownRun
from knobwise.experiments.record.tracker import StudyRun, Tracker
from knobwise.nn_core import predictor
from tests.experiments.conftest import open_study
from tests.experiments.trained import recorded, small

pytestmark = [
    pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning"),  # between MLflow and SQLAlchemy
]


@pytest.fixture
def client(tracker: Tracker) -> MlflowClient:
    return MlflowClient(tracker.uri)


def models(client: MlflowClient, study: StudyRun) -> list[Any]:
    return list(client.search_logged_models([study.experiment_id]))


def test_the_best_run_becomes_a_model_that_mlflow_can_load(
    tracker: Tracker, study: StudyRun, client: MlflowClient, capfd: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded(tracker, study, 7)
    promotion = promote(tracker.uri, study.study, run_id)
    assert promotion.moved
    assert promotion.note.startswith("Champion: models:/lr_epochs@champion, version 1 (trial 7, val MSE ")
    assert capfd.readouterr() == ("", ""), "MLflow is kept quiet"
    loaded = mlflow.pyfunc.load_model("models:/lr_epochs@champion")
    X = np.random.default_rng(0).uniform(-10, 10, (1000, 2))
    said = loaded.predict(pd.DataFrame(X[:, ::-1], columns=["Y", "X"]))
    assert list(said) == ["Z"]
    np.testing.assert_allclose(said, predictor.load(small().checkpoint).predict(X), rtol=0, atol=1e-12)
    assert loaded.input_example.shape == (5, 2)
    with pytest.raises(MlflowException, match=r"missing inputs \['Y'\]"):
        loaded.predict(pd.DataFrame({"X": [1.0]}))
    place = Path(client.get_logged_model(loaded.model_id).artifact_location)
    assert [line.partition("==")[0] for line in (place / "requirements.txt").read_text().split()] == [
        "mlflow",
        "numpy",
        "pandas",
    ]
    assert not list(place.rglob("*.pkl"))
    assert not list(place.rglob("*.pyc"))


def test_the_model_is_linked_to_its_run_its_metrics_and_their_data(
    tracker: Tracker, study: StudyRun, client: MlflowClient
) -> None:
    run_id = recorded(tracker, study, 0)
    before = compare.runs(study.study)
    promote(tracker.uri, study.study, run_id)
    (model,) = models(client, study)
    assert model.status == LoggedModelStatus.READY
    assert (model.source_run_id, model.params["epochs"]) == (run_id, "20")
    outputs = client.get_run(run_id).outputs
    assert outputs is not None
    assert [output.model_id for output in outputs.model_outputs] == [model.model_id]
    linked = {metric.key: metric for metric in model.metrics}
    assert linked["val_mse"].value == small().metrics["val_mse"]
    assert linked["val_mse"].dataset_name == "article-val"
    assert linked["test_r2"].dataset_name == "article-test"
    assert linked["n_parameters"].dataset_name is None
    assert json.loads(model.tags["mlflow.modelVersions"]) == [{"name": "lr_epochs", "version": 1}]
    pd.testing.assert_frame_equal(compare.runs(study.study), before)
    assert len(client.get_metric_history(run_id, "val_mse")) == 1


def test_the_alias_moves_only_to_what_is_better(tracker: Tracker, study: StudyRun, client: MlflowClient) -> None:
    first, worse, better = (recorded(tracker, study, trial, mse) for trial, mse in enumerate((5.0, 5.5, 4.5)))
    assert promote(tracker.uri, study.study, first).moved
    again = promote(tracker.uri, study.study, first)
    assert (again.moved, len(models(client, study))) == (False, 1), "the same best again is nothing new"
    stays = promote(tracker.uri, study.study, worse)
    assert (stays.moved, len(models(client, study))) == (False, 1)
    assert stays.note == "Champion stays: version 1 (trial 0, val MSE 5); val MSE 5.5 is not better than its 5."
    assert not promote(tracker.uri, study.study, recorded(tracker, study, 3, 5.0)).moved
    assert promote(tracker.uri, study.study, better).moved
    champion = champion_of(client, study.study)
    assert champion is not None
    assert (champion.version, champion.run_id, champion.val_mse) == (2, better, 4.5)


@pytest.mark.parametrize(
    ("its", "mine", "moves", "said"),
    [
        (6.0, 5.8, True, "version 2 (trial 1, val MSE 4, confirmed 5.8)"),
        (6.0, 6.2, False, "confirmed val MSE 6.2 is not better than its 6"),
        (6.0, None, False, "trial 1 is not confirmed, and it is"),
        (None, 9.0, True, "confirmed 9"),
    ],
)
def test_where_both_are_confirmed_that_decides(
    its: float | None, mine: float | None, moves: bool, said: str, tracker: Tracker, study: StudyRun
) -> None:
    promote(tracker.uri, study.study, recorded(tracker, study, 0, 5.0, its))
    promotion = promote(tracker.uri, study.study, recorded(tracker, study, 1, 4.0, mine))
    assert promotion.moved is moves
    assert said in promotion.note


def test_the_best_of_a_confirmed_ranking_replaces_any_other_trial(tracker: Tracker, study: StudyRun) -> None:
    # The champion has the lower mean, but over fewer seeds: the ranking compares both on the seeds that they share.
    promote(tracker.uri, study.study, recorded(tracker, study, 0, 5.0, 6.0))
    best = recorded(tracker, study, 1, 4.0, 6.2)
    assert not promote(tracker.uri, study.study, best).moved
    assert promote(tracker.uri, study.study, best, confirmed_best=True).moved


def test_without_a_champion_a_name_stands_for_the_best_of_the_ranking(tracker: Tracker, study: StudyRun) -> None:
    ids = [recorded(tracker, study, trial, mse) for trial, mse in enumerate((5.0, 4.0))]
    assert choice.choose("lr_epochs").model.run_id == ids[1]
    for trial, fresh in enumerate((5.5, 6.0)):
        outcome = dataclasses.replace(small(), metrics=small().metrics | {"val_mse": fresh})
        tags = {names.KIND: "confirmation"}
        tracker.record(
            study,
            trial=trial,
            status="complete",
            outcome=outcome,
            started=1.0,
            ended=2.0,
            tags=tags,
            replicate=0,
            parent=ids[trial],
        )
        tracker.add(ids[trial], {names.FRESH_SEEDS: 1.0})
    assert choice.choose("lr_epochs").model.run_id == ids[0]


def test_a_champion_that_was_confirmed_since_says_so(tracker: Tracker, study: StudyRun, client: MlflowClient) -> None:
    run_id = recorded(tracker, study, 3, 5.0)
    promote(tracker.uri, study.study, run_id)
    tracker.add(run_id, {"confirmed_val_mse": 5.25})
    worse = promote(tracker.uri, study.study, recorded(tracker, study, 4, 4.0, 5.5))
    assert "confirmed val MSE 5.5 is not better than its 5.25" in worse.note
    champion = champion_of(client, study.study)
    assert champion is not None
    assert champion.confirmed == 5.25


def test_a_run_with_another_seed_is_judged_by_the_champion_s_validation_data(
    tracker: Tracker, study: StudyRun, client: MlflowClient
) -> None:
    promote(tracker.uri, study.study, recorded(tracker, study, 0))
    other = small(seed=5)
    part = problems.load("article").val(0)
    mse = float(np.mean((predictor.load(other.checkpoint).predict(part.X) - part.y) ** 2))
    assert mse != other.metrics["val_mse"]
    lower = recorded(tracker, study, 1, 0.001, seed=5)  # what its own part says does not count
    promotion = promote(tracker.uri, study.study, lower)
    assert promotion.moved is (mse < small().metrics["val_mse"])
    assert promotion.moved or f"val MSE {mse:.4g} is not better" in promotion.note


STEPS = (
    "create_registered_model",
    "create_logged_model",
    "log_model_artifacts",
    "log_batch",
    "log_outputs",
    "finalize_logged_model",
    "create_model_version",
    "set_logged_model_tags",
    "set_registered_model_alias",
)


@pytest.mark.parametrize("step", STEPS)
def test_a_promotion_that_was_interrupted_is_completed_by_the_next(
    step: str, tracker: Tracker, study: StudyRun, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = recorded(tracker, study, 0)
    real = getattr(MlflowClient, step)

    def killed(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        raise KeyboardInterrupt

    monkeypatch.setattr(MlflowClient, step, killed)
    with pytest.raises(KeyboardInterrupt):
        promote(tracker.uri, study.study, run_id)
    monkeypatch.setattr(MlflowClient, step, real)
    promotion = promote(tracker.uri, study.study, run_id)
    assert promotion.champion is not None
    assert promotion.champion.run_id == run_id
    assert [model.status for model in models(client, study)] == [LoggedModelStatus.READY]
    assert len(client.search_model_versions(f"name = '{study.study}'")) == 1
    assert (
        len(mlflow.pyfunc.load_model("models:/lr_epochs@champion").predict(pd.DataFrame({"X": [1.0], "Y": [2.0]}))) == 1
    )


def test_a_registered_model_of_another_is_left_alone(tracker: Tracker, study: StudyRun, client: MlflowClient) -> None:
    client.create_registered_model(study.study)
    promotion = promote(tracker.uri, study.study, recorded(tracker, study, 0))
    assert (promotion.champion, promotion.moved) == (None, False)
    assert promotion.note == (
        "No champion: the registered model 'lr_epochs' is of something else; --name names another study"
    )
    assert client.search_model_versions(f"name = '{study.study}'") == []


def test_what_cannot_be_registered_is_told_in_a_line(
    tracker: Tracker, study: StudyRun, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = recorded(tracker, study, 0)

    def older(*_: Any, **__: Any) -> None:
        raise MlflowException("API request to endpoint failed with error code 404", error_code=5001)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_logged_model", older)
        promotion = promote(tracker.uri, study.study, run_id)
    assert not promotion.moved
    assert promotion.note.startswith(f"No champion: cannot register the model of 'lr_epochs' in {tracker.uri}: API req")
    Path(client.get_run(run_id).info.artifact_uri, "checkpoint.npz").unlink()
    gone = promote(tracker.uri, study.study, run_id)
    assert "is gone: there is no checkpoint.npz in" in gone.note
    assert "\n" not in gone.note
    assert promote("http://127.0.0.1:9", study.study, run_id).note.startswith("No champion: cannot open the store")


def test_a_store_that_is_not_mlflow_s_default_is_the_one_that_is_used(
    tracker: Tracker, study: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = recorded(tracker, study, 0)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    before = mlflow.get_tracking_uri()
    assert before != tracker.uri
    assert promote(tracker.uri, study.study, run_id).moved
    assert mlflow.get_tracking_uri() == before


def test_a_name_stands_for_the_champion_else_for_the_best_trial(tracker: Tracker, study: StudyRun) -> None:
    first, _ = (recorded(tracker, study, trial, mse) for trial, mse in enumerate((5.0, 6.0)))
    found = choice.choose("lr_epochs")
    assert (found.model.run_id, found.champion) == (first, None)
    assert (found.model.inputs, found.model.outputs) == (["X", "Y"], ["Z"])
    promote(tracker.uri, study.study, first)
    found = choice.choose("lr_epochs")
    assert found.label == "the champion of lr_epochs, version 1 (trial 0, val MSE 5)"
    assert choice.choose("lr_epochs", trial=1).label == "trial 1 of lr_epochs (val MSE 6)"
    with pytest.raises(UnknownRun, match="trial must be one of the 2 that are over in 'lr_epochs', got 9"):
        choice.choose("lr_epochs", trial=9)


def test_there_is_no_model_where_no_trial_is_complete(tracker: Tracker) -> None:
    study = open_study(tracker, "pruned")
    tracker.record(study, trial=0, status="pruned", outcome=small(), started=1.0, ended=2.0)
    with pytest.raises(NothingToCompare, match="no trial of 'pruned' is complete"):
        choice.choose("pruned")
    with pytest.raises(NothingToCompare, match="got 0 of 'pruned', which was pruned"):
        choice.choose("pruned", trial=0)

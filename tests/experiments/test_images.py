"""Stepped images on a run's page: each once, whatever was cut short before."""

import pytest
from mlflow import MlflowClient

from knobwise.experiments import problems
from knobwise.experiments.model import images
from knobwise.experiments.plots.surface_frames import frames
from knobwise.experiments.record import artifacts
from knobwise.experiments.record.tracker import StudyRun, Tracker
from tests.experiments.trained import recorded, small


@pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")  # between MLflow and SQLAlchemy
def test_a_picture_that_is_there_is_not_put_there_again(tracker: Tracker, study: StudyRun) -> None:
    run_id = recorded(tracker, study, 0)
    (last,) = frames(problems.load("article"), small().checkpoint, {})
    both = [last._replace(epoch=4), last]
    assert images.log(tracker.uri, run_id, both[:1]) == 1
    assert images.log(tracker.uri, run_id, both) == 1
    assert images.log(tracker.uri, run_id, both) == 0
    client = MlflowClient(tracker.uri)
    assert images.logged(tracker.uri, run_id) == {4, 20}
    assert len(client.list_artifacts(run_id, "images")) == 4  # each with a small copy


@pytest.mark.filterwarnings("ignore:The ``noload`` loader:DeprecationWarning")  # between MLflow and SQLAlchemy
def test_what_a_killed_process_left_of_a_picture_is_removed(tracker: Tracker, study: StudyRun) -> None:
    run_id = recorded(tracker, study, 0)
    (last,) = frames(problems.load("article"), small().checkpoint, {})
    images.log(tracker.uri, run_id, [last._replace(epoch=4), last])
    folder = artifacts.local_folder(MlflowClient(tracker.uri).get_run(run_id).info.artifact_uri)
    assert folder is not None
    (copy,) = (folder / "images").glob("*step+4+*+compressed.webp")
    copy.rename(folder / "images" / ".artifact.uploading.x1")  # killed while the smaller copy was written
    assert images.logged(tracker.uri, run_id) == {20}
    assert images.log(tracker.uri, run_id, [last._replace(epoch=4), last]) == 1
    names = sorted(path.name.rpartition("+")[2].rpartition(".")[2] for path in (folder / "images").iterdir())
    assert names == ["png", "png", "webp", "webp"]

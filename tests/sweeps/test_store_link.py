"""A study is resumed in the store that has its record, and in no other."""

from pathlib import Path
from typing import cast

import optuna
import pytest

from knobwise.experiments.record.tracker import Tracker
from knobwise.sweeps.engine.errors import BadInput
from knobwise.sweeps.engine.recording import store_link

SERVER = "https://ann:s3cret@runs.example"


class Store:
    """A store that has some runs."""

    def __init__(self, uri: str, *runs: str) -> None:
        self.uri, self._runs = uri, runs

    def has(self, run_id: str) -> bool:
        return run_id in self._runs


def check(study: optuna.Study, store: Store) -> None:
    store_link.check(study, cast(Tracker, store))


@pytest.fixture
def study() -> optuna.Study:
    return optuna.create_study(study_name="tiny")


def test_a_new_study_may_be_recorded_anywhere(study: optuna.Study) -> None:
    assert not store_link.address_changed(study, "sqlite:///not-there.db")
    check(study, Store(SERVER))


def test_the_same_store_has_the_same_address_and_no_password_is_kept(study: optuna.Study) -> None:
    store_link.save(study, "run", SERVER)
    assert not store_link.address_changed(study, SERVER)
    assert "s3cret" not in str(study.user_attrs)


def test_a_store_with_another_address_may_have_the_record(study: optuna.Study, tmp_path: Path) -> None:
    (tmp_path / "moved.db").touch()
    moved = f"sqlite:///{tmp_path}/moved.db"
    store_link.save(study, "run", SERVER)
    assert store_link.address_changed(study, moved)
    check(study, Store(moved, "run"))
    store_link.save(study, "run", moved)
    assert not store_link.address_changed(study, moved)


def test_a_relative_address_is_the_same_in_its_folder_only(
    study: optuna.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mlflow.db").touch()
    monkeypatch.chdir(tmp_path / "one")
    store_link.save(study, "run", "sqlite:///mlflow.db")
    assert not store_link.address_changed(study, f"sqlite:///{tmp_path}/one/mlflow.db")
    monkeypatch.chdir(tmp_path / "two")
    assert store_link.address_changed(study, "sqlite:///mlflow.db")


def test_a_store_without_the_record_is_refused_in_one_line_that_names_both(study: optuna.Study) -> None:
    store_link.save(study, "run", SERVER)
    with pytest.raises(BadInput) as refused:
        check(study, Store("https://other.example", "another"))
    line = str(refused.value)
    assert line.startswith(
        "study 'tiny' must be resumed in the store that has its record, https://***@runs.example, "
        "got https://other.example, which does not have it: set MLFLOW_TRACKING_URI"
    )
    assert "--fresh" in line
    assert "\n" not in line


def test_a_file_that_is_gone_is_refused_at_once(study: optuna.Study, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    store_link.save(study, "run", uri)
    with pytest.raises(BadInput, match="got that store without it"):
        store_link.address_changed(study, uri)

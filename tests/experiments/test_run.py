"""A run from problem and configuration to outcome."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from knobwise.experiments import problems
from knobwise.experiments.config import RunConfig
from knobwise.experiments.outcome import Outcome
from knobwise.experiments.run import Data, run

ARTICLE = problems.load("article")
SMALL = RunConfig(n_samples=200, epochs=60, widths=(16, 16), lr=0.005)


def plain(config: RunConfig, **options: Any) -> Outcome:
    return run(ARTICLE, config, pictures=False, **options)


def timeless(outcome: Outcome) -> dict[str, float]:
    return {k: v for k, v in outcome.metrics.items() if k not in ("train_seconds", "epochs_per_second")}


def test_the_outcome_says_everything() -> None:
    outcome = run(ARTICLE, SMALL)
    assert (outcome.status, outcome.epochs_done) == ("complete", 60)
    assert set(outcome.metrics) == {
        "val_mse", "val_r2", "test_mse", "test_rmse", "test_r2", "test_max_error",
        "train_seconds", "epochs_per_second", "n_parameters", "flops",
    }  # fmt: skip
    assert outcome.curves.epoch.tolist() == list(range(1, 61))
    assert outcome.curves.val_epoch[-1] == 60
    assert outcome.curves.train_loss[-1] < 0.7 * outcome.curves.train_loss[0]
    assert {f.name: f.rows for f in outcome.datasets.values()} == {
        "article-train": 200, "article-val": 2000, "article-test": 10000,
    }  # fmt: skip
    assert all(len(facts.sha256) == 64 for facts in outcome.datasets.values())
    assert {"pictures/true_vs_predicted.png", "pictures/loss_curves.png"} <= set(outcome.pictures)
    assert all(png.startswith(b"\x89PNG") for png in outcome.pictures.values())


def test_the_baseline_is_the_articles_run() -> None:
    outcome = plain(RunConfig(dtype="float64"))
    assert f"{outcome.curves.train_loss[-1]:.4f}" == "0.0687"
    assert f"{outcome.metrics['test_mse']:.3f}" == "10.375"
    assert f"{outcome.metrics['test_r2']:.4f}" == "0.9200"
    assert f"{outcome.metrics['test_max_error']:.1f}" == "14.6"


@pytest.mark.parametrize("changes", [{}, {"batch_size": 64, "dropout": 0.1}, {"patience": 3, "lr": 0.02}], ids=str)
def test_cut_into_rungs_is_the_same(changes: dict[str, Any]) -> None:
    config = replace(SMALL, **changes)
    whole = plain(config)
    rung = plain(config, until=7)
    assert (rung.status, rung.epochs_done) == ("paused", 7)
    assert "test_mse" not in rung.metrics
    for until in (20, None):
        rung = plain(config, until=until, checkpoint=rung.checkpoint)
    assert timeless(rung) == timeless(whole)
    assert rung.status == whole.status
    for curve in ("epoch", "train_loss", "val_epoch", "val_loss"):
        assert np.array_equal(getattr(rung.curves, curve), getattr(whole.curves, curve)), curve


def test_a_finished_run_can_be_made_longer() -> None:
    longer = replace(SMALL, epochs=90)
    whole = plain(longer)
    grown = plain(longer, checkpoint=plain(SMALL).checkpoint)
    assert timeless(grown) == timeless(whole)
    assert np.array_equal(grown.curves.val_epoch, whole.curves.val_epoch)


def test_a_longer_run_that_passed_this_ones_end_leaves_nothing_to_train() -> None:
    whole = plain(SMALL)
    passing = plain(replace(SMALL, epochs=2 * SMALL.epochs), until=SMALL.epochs)
    ended = plain(SMALL, checkpoint=passing.checkpoint)
    assert timeless(ended) == timeless(whole)
    for curve in ("epoch", "train_loss", "val_epoch", "val_loss"):
        assert np.array_equal(getattr(ended.curves, curve), getattr(whole.curves, curve)), curve


def test_early_stopping_gives_back_the_best_weights() -> None:
    config = replace(SMALL, n_samples=20, lr=0.02, epochs=3000, patience=10)
    outcome = plain(config)
    assert outcome.status == "stopped"
    assert outcome.epochs_done < 3000
    scale = Data.of(ARTICLE, config).outputs.std[0] ** 2
    assert outcome.metrics["val_mse"] == pytest.approx(outcome.curves.val_loss.min() * scale, rel=1e-3)
    assert outcome.curves.val_loss[-1] > outcome.curves.val_loss.min()


def test_divergence_is_an_outcome() -> None:
    outcome = run(ARTICLE, replace(SMALL, lr=1e6))
    assert outcome.status == "diverged"
    assert outcome.epochs_done < 60
    assert set(outcome.metrics) == {"train_seconds", "epochs_per_second", "n_parameters", "flops"}
    assert list(outcome.pictures) == ["pictures/loss_curves.png"]


def test_the_seed_varies_data_start_and_batches() -> None:
    first, second = plain(SMALL), plain(replace(SMALL, seed=1))
    assert first.datasets["train"].sha256 != second.datasets["train"].sha256
    assert first.datasets["val"].sha256 != second.datasets["val"].sha256
    assert first.datasets["test"].sha256 == second.datasets["test"].sha256
    assert timeless(plain(SMALL)) == timeless(first)


def test_a_larger_sample_holds_the_smaller() -> None:
    small, large = ARTICLE.train(100, 3), ARTICLE.train(1000, 3)
    assert np.array_equal(large.X[:100], small.X)
    assert not set(map(tuple, large.X)) & set(map(tuple, ARTICLE.val(3).X))


def test_a_checkpoint_of_another_network_is_refused() -> None:
    checkpoint = plain(SMALL, until=2).checkpoint
    with pytest.raises(ValueError, match="checkpoint must be of a network with 33 parameters, got 337"):
        plain(replace(SMALL, widths=(8,)), checkpoint=checkpoint)

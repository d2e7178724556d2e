"""Which knob mattered, and which run is better: held against answers worked out apart from the code."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks.importance import g, true_shares
from knobwise.experiments.compare import two_settings as sides
from knobwise.experiments.compare.knob_importance import ENOUGH, Knob, importance, shares
from knobwise.experiments.compare.two_settings import Sample, between
from knobwise.experiments.record.errors import NothingToCompare, UnknownRun
from tests.experiments.run_tables import table, with_runs


def test_true_shares_are_those_of_sampling() -> None:
    a = np.array([0.0, 1.0, 4.5])
    rng = np.random.default_rng(0)
    X, other = rng.uniform(size=(2, 200_000, 3))
    effects = []
    for i in range(3):
        changed = X.copy()
        changed[:, i] = other[:, i]
        effects.append(np.mean((g(X, a) - g(changed, a)) ** 2) / 2)  # Jansen's estimate of a total effect
    np.testing.assert_allclose(np.array(effects) / np.sum(effects), true_shares(a), atol=0.01)


def test_importance_finds_the_order_of_a_known_function() -> None:
    rng = np.random.default_rng(1)
    X = rng.uniform(size=(150, 3))
    y = g(X, np.array([0.0, 1.0, 9.0])) + 0.01
    runs = table(lr=X[:, 2], dropout=X[:, 0], weight_decay=X[:, 1], seed=np.arange(150), val_mse=y)
    found = importance(runs, "s")
    assert found["knob"].to_list() == ["dropout", "weight_decay", "lr"], "the seed is no knob"
    assert found["share"].sum() == pytest.approx(1.0)
    assert (found["low"] <= found["share"]).all()
    assert (found["share"] <= found["high"]).all()
    assert found["caveat"].to_list()[:2] == ["", ""]
    pd.testing.assert_frame_equal(found, importance(runs, "s"))


def test_importance_says_when_it_cannot_say() -> None:
    rng = np.random.default_rng(2)
    n = ENOUGH - 1
    runs = table(lr=rng.uniform(size=n), dropout=rng.uniform(size=n))
    runs["val_mse"] = 1.0 + runs["lr"]
    found: Any = importance(runs, "s").set_index("knob")
    assert found.loc["lr", "share"] > 0.9
    assert found.loc["lr", "caveat"] == f"{n} trials, too few to be sure of the order"
    assert (
        found.loc["dropout", "caveat"] == f"not distinguishable from none; {n} trials, too few to be sure of the order"
    )


def test_importance_takes_categories_and_widths() -> None:
    rng = np.random.default_rng(3)
    widths = [(8,) * int(depth) for depth in rng.integers(1, 4, 60)]
    optimizer = rng.choice(["sgd", "adam", "lion"], 60)
    runs = table(optimizer=optimizer.tolist(), widths=widths, lr=rng.uniform(size=60))
    runs["val_mse"] = [len(width) + 5.0 * (name == "lion") for width, name in zip(widths, optimizer, strict=True)]
    assert importance(runs, "s")["knob"].to_list() == ["optimizer", "widths", "lr"]


def test_a_knob_that_explains_nothing_has_no_share() -> None:
    rng = np.random.default_rng(4)
    x, noise = rng.uniform(size=(2, 100, 1))
    found = shares([Knob("x", x), Knob("noise", noise)], x[:, 0], 0)
    assert found.shape[1] == 2
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    assert found[:, 1].mean() < 0.02


def test_importance_refuses() -> None:
    few = table(lr=[0.1, 0.2], val_mse=[1.0, 2.0])
    with pytest.raises(NothingToCompare, match=r"needs 8 complete trials or more, the study 's' has 2$"):
        importance(few, "s")
    same = table(lr=[0.1] * 9, val_mse=list(map(float, range(9))))
    with pytest.raises(NothingToCompare, match=r"^no knob varied over the 9 complete trials of the study 's'$"):
        importance(same, "s")
    flat = table(lr=list(map(float, range(9))), val_mse=[1.0] * 9)
    with pytest.raises(NothingToCompare, match=r"^all 9 complete trials of the study 's' have the same val_mse$"):
        importance(flat, "s")


def test_between_pairs_by_seed() -> None:
    one = Sample("s/1", {0: 1.0, 1: 2.0, 2: 3.0, 7: 50.0}, "replicates")
    other = Sample("s/2", {2: 3.7, 1: 2.5, 0: 1.6, 8: 1.0}, "replicates")
    found = between(one, other)
    assert found.verdict == "better"
    assert found.comparison is not None
    low, high = stats.ttest_rel([1.0, 2.0, 3.0], [1.6, 2.5, 3.7]).confidence_interval()
    assert found.comparison[:4] == pytest.approx((-0.6, low, high, 3))
    assert "paired by 3 seeds" in str(found)
    assert between(other, one).verdict == "worse"
    assert between(one, other, "test_r2").verdict == "worse", "more is better"


def test_between_takes_welch_where_no_seeds_are_shared() -> None:
    a, b = [1.0, 2.0, 3.0], [1.6, 2.5, 3.7, 3.0]
    found = between(Sample("s/1", dict(enumerate(a)), "x"), Sample("s/2", dict(enumerate(b, 10)), "x"))
    low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert found.comparison is not None
    assert found.comparison[1:3] == pytest.approx((low, high))
    assert found.verdict == "not distinguishable"
    assert str(found).startswith("s/1 and s/2 are not distinguishable: val_mse 2 (")


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ({0: 1.0}, {0: 9.0}, "s/1 and s/2 each have a single seed"),
        ({0: 1.0}, {0: 9.0, 1: 9.1}, "s/1 has a single seed"),
    ],
)
def test_a_single_seed_tells_nothing(a: dict[int, float], b: dict[int, float], said: str) -> None:
    found = between(Sample("s/1", a, "one run"), Sample("s/2", b, "replicates"))
    assert (found.verdict, found.comparison) == ("not distinguishable", None)
    assert said in str(found)


def test_a_sample_is_confirmation_runs_then_replicates_then_the_run() -> None:
    runs = with_runs(replicate={0: [1.0, 1.2], 1: [2.0, 2.2], 2: [7.0]}, confirmation={0: [6.0, 6.2], 1: [4.0, 4.2]})
    assert sides.sample(runs, "s", 0, "", "val_mse") == ("s/0", {10: 6.0, 11: 6.2}, "confirmation runs")
    assert sides.sample(runs, "s", None, "", "val_mse").label == "s/0", "trial 2 leads too and is not confirmed"
    both = with_runs(replicate={0: [1.0, 1.4], 1: [1.5, 1.2]}, confirmation={0: [6.0, 6.2], 1: [4.0, 4.2]})
    assert sides.sample(both, "s", None, "", "val_mse").label == "s/1", "the best of those confirmed"
    unconfirmed = runs[runs["kind"] != "confirmation"]
    assert sides.sample(unconfirmed, "s", None, "", "val_mse") == ("s/0", {0: 1.0, 1: 1.2}, "replicates")
    assert sides.sample(runs, "s", 2, "", "val_mse") == ("s/2", {0: 7.0}, "one run")
    one = runs[(runs["kind"] == "replicate") & (runs["trial"] == 1)].iloc[1]
    assert sides.sample(runs, "s", 1, one["run_id"], "val_mse") == ("s/1, replicate 1", {1: 2.2}, "one run")
    with pytest.raises(UnknownRun, match=r"^trial must be one of 0, 1, 2 of the study 's', got 9$"):
        sides.sample(runs, "s", 9, "", "val_mse")
    pruned = runs.assign(status=["pruned" if trial == 2 else "complete" for trial in runs["trial"]])
    with pytest.raises(UnknownRun, match=r"^s/2 has no val_mse to compare: it is pruned$"):
        sides.sample(pruned, "s", 2, "", "val_mse")

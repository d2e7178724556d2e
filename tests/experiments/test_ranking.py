"""The ranking of trials: the best, those tied with it, the finalists, the order of tables."""

import math
from collections.abc import Mapping

import pytest

from knobwise.experiments.ranking import Ranking, Trial, mean

FRESH = {0: (9.0, 9.2, 9.1), 1: (3.0, 3.1, 3.2), 2: (2.9, 3.1, 3.0), 3: (None, 2.0, 2.0)}


def ranking(values: dict[int, float], fresh: Mapping[int, tuple[float | None, ...]]) -> Ranking:
    return Ranking([Trial(n, "complete", value, (), fresh.get(n, ()), n == 0) for n, value in values.items()])


def test_the_lowest_error_of_the_search_leads_while_nothing_is_confirmed() -> None:
    trials = [Trial(0, "complete", 3.0, baseline=True), Trial(1, "complete", 2.0), Trial(2, "complete", 2.0)]
    trials += [Trial(3, "pruned", 0.1), Trial(4, "diverged", None), Trial(5, "complete", math.inf)]
    found = Ranking(trials)
    assert (found.best, found.leader, found.baseline, found.fresh_seeds) == (1, 1, 0, 0), "the earlier of two equals"
    assert found.order == [1, 2, 0]
    assert found.tied is None, "one seed does not distinguish trials"
    assert found.to_confirm == [1, 2, 0]
    assert found.selection_bias(1) is None


def test_confirmed_trials_are_ordered_by_their_means_on_fresh_seeds() -> None:
    found = ranking({0: 9.0, 1: 1.0, 2: 1.1, 3: 1.2, 4: 1.3}, FRESH)
    assert list(found.finalists) == [2, 1, 0, 3], "the one that diverged comes last"
    assert (found.best, found.leader, found.fresh_seeds) == (2, 1, 3)
    assert found.tied == frozenset({1})
    assert found.order == [2, 1, 3, 4, 0], "the baseline was confirmed for comparison only"
    assert found.top(2) == [2, 1, 0]
    assert found.selection_bias(1) == pytest.approx(2.1)
    assert found.selection_bias(3) is None


def test_a_leader_that_is_not_confirmed_leaves_the_search_to_decide() -> None:
    found = ranking({0: 9.0, 1: 1.0, 2: 1.1, 3: 1.2, 4: 0.5}, FRESH)
    assert (found.finalists, found.best) == ({}, 4)


def test_values_are_compared_on_the_seeds_that_all_leaders_have() -> None:
    found = ranking({0: 9.0, 1: 1.0, 2: 1.1}, {0: (9.0, 9.0), 1: (3.0, 1.0), 2: (2.0,)})
    assert found.confirmed == {2: 2.0, 1: 3.0, 0: 9.0}
    assert found.tied is None


def test_without_trials_there_is_no_best() -> None:
    found = Ranking([Trial(0, "failed", None, baseline=True)])
    assert (found.best, found.order, found.to_confirm, found.top(3)) == (None, [], [], [0])
    assert Ranking([]).top(3) == []


def test_a_trial_that_diverged_on_a_fresh_seed_has_no_mean() -> None:
    assert mean([1.0, 3.0]) == 2.0
    assert mean([1.0, None]) is None
    assert mean([]) is None

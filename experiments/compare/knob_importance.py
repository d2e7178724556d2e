"""How much of the differences between trials each knob explains, and how sure that is."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from knobwise.experiments.compare import columns
from knobwise.experiments.record.errors import NothingToCompare

Array = NDArray[np.float64]

LEAST = 8
"""Trials below which nothing is computed."""

ENOUGH = 100
"""Trials below which the order comes with a caveat.

On four functions of two to six knobs whose true shares are known, twelve studies of each (`python -m
benchmarks.importance --repeats 12`), the first knob was right in 79% of the studies of 15 trials, in 98% of 30, and in
all of 60 and more; the first two were right in 40%, 75% and 88% of them, and in all of 100 and more.
"""

_DRAWS = 25  # bootstrap samples
_TREES = 40  # of a forest; more change the shares by less than another draw does
_SHUFFLES = 4


class Knob(NamedTuple):
    """A knob of the trials.

    Attributes:
        name: of the knob.
        features: its values as numbers, `(trials, features)`, which are shuffled together.
    """

    name: str
    features: Array


def importance(table: pd.DataFrame, study: str, value: str = "val_mse", *, seed: int = 0) -> pd.DataFrame:
    """The share of each knob that varied, the largest first: `knob, share, low, high, caveat`.

    A forest of randomised trees learns `value` (its logarithm, where all are > 0) from the knobs of complete trials.
    Then the values of one knob are shuffled among trials that the forest has not seen. By how much the squared error
    grows is what the forest had learnt from that knob: its permutation importance. Shares are these, negative ones as
    0, divided by their sum.

    All is repeated on bootstrap samples of the trials, scored on the trials left out. `share` is the mean over these,
    `low` and `high` hold 95% of them. `caveat` names a share that is not distinguishable from none, and studies of
    fewer than `ENOUGH` trials, whose order of knobs is uncertain.

    The shares are of the differences between the trials there are. A sampler that has settled on good values of a knob
    leaves little of it to see; so does a range that was narrow from the start. Diverged and pruned trials, which have
    no `value`, are left out, and the seed is chance, not a knob.

    P. Geurts, D. Ernst and L. Wehenkel, Extremely randomized trees, Machine Learning 63, 2006, as scikit-learn grows
    them; L. Breiman, Random forests, Machine Learning 45, 2001, section 10, for the shuffling.

    Args:
        table: of `compare.runs`.
        study: what an error calls it.
        value: a metric.
        seed: of the forests and the draws; the same table and seed give the same result.

    Raises:
        NothingToCompare: fewer than `LEAST` complete trials, no knob varied, or all values are equal.
        UnknownColumn: no such metric.
    """
    done = columns.complete(table, study, value, "value")
    names = [name for name in columns.varied(done) if name != "seed"]
    if len(done) < LEAST:
        raise NothingToCompare(f"importance needs {LEAST} complete trials or more, the study {study!r} has {len(done)}")
    if not names:
        raise NothingToCompare(f"no knob varied over the {len(done)} complete trials of the study {study!r}")
    y = done[value].to_numpy(np.float64)
    y = np.log(y) if (y > 0).all() else y
    if np.ptp(y) == 0:
        raise NothingToCompare(f"all {len(done)} complete trials of the study {study!r} have the same {value}")
    draws = shares([Knob(name, _features(done[name])) for name in names], y, seed)
    table_of_shares = pd.DataFrame({"knob": pd.array(names, dtype="str"), "share": draws.mean(axis=0)})
    table_of_shares["low"], table_of_shares["high"] = np.quantile(draws, (0.025, 0.975), axis=0)
    caveats = [_caveat(low, len(done)) for low in table_of_shares["low"]]
    table_of_shares["caveat"] = pd.array(caveats, dtype="str")
    return table_of_shares.sort_values("share", ascending=False, ignore_index=True)


def shares(knobs: list[Knob], y: Array, seed: int) -> Array:
    """`(draws, knobs)`: the shares that each bootstrap sample gives. Rows add up to 1; to 0 where nothing was learnt.

    Args:
        knobs: of the trials.
        y: `(trials,)`, their values; at least three.
        seed: of the forests and the draws.
    """
    from sklearn.ensemble import ExtraTreesRegressor

    rng = np.random.default_rng(seed)
    X = np.column_stack([knob.features for knob in knobs])
    ends = np.cumsum([knob.features.shape[1] for knob in knobs])
    places = [slice(end - knob.features.shape[1], end) for knob, end in zip(knobs, ends, strict=True)]
    all_shares = np.zeros((_DRAWS, len(knobs)))
    for row in all_shares:
        drawn, unseen = _draw(len(y), rng)
        forest = ExtraTreesRegressor(_TREES, random_state=int(rng.integers(2**31))).fit(X[drawn], y[drawn])
        error = float(np.mean((forest.predict(X[unseen]) - y[unseen]) ** 2))
        shuffled = np.concatenate([_shuffled(X[unseen], place, rng) for place in places for _ in range(_SHUFFLES)])
        errors = (forest.predict(shuffled).reshape(-1, len(unseen)) - y[unseen]) ** 2
        grown = (errors.mean(axis=1).reshape(len(knobs), _SHUFFLES).mean(axis=1) - error).clip(min=0)
        row[:] = grown / (grown.sum() or 1.0)
    return all_shares


def _draw(n: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """A bootstrap sample of n, and the two or more that are not in it."""
    while True:
        drawn = rng.integers(n, size=n)
        unseen = np.setdiff1d(np.arange(n), drawn)
        if len(unseen) > 1:
            return drawn, unseen


def _shuffled(X: Array, place: slice, rng: np.random.Generator) -> Array:
    other = X.copy()
    other[:, place] = rng.permutation(X[:, place])
    return other


def _features(values: "pd.Series[Any]") -> Array:
    """Numbers as they are, widths as depth and number of perceptrons, a category as a column for each of its values."""
    if values.dtype == object:
        return np.array([(len(widths), sum(widths)) for widths in values], np.float64)
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(np.float64, na_value=-1.0)[:, None]
    return pd.get_dummies(values, dummy_na=bool(values.isna().any())).to_numpy(np.float64)


def _caveat(low: float, trials: int) -> str:
    few = f"{trials} trials, too few to be sure of the order" if trials < ENOUGH else ""
    none = "not distinguishable from none" if low <= 0 else ""
    return "; ".join(filter(None, (none, few)))

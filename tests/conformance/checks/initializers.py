"""What every initializer must do, whatever its distribution."""

from itertools import starmap

import numpy as np

from knobwise.nn_core.initializers import Initializer

SHAPES = ((2, 64), (64, 64), (64, 1), (1, 1), (200, 300))


def gives_the_shape_asked_for(initializer: Initializer) -> None:
    for n_in, n_out in SHAPES:
        W = initializer.draw(np.random.default_rng(0), n_in, n_out)
        assert W.shape == (n_in, n_out)
        assert W.dtype == np.float64
        assert np.isfinite(W).all()


def same_seed_same_weights(initializer: Initializer) -> None:
    """From either kind of generator, and from no other source: the global one is not touched."""
    before = np.random.get_state(legacy=False)  # noqa: NPY002 (the global generator is what is watched)
    for make in (np.random.default_rng, np.random.RandomState):
        first, again, other = (initializer.draw(make(seed), 8, 5) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    assert all(starmap(np.array_equal, zip(before["state"].values(), after["state"].values(), strict=True)))


def centred_and_spread(initializer: Initializer) -> None:
    """The mean is 0 within five standard errors, and neither rows nor columns are copies of each other."""
    W = initializer.draw(np.random.default_rng(3), 200, 300)
    assert W.std() > 0
    assert abs(W.mean()) < 5 * W.std() / np.sqrt(W.size)
    for pair in (W[0], W[1]), (W[:, 0], W[:, 1]):
        assert abs(np.corrcoef(*pair)[0, 1]) < 0.4


CHECKS = (gives_the_shape_asked_for, same_seed_same_weights, centred_and_spread)

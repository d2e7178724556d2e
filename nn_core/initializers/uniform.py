"""The article's initialization: weights uniform on [-1, 1), whatever the size of the layer."""

from typing import Any

from numpy.typing import NDArray

from knobwise.nn_core.initializers import Initializer, Random


def uniform() -> Initializer:
    """W_ij ~ U(-1, 1). With `RandomState(99)` the draws are those of the article's `SimpleNN`."""

    def draw(random: Random, n_in: int, n_out: int) -> NDArray[Any]:
        return random.uniform(-1, 1, (n_in, n_out))

    return Initializer(draw)

"""The article's data for the other sweep tools: standardised, with the grid on which a prediction is drawn."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.experiments.problems.article import SIDE, grid, sample

Array = NDArray[Any]


class Surface(NamedTuple):
    """The data.

    Attributes:
        X, y: the training sample `(n, 2)` and `(n, 1)`, each column with mean 0 and standard deviation 1.
        grid: the inputs of the true surface on the sample's scale, `(10000, 2)`.
        x_axis, y_axis, true: the grid `(100, 100)` for drawing, on the original scale.
        mean, std: of the target.
    """

    X: Array
    y: Array
    grid: Array
    x_axis: Array
    y_axis: Array
    true: Array
    mean: float
    std: float

    def shown(self, output: Array) -> Array:
        """A network's output for `grid`, for drawing: `(100, 100)` on the original scale."""
        return output.reshape(SIDE, SIDE) * self.std + self.mean


def surface(samples: int) -> Surface:
    """`samples` points of the article's surface, and its grid."""
    table, points = sample(samples).to_numpy(), grid().to_numpy()
    mean, std = table.mean(axis=0), table.std(axis=0)
    scaled = (table - mean) / std
    x, y, z = points.T.reshape(3, SIDE, SIDE)
    inputs = (points[:, :2] - mean[:2]) / std[:2]
    return Surface(scaled[:, :2], scaled[:, 2:], inputs, x, y, z, float(mean[2]), float(std[2]))


def contours(data: Surface, output: Array) -> Any:
    """The article's figure, by pyplot as in its manual: true and predicted, with colour bars."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: TID251  (the usual way to draw is measured)

    figure, panels = plt.subplots(1, 2, figsize=(10, 4.7))
    for axes, z, colours, title in zip(
        panels, (data.true, data.shown(np.asarray(output))), ("viridis", "plasma"), ("True", "Predicted"), strict=True
    ):
        drawn = axes.contourf(data.x_axis, data.y_axis, z, 30, cmap=colours)
        figure.colorbar(drawn, ax=axes)
        axes.set(title=title, xlabel="X", ylabel="Y")
    return figure

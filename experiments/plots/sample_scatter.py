"""A sample of a problem over two inputs, coloured by the target."""

from matplotlib.figure import Figure

from knobwise.experiments.data.problem import Part, Problem
from knobwise.experiments.plots.canvas import colour_bar, round_levels, surface_axes


def draw(problem: Problem, sample: Part) -> Figure:
    """A dot for each sample, coloured by the target (viridis).

    Raises:
        ValueError: the problem does not have two inputs.
    """
    if len(problem.inputs) != 2:
        raise ValueError(f"a scatter needs 2 inputs, and {problem.name} has {len(problem.inputs)}")
    z = sample.y[:, 0]
    levels = round_levels(float(z.min()), float(z.max()))
    figure = Figure(figsize=(5.6, 4.7))
    axes = surface_axes(figure, (0.12, 0.12, 0.66, 0.79), problem.inputs)
    size = min(20.0, 20_000 / len(z))
    axes.scatter(sample.X[:, 0], sample.X[:, 1], size, z, cmap="viridis", vmin=levels[0], vmax=levels[-1])
    axes.set_title(f"{len(z):,} samples, coloured by {problem.outputs[0]}")
    colour_bar(axes, levels, "viridis", problem.outputs[0])
    return figure

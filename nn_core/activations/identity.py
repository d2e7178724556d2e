"""No activation: for a linear output, or a network that should stay linear."""

from knobwise.nn_core.activations import Activation, Array


def identity() -> Activation:
    """f(z) = z, f'(z) = 1."""

    def forward(z: Array, slope: Array | None) -> None:
        pass

    def backward(delta: Array, a: Array, slope: Array | None) -> None:
        pass

    return Activation(forward, backward, needs_slope=False)

"""Nesterov's momentum: the gradient at the point that the momentum leads to."""

from knobwise.nn_core.optimizers import Array, Optimizer, State, Step, zeros


def nesterov(momentum: float = 0.9) -> Optimizer:
    """v <- mu v + g,  p <- p - lr (g + mu v).

    The state holds mu v, which both the step and the next v need: five passes instead of six.

    Args:
        momentum: mu in [0, 1).

    Nesterov (1983), "A method for solving the convex programming problem with convergence rate O(1/k^2)"; in this form
    Sutskever, Martens, Dahl and Hinton (2013), "On the importance of initialization and momentum in deep learning".
    """

    def init(params: Array) -> State:
        return (zeros(params),)

    def update(params: Array, gradient: Array, state: State, step: Step) -> None:
        (velocity,) = state
        velocity += gradient
        velocity *= momentum
        gradient += velocity
        gradient *= step.lr
        params -= gradient

    return Optimizer(init, update)

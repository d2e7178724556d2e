"""The article's network, with every step written out. Start reading here.

`SimpleNN` is the reference that the fast path is tested against; it is meant to be read, not to be fast.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class SimpleNN:
    """A fully connected network with ReLU between its layers and a linear output, trained by gradient descent.

    Each layer multiplies its inputs by weights, adds a bias, and (all but the last) passes the sum through ReLU:

        z_l = a_(l-1) W_l + b_l,    a_l = relu(z_l)

    Args:
        structure: layer sizes from inputs to outputs, for example `[2, 64, 64, 64, 1]`; at least two, each >= 1.

    Attributes:
        weights: one array a layer, `(n_in, n_out)`, drawn uniformly from [-1, 1).
        biases: one array a layer, `(1, n_out)`, zeros.

    The initial weights are always the same: the numbers of `np.random.seed(99)`, drawn from a generator of its own, so
    that NumPy's global state is not changed.

    >>> net = SimpleNN([2, 3, 1])
    >>> [w.shape for w in net.weights]
    [(2, 3), (3, 1)]
    >>> net.predict(np.zeros((4, 2)))
    array([0., 0., 0., 0.])
    """

    def __init__(self, structure: list[int]) -> None:
        if len(structure) < 2 or min(structure) < 1:
            raise ValueError(f"structure must be at least two layer sizes, each >= 1, got {structure}")
        random = np.random.RandomState(99)
        self.structure = list(structure)
        self.weights: list[Array] = []
        self.biases: list[Array] = []
        for n_in, n_out in zip(structure, structure[1:], strict=False):
            self.weights.append(random.uniform(-1, 1, (n_in, n_out)))
            self.biases.append(np.zeros((1, n_out)))

    def relu(self, x: Array) -> Array:
        """max(0, x): a perceptron fires in proportion to its sum, or not at all."""
        return np.maximum(0, x)

    def relu_as_weights(self, x: Array) -> Array:
        """1 where ReLU fired and 0 where it did not: the slope of ReLU, which a change is multiplied by."""
        return (x > 0).astype(float)

    def forward(self, X: Array) -> tuple[list[Array], list[Array]]:
        """Run `X` `(m, n_in)` through every layer.

        Returns:
            `perceptron_inputs`: the inputs of each layer, `X` first; the last entry is the network's output.
            `perceptron_outputs`: the sums of each layer, before ReLU.
        """
        perceptron_inputs = [X]
        perceptron_outputs = []
        last = len(self.weights) - 1
        for layer, (weights, biases) in enumerate(zip(self.weights, self.biases, strict=True)):
            sums = perceptron_inputs[-1] @ weights + biases
            perceptron_outputs.append(sums)
            perceptron_inputs.append(sums if layer == last else self.relu(sums))
        return perceptron_inputs, perceptron_outputs

    def backward(
        self, perceptron_inputs: list[Array], perceptron_outputs: list[Array], target: Array
    ) -> tuple[list[Array], list[Array]]:
        """Tally how every weight and bias should change, from the last layer to the first; change nothing yet.

        The desired change of the output is `output - target` (so this is the gradient of *half* the squared error).
        A weight's change is its input times the desired change of its output; a bias's is that desired change itself;
        both are averaged over the m samples. A desired change passes back through the weights, and stops wherever
        ReLU did not fire.

        Args:
            perceptron_inputs, perceptron_outputs: as `forward` returned them.
            target: `(m, n_out)`.

        Returns:
            `weight_changes` and `bias_changes`, shaped as `weights` and `biases`.
        """
        m = len(target)
        weight_changes: list[Array] = []
        bias_changes: list[Array] = []
        desired = perceptron_inputs[-1] - target
        for layer in reversed(range(len(self.weights))):
            weight_changes.insert(0, perceptron_inputs[layer].T @ desired / m)
            bias_changes.insert(0, desired.sum(axis=0, keepdims=True) / m)
            if layer > 0:
                desired = desired @ self.weights[layer].T * self.relu_as_weights(perceptron_outputs[layer - 1])
        return weight_changes, bias_changes

    def update_weights(self, weight_changes: list[Array], bias_changes: list[Array], lr: float) -> None:
        """Apply the tally, scaled by the learning rate: subtract `lr * change` from every weight and bias."""
        for layer in range(len(self.weights)):
            self.weights[layer] -= lr * weight_changes[layer]
            self.biases[layer] -= lr * bias_changes[layer]

    def train(self, X: Array, y: Array, epochs: int, lr: float = 0.01) -> dict[int, float]:
        """Gradient descent on all of `X` `(m, n_in)`, `y` `(m, n_out)` at once, `epochs` times.

        Returns:
            The mean squared error at every 20th epoch and the last, by epoch counted from 0: each before that
            epoch's update.
        """
        history: dict[int, float] = {}
        for epoch in range(epochs):
            perceptron_inputs, perceptron_outputs = self.forward(X)
            if epoch % 20 == 0 or epoch == epochs - 1:
                history[epoch] = float(np.mean((perceptron_inputs[-1] - y) ** 2))
            weight_changes, bias_changes = self.backward(perceptron_inputs, perceptron_outputs, y)
            self.update_weights(weight_changes, bias_changes, lr)
        return history

    def predict(self, X: Array) -> Array:
        """The output for each row of `X` `(m, n_in)`, flattened to `(m * n_out,)`."""
        return self.forward(X)[0][-1].flatten()

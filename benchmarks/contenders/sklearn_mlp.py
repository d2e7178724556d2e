"""scikit-learn's MLPRegressor."""

import warnings

from benchmarks.case import Task
from benchmarks.contenders import Contender, Trainer, Unsupported


def sklearn_mlp() -> Contender:
    """`MLPRegressor.fit` with a warm start, for k epochs at once."""
    return Contender(
        "scikit-learn", prepare, needs=("sklearn",), note="one `fit` a round; Adam's moments start anew with each"
    )


def prepare(task: Task) -> Trainer:
    """A run that calls `fit` with `max_iter` k: cheaper than k times `partial_fit`, which checks its data each time."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPRegressor

    case = task.case
    if case.activation != "relu":
        raise Unsupported(f"has no {case.activation}")
    model = MLPRegressor(
        hidden_layer_sizes=case.sizes[1:-1],
        activation=case.activation,
        solver=case.optimizer,
        alpha=0.0,
        batch_size=case.batch or case.n,
        learning_rate_init=case.lr,
        max_iter=1,
        shuffle=bool(case.batch),
        random_state=0,
        tol=0.0,
        warm_start=True,
        momentum=0.0,
        nesterovs_momentum=False,
        n_iter_no_change=10**9,
    )
    X, y = task.X, task.y.ravel()
    warnings.simplefilter("ignore", ConvergenceWarning)  # it warns whenever `max_iter` ends the training
    model.fit(X, y)  # makes the arrays that the common start is then put into
    for own, weights in zip(model.coefs_, task.weights, strict=True):
        own[:] = weights
    for biases in model.intercepts_:
        biases[:] = 0.0

    def run(k: int) -> float:
        model.set_params(max_iter=k)
        model.fit(X, y)
        return 2 * float(model.loss_curve_[-1])  # it minimises half the squared error, like all contenders

    return Trainer(run)

"""The same numbers as PyTorch, to 1e-9 in float64, for all that both have. Skipped where PyTorch is not installed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from knobwise.nn_core import variants
from knobwise.nn_core.optimizers import Step
from tests.conformance.checks.activations import run as run_activation
from tests.conformance.checks.losses import data
from tests.conformance.checks.losses import run as run_loss

torch = pytest.importorskip("torch")
F = torch.nn.functional

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "identity": torch.nn.Identity(),
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "gelu": lambda z: F.gelu(z, approximate="tanh"),
    "softmax": lambda z: torch.softmax(z, dim=-2),
}
# PyTorch's samples are rows and ours are columns. Where it averages over outputs too, so do we; ours is then summed
# over the samples, and m times theirs.
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "mse": F.mse_loss,
    "half_mse": lambda output, target: 0.5 * F.mse_loss(output, target, reduction="sum") / len(output),
    "huber": F.huber_loss,
    "cross_entropy": F.cross_entropy,
    "binary_cross_entropy": F.binary_cross_entropy_with_logits,
}
OPTIMIZERS: dict[str, Callable[[list[Any]], Any]] = {
    "sgd": lambda params: torch.optim.SGD(params, lr=0.02),
    "momentum": lambda params: torch.optim.SGD(params, lr=0.02, momentum=0.9),
    "nesterov": lambda params: torch.optim.SGD(params, lr=0.02, momentum=0.9, nesterov=True),
    "rmsprop": lambda params: torch.optim.RMSprop(params, lr=0.02),
    "adam": lambda params: torch.optim.Adam(params, lr=0.02),
    "adamw": lambda params: torch.optim.AdamW(params, lr=0.02, weight_decay=0.1),
    "lbfgs": lambda params: torch.optim.LBFGS(
        params, lr=1.0, max_iter=1, history_size=10, tolerance_grad=0.0, tolerance_change=0.0
    ),
}


def close(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", variants.names("activations"))
def test_activations_and_their_slopes(name: str) -> None:
    random = np.random.default_rng(0)
    z, delta = random.normal(0, 3, (2, 5, 40)), random.normal(size=(2, 5, 40))
    a, back = run_activation(variants.load("activations", name), z, delta)
    theirs = torch.tensor(z, requires_grad=True)
    value = ACTIVATIONS[name](theirs)
    value.backward(torch.tensor(delta))
    close(a, value)
    close(back, theirs.grad)


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("name", variants.names("losses"))
def test_losses_and_their_gradients(name: str, k: int) -> None:
    loss = variants.load("losses", name)
    output, target = data(loss, k, 30)
    total, gradient = run_loss(loss, output, target)
    theirs = torch.tensor(output.T.copy(), requires_grad=True)
    value = LOSSES[name](theirs, torch.tensor(target.T.copy()))
    value.backward()
    close(total / 30, value)
    close(gradient / 30, theirs.grad.T)


def valley(x: Any) -> Any:
    """A smooth convex bowl that is no parabola, in arrays of either library. L-BFGS takes every step in it in full."""
    return ((1 + x * x) ** 0.5).sum() + 4 * ((x[1:] - x[:-1]) ** 2).sum() + 0.1 * (x * x).sum()


def valley_gradient(x: Any) -> Any:
    apart = np.diff(x)
    pulls = np.concatenate([[0.0], apart]) - np.concatenate([apart, [0.0]])
    return x / (1 + x * x) ** 0.5 + 8 * pulls + 0.2 * x


@pytest.mark.parametrize("name", variants.names("optimizers"))
def test_twenty_steps_of_each_optimizer(name: str) -> None:
    start = np.linspace(-2, 3, 40) ** 3 / 9
    theirs = torch.tensor(start, requires_grad=True)
    peer = OPTIMIZERS[name]([theirs])
    (group,) = peer.param_groups
    ours, optimizer = start.copy(), variants.load("optimizers", name)
    state = optimizer.init(ours)

    def closure() -> Any:
        peer.zero_grad()
        loss = valley(theirs)
        loss.backward()
        return loss

    for number in range(1, 21):
        peer.step(closure)
        gradient = valley_gradient(ours)
        if optimizer.decoupled:  # as the training loop does
            ours *= 1 - group["lr"] * group["weight_decay"]
        step = Step(number, group["lr"], float(valley(ours)), np.empty_like(ours))
        optimizer.update(ours, gradient, state, step)
        close(ours, theirs)
    assert not np.allclose(ours, start, atol=0.05)


TOTAL = 50
SCHEDULES: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "step": ({"every": 7, "gamma": 0.3}, lambda o: torch.optim.lr_scheduler.StepLR(o, 7, 0.3)),
    "exponential": ({"gamma": 0.9}, lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.9)),
    "cosine": ({"min_factor": 0.1}, lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, TOTAL, eta_min=0.1)),
    "warm_restarts": (
        {"first": 5, "growth": 2},
        lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 5, T_mult=2),
    ),
    # PyTorch counts steps from 0 to one less than their number, and turns one step before the share that is set.
    "one_cycle": (
        {"warmup": (0.3 * (TOTAL + 1) - 1) / TOTAL},
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 1.0, TOTAL + 1),
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name: str) -> None:
    options, make = SCHEDULES[name]
    peer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(peer)
    schedule = variants.load("schedules", name, **options)
    for epoch in range(TOTAL + 1):
        assert schedule.factor(float(epoch), float(TOTAL)) == pytest.approx(peer.param_groups[0]["lr"], abs=1e-9)
        peer.step()
        if epoch < TOTAL:
            scheduler.step()

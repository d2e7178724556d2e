"""All checks, by the kind of variant that they are for."""

from collections.abc import Callable
from typing import Any

from knobwise.nn_core.variants import Kind
from tests.conformance.checks import activations, initializers, losses, optimizers, schedules

CHECKS: dict[Kind, tuple[Callable[[Any], None], ...]] = {
    "activations": activations.CHECKS,
    "losses": losses.CHECKS,
    "initializers": initializers.CHECKS,
    "optimizers": optimizers.CHECKS,
    "schedules": schedules.CHECKS,
}

"""Every variant in its folder, through every check of its kind."""

from collections.abc import Callable
from typing import Any

import pytest

from knobwise.nn_core import variants
from knobwise.nn_core.variants import KINDS, Kind
from tests.conformance.checks.suite import CHECKS

CASES = [
    pytest.param(kind, name, check, id=f"{kind}-{name}-{check.__name__}")
    for kind in KINDS
    for name in variants.names(kind)
    for check in CHECKS[kind]
]


@pytest.mark.parametrize(("kind", "name", "check"), CASES)
def test_conforms(kind: Kind, name: str, check: Callable[[Any], None]) -> None:
    check(variants.load(kind, name))


def test_every_kind_has_variants_and_checks() -> None:
    assert set(CHECKS) == set(KINDS)
    assert all(variants.names(kind) and CHECKS[kind] for kind in KINDS)

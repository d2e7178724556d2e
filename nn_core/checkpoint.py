"""Checkpoints: all that resuming a run exactly needs, in one `.npz` file that is never unpickled."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knobwise.nn_core.training import TrainState

Array = NDArray[Any]

FORMAT = 1


class Checkpoint(NamedTuple):
    """The content of a checkpoint.

    Attributes:
        state: of the training.
        arrays: the caller's, by name.
        facts: the caller's, values that JSON can hold.
    """

    state: TrainState
    arrays: dict[str, Array]
    facts: dict[str, Any]


def dump(state: TrainState, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> bytes:
    """A checkpoint as the bytes of an `.npz` file."""
    header = {
        "format": FORMAT,
        "epoch": state.epoch,
        "step": state.step,
        "randoms": [_as_json(random.bit_generator.state) for random in state.randoms],
        "facts": dict(facts),
    }
    members: dict[str, Any] = {"about": np.array(json.dumps(header)), "params": state.params, "finite": state.finite}
    members |= {f"optimizer_{i}": array for i, array in enumerate(state.optimizer)}
    members |= {f"extra_{name}": array for name, array in arrays.items()}
    file = io.BytesIO()
    np.savez(file, **members)
    return file.getvalue()


def load(data: bytes) -> Checkpoint:
    """The checkpoint in `data`.

    Raises:
        ValueError: not a checkpoint, truncated, or of another format; one line that says which.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            members = {name: file[name] for name in file.files}
        header = json.loads(str(members.pop("about")))
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"not a readable checkpoint ({len(data)} bytes): {error}") from None
    if header.get("format") != FORMAT:
        raise ValueError(f"checkpoint must be of format {FORMAT}, got {header.get('format')!r}")
    count = sum(name.startswith("optimizer_") for name in members)
    state = TrainState(
        params=members["params"],
        optimizer=tuple(members[f"optimizer_{i}"] for i in range(count)),
        randoms=[_generator(saved) for saved in header["randoms"]],
        epoch=header["epoch"],
        step=header["step"],
        finite=members["finite"],
    )
    arrays = {name.removeprefix("extra_"): array for name, array in members.items() if name.startswith("extra_")}
    return Checkpoint(state, arrays, header["facts"])


def _as_json(state: Mapping[str, Any]) -> dict[str, Any]:
    """A bit generator's state with arrays (of MT19937 and SFC64) as lists."""
    return {
        name: _as_json(value) if isinstance(value, dict) else value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in state.items()
    }


def _generator(state: Any) -> np.random.Generator:
    """A generator of the saved kind, in the saved state."""
    kinds = (np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64, np.random.MT19937)
    kind = {k.__name__: k for k in kinds}.get(state["bit_generator"])
    if kind is None:
        raise ValueError(f"checkpoint's generator must be of NumPy's own kinds, got {state['bit_generator']!r}")
    bits = kind()
    bits.state = state
    return np.random.Generator(bits)

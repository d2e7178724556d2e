"""Checkpoints: a round trip for every kind of generator, and nothing that is unpickled."""

import io
import os
import pickle  # noqa: TID251  the attack that a checkpoint must resist
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knobwise.nn_core import checkpoint
from knobwise.nn_core.training import TrainState

KINDS = [np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64, np.random.MT19937]


def state_with(random: np.random.Generator) -> TrainState:
    return TrainState(np.arange(5.0), (np.ones(5), np.array([3])), [random], 7, 70, np.array(True))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_round_trip(kind: Any) -> None:
    random = np.random.Generator(kind(3))
    random.normal(size=5)
    saved = checkpoint.load(checkpoint.dump(state_with(random), {"mean": np.zeros(2)}, {"lr": 0.1}))
    assert np.array_equal(saved.state.params, np.arange(5.0))
    assert [a.tolist() for a in saved.state.optimizer] == [[1.0] * 5, [3]]
    assert (saved.state.epoch, saved.state.step, bool(saved.state.finite)) == (7, 70, True)
    assert saved.arrays["mean"].tolist() == [0, 0]
    assert saved.facts == {"lr": 0.1}
    assert saved.state.randoms[0].random(4).tolist() == random.random(4).tolist()


@pytest.mark.parametrize("cut", [0, 1, 100, -1, -200])
def test_a_truncated_checkpoint_is_refused_in_one_line(cut: int) -> None:
    whole = checkpoint.dump(state_with(np.random.default_rng(0)), {}, {})
    with pytest.raises(ValueError, match="not a readable checkpoint") as error:
        checkpoint.load(whole[:cut])
    assert "\n" not in str(error.value)


class Malicious:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


def test_a_planted_pickle_is_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    planted = np.empty(1, object)
    planted[0] = Malicious(marker)
    file = io.BytesIO()
    np.savez(file, about=planted, params=planted)
    with pytest.raises(ValueError, match="not a readable checkpoint"):
        checkpoint.load(file.getvalue())
    with pytest.raises(ValueError, match="not a readable checkpoint"):
        checkpoint.load(pickle.dumps(Malicious(marker)))
    assert not marker.exists()
    pickle.loads(pickle.dumps(Malicious(marker)))
    assert marker.exists()


def test_another_format_is_named() -> None:
    whole = checkpoint.dump(state_with(np.random.default_rng(0)), {}, {})
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    about = np.array('{"format": 99}')
    file = io.BytesIO()
    np.lib.format.write_array(file, about, allow_pickle=False)
    members["about.npy"] = file.getvalue()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(ValueError, match="checkpoint must be of format 1, got 99"):
        checkpoint.load(out.getvalue())

"""Snapshots: a run's parameters at doublings of the epoch, from which its predicted surface is drawn once it is over.

Training moves fast at first and ever slower, so equal factors of the epoch, not equal differences, look even. Whether
a snapshot is taken depends on the epoch alone: a run that is cut into rungs has those of one that is not.
"""

import io
import zipfile
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Params = NDArray[np.floating]
Snapshots = Mapping[int, Params]
"""By epoch, a power of two, in rising order: the parameters `(P,)` after it."""

MOST = 12
"""Snapshots of a run at most: the latest."""


def due(epoch: int) -> bool:
    """Whether a snapshot is taken after `epoch` (>= 1).

    >>> [epoch for epoch in range(1, 20) if due(epoch)]
    [1, 2, 4, 8, 16]
    """
    return epoch & (epoch - 1) == 0


def add(snapshots: Snapshots, epoch: int, params: Params) -> dict[int, Params]:
    """`snapshots` and a copy of `params`, the latest `MOST` of them."""
    latest = list(snapshots.items())[-(MOST - 1) :]
    return {**dict(latest), epoch: params.copy()}


def before(snapshots: Snapshots, epoch: int) -> dict[int, Params]:
    """Those to draw of a run that ended after `epoch`, whose checkpoint has the last of the `MOST` pictures.

    >>> list(before({4: np.zeros(1), 8: np.zeros(1)}, 8))
    [4]
    """
    earlier = [(each, params) for each, params in snapshots.items() if each < epoch]
    return dict(earlier[-(MOST - 1) :])


def size(snapshots: Snapshots) -> int:
    """Bytes of memory that they take."""
    return sum(params.nbytes for params in snapshots.values())


def dump(snapshots: Snapshots) -> bytes:
    """At least one snapshot as the bytes of an `.npz` file: `epochs` `(k,)` int64, and `params` `(k, P)`."""
    file = io.BytesIO()
    np.savez(file, epochs=np.array(list(snapshots), np.int64), params=np.stack(list(snapshots.values())))
    return file.getvalue()


def load(data: bytes) -> dict[int, Params]:
    """The inverse of `dump`; none where `data` is empty. No pickle is read.

    Raises:
        ValueError: it is no such file, or it is cut short; one line.
    """
    if not data:
        return {}
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            return dict(zip(file["epochs"].tolist(), file["params"], strict=True))
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"not a readable file of snapshots ({len(data)} bytes): {error}") from None

"""Ray Tune with PyTorch, its processes kept from trial to trial: `reuse_actors`, an option that Ray leaves off."""

from benchmarks.sweeping import Contender
from benchmarks.sweeping.ray_tune import fit, left


def ray_tune_reused() -> Contender:
    """`ray_tune` with `reuse_actors=True`: PyTorch is imported once a worker and not once a trial."""
    return Contender(
        "Ray Tune, PyTorch, reuse_actors", lambda work: fit(work, reuse=True), left, needs=("ray", "torch")
    )

"""Ray Tune with PyTorch, as its "Getting started" and its page on PyTorch show it."""

from pathlib import Path
from typing import Any

from benchmarks.sweeping import Contender, Left, Work


def ray_tune() -> Contender:
    """`Tuner.fit` over a training function that reports its loss."""
    return Contender("Ray Tune, PyTorch", lambda work: fit(work, reuse=False), left, needs=("ray", "torch"))


def fit(work: Work, *, reuse: bool) -> dict[str, float]:
    """The pattern of the public pages: one core and one thread a trial, the data in the object store.

    Args:
        work: what to do.
        reuse: whether a trial may take over the process of one before, which Ray does not do by itself.
    """
    import ray
    from ray import tune

    from benchmarks.surface import surface

    ray.init(num_cpus=work.jobs, include_dashboard=False)
    trainable = tune.with_parameters(train, data=surface(work.samples), work=work)
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        param_space={"lr": tune.loguniform(work.low, work.high)},
        tune_config=tune.TuneConfig(metric="loss", mode="min", num_samples=work.trials, reuse_actors=reuse),
        run_config=tune.RunConfig(name="benchmark", storage_path=str(Path.cwd() / "results")),
    )
    best = tuner.fit().get_best_result()
    ray.shutdown()
    return {"best": float(best.metrics["loss"])}


def train(config: dict[str, Any], data: Any, work: Work) -> None:
    """A trial."""
    import torch
    from matplotlib import pyplot as plt  # noqa: TID251  (what is measured here is how peers draw)
    from ray import tune
    from torch import nn

    from benchmarks.surface import contours

    torch.set_num_threads(1)
    X, y = (torch.tensor(part, dtype=torch.float32) for part in (data.X, data.y))
    hidden = [layer for before in (2, 64, 64) for layer in (nn.Linear(before, 64), nn.ReLU())]
    network = nn.Sequential(*hidden, nn.Linear(64, 1))
    optimizer = torch.optim.SGD(network.parameters(), lr=config["lr"])
    for epoch in range(1, work.epochs + 1):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(network(X), y)
        loss.backward()
        optimizer.step()
        if epoch % work.every == 0 and epoch != work.epochs:
            tune.report({"loss": loss.item(), "epoch": epoch})
    with torch.no_grad():
        output = network(torch.tensor(data.grid, dtype=torch.float32)).numpy()
    figure = contours(data, output)
    figure.savefig(Path(tune.get_context().get_trial_dir()) / "contours.png")
    plt.close(figure)
    tune.report({"loss": loss.item(), "epoch": work.epochs})


def left(folder: Path) -> Left:
    """As Ray's files have it: a line of `result.json` for each report."""
    results = list((folder / "results").rglob("result.json"))
    points = sum(len(file.read_text().splitlines()) for file in results)
    return Left(len(results), points, len(list((folder / "results").rglob("contours.png"))))

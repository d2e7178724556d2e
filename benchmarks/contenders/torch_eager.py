"""PyTorch as it is usually written: operations one by one."""

from collections.abc import Callable
from typing import Any

from benchmarks.case import Task
from benchmarks.contenders import Contender, Trainer


def torch_eager() -> Contender:
    """`nn.Sequential`, `backward`, and an optimizer of `torch.optim`."""
    return Contender("PyTorch eager", lambda task: prepare(task, lambda step: step), needs=("torch",))


def prepare(task: Task, compiled: Callable[[Any], Any]) -> Trainer:
    """A run over steps that went through `compiled`: forward, loss, backward and the optimizer, in one function."""
    import torch
    from torch import nn

    torch.set_num_threads(task.threads)
    torch.manual_seed(0)
    case = task.case
    activation = {"relu": nn.ReLU, "silu": nn.SiLU}[case.activation]
    layers: list[Any] = []
    for W in task.weights:
        linear = nn.Linear(*W.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T.copy()))
            linear.bias.zero_()
        layers += [linear, activation()]
    network = nn.Sequential(*layers[:-1])
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[case.optimizer]
    optimizer = kind(network.parameters(), lr=case.lr)
    X, y = torch.from_numpy(task.X), torch.from_numpy(task.y)

    def step(inputs: Any, targets: Any) -> Any:
        loss = 0.5 * nn.functional.mse_loss(network(inputs), targets)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    step = compiled(step)

    def run(k: int) -> float:
        for _ in range(k):
            if case.batch:
                order = torch.randperm(case.n)
                losses = [
                    step(*part) for part in zip(X[order].split(case.batch), y[order].split(case.batch), strict=True)
                ]
            else:
                losses = [step(X, y)]
        return 2 * float(torch.stack(losses).mean())

    return Trainer(run)

"""PyTorch with its compiler."""

import shutil

from benchmarks.case import Task
from benchmarks.contenders import Contender, Trainer, Unsupported
from benchmarks.contenders.torch_eager import prepare as prepare_eager


def torch_compiled() -> Contender:
    """The eager contender's step through `torch.compile`, the optimizer's part included."""
    return Contender("PyTorch compiled", prepare, needs=("torch",))


def prepare(task: Task) -> Trainer:
    """The same run over the compiled step, compiled by a first call."""
    import torch

    if not (shutil.which("g++") or shutil.which("clang++")):
        raise Unsupported("torch.compile needs a C++ compiler, and there is none here")
    torch._dynamo.reset()
    return prepare_eager(task, lambda step: torch.compile(step, dynamic=False))

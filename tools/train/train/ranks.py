"""One process or many: torchrun says which, by the environment."""

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist

from train.errors import InputError


@dataclass(frozen=True)
class Ranks:
    """This process's number and how many there are."""

    rank: int = 0
    count: int = 1
    device: str = "cpu"

    @property
    def first(self):
        return self.rank == 0

    def share(self, batch):
        """Where this process's part of a batch starts, and its size."""
        return self.rank * (batch // self.count), batch // self.count

    def wrap(self, model):
        """The model with its gradients averaged over all processes."""
        if self.count == 1:
            return model
        return torch.nn.parallel.DistributedDataParallel(model)

    def mean(self, value):
        """The mean of a tensor over all processes."""
        if self.count > 1:
            dist.all_reduce(value)
            value /= self.count
        return value

    def agree(self, flag):
        """The first process's word for all: clocks differ."""
        if self.count == 1:
            return flag
        word = torch.tensor([float(flag)], device=self.device)
        dist.broadcast(word, 0)
        return bool(word.item())

    def close(self):
        if self.count > 1:
            dist.barrier()
            dist.destroy_process_group()


def pick_device(name):
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise InputError(f"--device {name}: PyTorch sees no GPU here; take cpu, or install a PyTorch built for yours")
    return name


def join(device, batch):
    """This process among those that torchrun started."""
    device = pick_device(device)
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Ranks(device=device)
    if batch % count:
        raise InputError(f"--batch {batch}: must be a multiple of the {count} processes")
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return Ranks(dist.get_rank(), count, device)

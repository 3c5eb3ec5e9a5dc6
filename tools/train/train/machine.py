"""How a device is made use of: by whom and how fast a run is computed, not what. Compiled kernels and those that cuDNN picks by trying
round otherwise, and otherwise again from one start to the next."""

import multiprocessing
import os
from dataclasses import dataclass

from train.errors import InputError

# torch.compile's modes. Graphs of CUDA (reduce-overhead, max-autotune) are safe here: weights stay at their addresses, gradients are let go
# before the next step overwrites them, and what outlives a step (loss, average) is computed outside.
COMPILE = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")

# Losses that stay on a GPU until they are read together: to read one is to wait for its step.
UNREAD = 50


@dataclass(frozen=True)
class Machine:
    """The plain way by default, which is the CPU's."""

    workers: int = 0  # processes that make pictures ahead
    compile: str = ""  # a mode, or nothing
    channels_last: bool = False
    tune: bool = False  # cuDNN tries its algorithms
    read_every: int = 1  # steps


PLAIN = Machine()


def is_cuda(device):
    return str(device).startswith("cuda")


def pick(args, device):
    """What the flags ask for, or what the device takes where they say nothing."""
    workers = default_workers(device) if args.workers is None else args.workers
    if workers < 0:
        raise InputError(f"--workers {workers}: must be at least 0")
    if workers and not can_fork():
        raise InputError(f"--workers {workers}: this system cannot fork processes; take 0")
    return Machine(workers, args.compile, args.channels_last, args.tune, UNREAD if is_cuda(device) else 1)


def can_fork():
    return "fork" in multiprocessing.get_all_start_methods()


def default_workers(device):
    """A CPU that trains has no core to spare; beside a GPU most of this process's share have nothing else to do."""
    if not is_cuda(device) or not can_fork():
        return 0
    share = (os.cpu_count() or 1) // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(0, min(12, share - 2))

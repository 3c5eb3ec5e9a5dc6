"""The pictures of a run's steps, made in place or ahead of their use by other processes. They follow from the seed and the step, so
that it does not matter who makes them."""

import mmap
import multiprocessing
import os
import signal
import threading
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import torch

from train.errors import InputError
from train.machine import is_cuda


def moved(array, device):
    """An array on the device; on its way to a GPU through pinned memory, from where it is copied while the program goes on."""
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    if is_cuda(device):
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


class InPlace:
    """Makes a step's pictures when they are asked for; make(step) gives pixels and labels or None."""

    def __init__(self, make):
        self.take = make

    def close(self):
        pass


class Ahead:
    """Has other processes make the pictures of the steps to come, in memory that is shared with them.

    Each makes whole steps. `shape` is that of a step's pixels.
    """

    def __init__(self, make, workers, shape):
        count = 2 * workers + 1  # one made and one in the making for each, and the one in use
        # Anonymous memory: /dev/shm is small in many containers.
        self.slots = np.frombuffer(mmap.mmap(-1, count * int(np.prod(shape))), np.uint8).reshape(count, *shape)
        # Forked, so that processes share the data without a copy.
        self.pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), begin, (make, self.slots))
        self.free, self.jobs, self.next = list(range(count)), deque(), None

    def take(self, step):
        """Pixels and labels of a step; the pixels are overwritten after the next call."""
        try:
            if not self.jobs or self.jobs[0][0] != step:
                self.start_at(step)
            self.order()
            _, slot, job = self.jobs.popleft()
            labels = job.result()
        except BrokenProcessPool as err:
            raise InputError("a process that makes pictures was ended from outside, maybe for want of memory; take fewer --workers") from err
        self.free.append(slot)  # ordered anew by the next call, not before
        return self.slots[slot], labels

    def start_at(self, step):
        """Forgets what was ordered; what is being made is waited for, for it writes into the slots."""
        while self.jobs:
            _, slot, job = self.jobs.popleft()
            if not job.cancel():
                job.result()
            self.free.append(slot)
        self.next = step

    def order(self):
        """The next steps' pictures into all free slots."""
        while self.free:
            slot = self.free.pop()
            self.jobs.append((self.next, slot, self.pool.submit(fill, self.next, slot)))
            self.next += 1

    def close(self):
        self.pool.shutdown(cancel_futures=True)


# In a process that makes pictures: how, and into what.
work = {}


def begin(make, slots):
    """Signals are for the process that trains; this one ends when that does, however it does."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    work.update(make=make, slots=slots)


def end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


def fill(step, slot):
    """Makes a step's pixels in place and gives its labels."""
    work["slots"][slot], labels = work["make"](step)
    return labels

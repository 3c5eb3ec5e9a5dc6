"""Algorithm 1 with Ho et al.'s recipe, as a run that can be killed and taken up again.

Everything random of a step follows from (seed, step, rank): its pictures, flips, timesteps, noise, dropped labels and
dropout. A checkpoint therefore holds weights, average, optimiser and the step, and a run that was killed repeats the steps since the last one
bit by bit on the same machine. Only with --minutes and --decay does the clock decide over numbers.

A step never waits for a GPU, which is given work ahead: losses are read some steps late, pictures are copied by the way.
"""

import math
import time

import numpy as np
import torch

from train import checkpoint, losses, network
from train.ema import Ema
from train.feed import Ahead, InPlace, moved
from train.machine import PLAIN, is_cuda
from train.order import Order
from train.process import Process, beta_range, linear_betas


def to_unit(pixels):
    """uint8 to float32 in [-1, 1] (section 3.3)."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).float() / 127.5 - 1


def step_seed(seed, step, rank):
    """A seed of its own for every step of every process."""
    return int(np.random.SeedSequence([seed, step, rank]).generate_state(1, np.uint64)[0] >> 1)


def learning_rate(settings, step, done):
    """Warm-up, then constant, or a cosine down to 2 % of it; done is the share of the run that is over."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup))
    if settings.decay == "none":
        return settings.rate * warm
    return settings.rate * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * min(1.0, done))) / 2)


def groups(model, settings):
    """The optimiser's parameters: the class table has a rate of its own."""
    table = [p for name, p in model.named_parameters() if name.startswith("class_embedding")]
    rest = [p for name, p in model.named_parameters() if not name.startswith("class_embedding")]
    found = [{"params": rest, "share": 1.0}]
    return [*found, {"params": table, "share": settings.table_rate}] if table else found


def lay_out(optimizer):
    """Gives the optimiser's averages the memory order of their weights, which the fused Adam insists on; a checkpoint can have another."""
    for parameter, state in optimizer.state.items():
        for name in ("exp_avg", "exp_avg_sq"):
            state[name] = torch.empty_like(parameter.data).copy_(state[name])


class Run:
    """A run's state, and one step of it."""

    def __init__(self, settings, source, ranks, out, machine=PLAIN):
        self.settings, self.source, self.ranks, self.out = settings, source, ranks, out
        self.classes = source.classes if settings.classes else 0
        self.process = Process(linear_betas(*beta_range(settings.timesteps), settings.timesteps)).to(ranks.device)
        self.order = Order(source.length, settings.seed)
        self.feed, self.read_every = self.feeder(machine.workers), machine.read_every
        # As to_unit has it, looked up: a GPU divides by way of the inverse and rounds otherwise.
        self.unit = to_unit(np.arange(256, dtype=np.uint8)).to(ranks.device)
        torch.backends.cudnn.benchmark = machine.tune
        self.model = self.start().to(ranks.device).train()
        if machine.channels_last:
            self.model.to(memory_format=torch.channels_last)
        self.ema = Ema(self.model, settings.ema)
        fused = True if is_cuda(ranks.device) else None
        self.optimizer = torch.optim.Adam(groups(self.model, settings), lr=settings.rate, betas=settings.betas, fused=fused)
        self.step, self.seconds, self.history = 0, 0.0, []
        self.unread = []  # losses of the last steps, on the device
        self.resume()
        # Only what the steps call is compiled: the model keeps its names.
        parallel = ranks.wrap(self.model)
        self.forward = torch.compile(parallel, mode=machine.compile, dynamic=False) if machine.compile else parallel

    def start(self):
        """The network to begin with."""
        return network.start(self.settings, self.source.channels, self.classes)

    def feeder(self, workers):
        """What gives the steps their pictures."""
        if not workers:
            return InPlace(self.pictures)
        s = self.settings
        return Ahead(self.pictures, workers, (self.ranks.share(s.batch)[1], self.source.channels, s.size, s.size))

    def close(self):
        self.feed.close()

    def resume(self):
        values = checkpoint.read(self.out, self.settings)
        if values is None:
            return
        self.model.load_state_dict(values["model"])
        self.ema.load(values["ema"])
        self.optimizer.load_state_dict(values["optimizer"])
        lay_out(self.optimizer)
        self.step, self.seconds, self.history = values["step"], values["seconds"], values["history"]

    def save(self):
        self.read()
        if self.ranks.first:
            checkpoint.save(self.out, {
                "settings": self.settings.as_dict(), "model": self.model.state_dict(), "ema": self.ema.values,
                "optimizer": self.optimizer.state_dict(), "step": self.step, "seconds": self.seconds, "history": self.history,
            })  # fmt: skip

    def done(self):
        """The share of the run that is over, by steps or by the clock."""
        by_steps = self.step / self.settings.steps if self.settings.steps else 0.0
        by_time = self.seconds / (60 * self.settings.minutes) if self.settings.minutes else 0.0
        return max(by_steps, by_time)

    def pictures(self, step):
        """uint8 [N, C, H, W] and labels [N] or None of a step and this process."""
        offset, count = self.ranks.share(self.settings.batch)
        return self.source.pictures(self.order.take(step * self.settings.batch + offset, count))

    def batch(self):
        """x_0 [N, C, H, W] in [-1, 1] and labels [N] or None of this step and process."""
        pixels, labels = self.feed.take(self.step)
        x0 = self.unit[moved(pixels, self.ranks.device).long()]
        if self.settings.flip:
            mirrored = torch.rand(len(x0), device=x0.device) < 0.5
            x0 = torch.where(mirrored[:, None, None, None], x0.flip(-1), x0)
        if not self.classes:
            return x0, None
        labels = moved(labels, self.ranks.device)
        dropped = torch.rand(len(x0), device=x0.device) < self.settings.label_drop
        return x0, labels.masked_fill(dropped, self.classes)

    def loss(self):
        """The mean loss of a fresh batch (Algorithm 1)."""
        x0, labels = self.batch()
        t = torch.randint(self.settings.from_t, self.process.steps, (len(x0),), device=x0.device)
        noise = torch.randn_like(x0)
        xt = self.process.noisy(x0, t, noise)
        with torch.autocast(x0.device.type, torch.bfloat16, enabled=self.settings.precision == "bf16"):
            output = network.run(self.forward, xt, t, labels)
        return losses.loss(self.process, self.settings, output, x0, xt, t, noise).mean()

    def advance(self):
        """One step. Its loss is in the history at once, or as soon as so many of them are to be read."""
        began = time.monotonic()
        torch.manual_seed(step_seed(self.settings.seed, self.step, self.ranks.rank))
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings, self.step, self.done()) * group["share"]
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        self.optimizer.step()
        self.ema.update(self.step)
        self.unread.append(self.ranks.mean(loss.detach().clone()))
        self.step += 1
        if len(self.unread) >= self.read_every:
            self.read()
        self.seconds += time.monotonic() - began
        if self.done() >= 1:
            self.read()

    def read(self):
        """Takes the losses of the last steps over into the history; the first that is lost ends the run."""
        values = torch.stack(self.unread).tolist() if self.unread else []
        self.unread = []
        for value in values:
            if not math.isfinite(value):
                raise FloatingPointError(f"the loss of step {len(self.history)} is {value}: take a smaller --rate, or --precision fp32")
            self.history.append(value)

    def average(self):
        """A network with the averaged weights, in evaluation mode."""
        model = network.copy_of(self.model)
        model.load_state_dict(self.ema.values)
        return model.to(memory_format=torch.contiguous_format)  # the order in which files have it

"""One cell, one seed: train, sample, measure."""

import dataclasses
import functools
import json
import math
import time

import numpy as np
import torch

from ablate.cells import SMALL
from ablate.perceptron import Perceptron
from evaluation import bits
from evaluation.model import held_out
from train import datasets, ranks, sampling
from train.loop import Run
from train.settings import Settings

SIZE, TIMESTEPS = 8, 100


class CellRun(Run):
    """A run whose network is the ablation's."""

    def start(self):
        torch.manual_seed(self.settings.seed)
        return Perceptron(SIZE * SIZE, 2 if self.settings.variance == "learned" else 1)


@functools.cache
def source():
    """The digits, read once."""
    return datasets.load("digits", SIZE)


def settings(cell, seed, steps):
    """The same budget, network and optimiser for every cell."""
    return Settings(
        data="digits", size=SIZE, predict=cell.predict, loss=cell.loss, variance=cell.variance,
        timesteps=TIMESTEPS, batch=64, rate=1e-3, warmup=100, decay="cosine", ema=0.99, seed=seed, steps=steps,
    )  # fmt: skip


def trained(cell, seed, steps, folder):
    """A finished run; one that was interrupted goes on, one whose loss is lost stops."""
    folder.mkdir(parents=True, exist_ok=True)
    s = settings(cell, seed, steps)
    run = CellRun(s, source(), ranks.Ranks(), folder)
    while run.done() < 1:
        run.advance()
        if run.step % 1000 == 0:
            run.save()
    run.save()
    return run


def draw(run, model, variance, count, seed=0):
    """uint8 samples by Algorithm 2, every timestep."""
    s = dataclasses.replace(run.settings, variance=variance)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 1, SIZE, SIZE, generator=generator)
    return sampling.to_pixels(sampling.ancestral(model, run.process, s, x, generator))


def measure(run, judge, samples, pictures):
    """Measures of the trained cell by variance, and its pictures."""
    model = run.average()
    variances = [run.settings.variance]
    if variances[0].startswith("fixed"):
        variances.append(SMALL)
    x0, _ = held_out("digits", SIZE, pictures)
    found, drawn = {}, {}
    for variance in variances:
        drawn[variance] = draw(run, model, variance, samples)
        s = dataclasses.replace(run.settings, variance=variance)
        mean, _ = bits.mean_and_error(bits.bits(run.process, s, model, x0))
        found[variance] = {"frechet": judge.frechet(drawn[variance])[0], "bits": mean if math.isfinite(mean) else None}
    return found, drawn


def result(cell, seed, steps, folder, judge, samples, pictures):
    """The measures of a cell and a seed, computed once and kept."""
    kept = folder / "result.json"
    if kept.is_file():
        return json.loads(kept.read_text())
    began = time.monotonic()
    try:
        run = trained(cell, seed, steps, folder)
        found, drawn = measure(run, judge, samples, pictures)
        np.savez_compressed(folder / "samples.npz", **{k: v[:64] for k, v in drawn.items()})
        found = {"measures": found, "loss": run.history[-1], "seconds": time.monotonic() - began}
    except FloatingPointError as err:
        found = {"measures": {}, "failed": str(err), "seconds": time.monotonic() - began}
    kept.write_text(json.dumps(found))
    return found

"""Bits per dimension of pictures under a model: the variational bound (equation 5), as `sample nll` computes it."""

import math

import torch

from train import losses, network
from train.process import discretized_log_likelihood, prior_bits

LEAST = math.log(1e-12)  # of the decoder's probability of a level, as in the core


def timesteps(total, count, generator):
    """Every t up to 20, and one at random from each of count equal stretches of the others, with their weights."""
    low = min(21, total)
    edges = torch.linspace(low, total, count + 1).round().long()
    picked, weights = list(range(low)), [1] * low
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        if b > a:
            picked.append(int(torch.randint(a, b, (1,), generator=generator)))
            weights.append(b - a)
    return picked, weights


def term(process, settings, model, x0, t, labels, generator):
    """The term at t in bits per dimension of each picture, estimates of x_0 clipped as the sampler does."""
    steps = torch.full((len(x0),), t)
    xt = process.noisy(x0, steps, torch.randn(x0.shape, generator=generator))
    output = network.run(model, xt, steps, labels)
    prediction, raw = losses.split(output, settings.variance)
    mean = process.mean(settings.predict, prediction, xt, steps, clip=True)
    ln_variance = process.model_log_variance(settings.variance, raw, steps, xt)
    if t == 0:
        found = -discretized_log_likelihood(x0, mean, ln_variance).clamp(min=LEAST)
    else:
        true = process.posterior_mean(x0.double(), xt.double(), steps)
        found = losses.normal_kl(true, process.log_variance[t], mean.double(), ln_variance.double())
    return found.double().flatten(1).mean(1) / math.log(2)


@torch.no_grad()
def bits(process, settings, model, x0, labels=None, count=40, seed=0):
    """Bits per dimension of each picture x0 [N, C, H, W]."""
    generator = torch.Generator().manual_seed(seed)
    total = prior_bits(process, x0)
    for t, weight in zip(*timesteps(process.steps, count, generator), strict=True):
        total = total + weight * term(process, settings, model, x0, t, labels, generator)
    return total


def mean_and_error(values):
    return float(values.mean()), float(values.std() / math.sqrt(len(values)))

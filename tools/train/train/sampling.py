"""Ancestral sampling (Algorithm 2) and DDIM in PyTorch, for sample sheets and evaluation; the product's samplers are Go's."""

import torch

from train import network
from train.losses import split


def predict(model, settings, x, t, labels, null, guidance):
    """The prediction and what is said of a learned variance (or None), with classifier-free guidance (Ho and Salimans 2022) where guidance is not 1.

    The variance is the labelled one's: only the prediction is drawn out.
    """
    steps = torch.full((len(x),), t, device=x.device)
    out, raw = split(network.run(model, x, steps, labels), settings.variance)
    if labels is None or guidance == 1:
        return out, raw
    nothing, _ = split(network.run(model, x, steps, torch.full_like(labels, null)), settings.variance)
    return nothing + guidance * (out - nothing), raw


def spaced(total, count):
    """Timesteps total/count apart, from high to low, the last 0: the library's "leading"."""
    return [i * (total // count) for i in reversed(range(count))]


@torch.no_grad()
def ddim(model, process, settings, x, count, labels=None, null=0, guidance=1.0):
    """x_0 from x_T = x by DDIM without noise (Song et al. 2020, equation 12), estimates of x_0 clipped.

    eps is the network's; with guidance that of the clipped estimate, which it leaves far behind.
    """
    stride = process.steps // count
    for t in spaced(process.steps, count):
        steps = torch.full((len(x),), t, device=x.device)
        output, _ = predict(model, settings, x, t, labels, null, guidance)
        x0 = process.x0(settings.predict, output, x, steps)
        bar = process.alpha_bar[t].item()
        clipped = x0.clamp(-1, 1)
        eps = (x - bar**0.5 * (x0 if guidance == 1 else clipped)) / (1 - bar) ** 0.5
        before = process.alpha_bar[t - stride].item() if t >= stride else 1.0
        x = before**0.5 * clipped + (1 - before) ** 0.5 * eps
    return x


@torch.no_grad()
def ancestral(model, process, settings, x, generator, labels=None, null=0, guidance=1.0, noise=None):
    """x_0 from x_T = x by Algorithm 2, every timestep; noise(t) gives a step's noise where it is not to be drawn."""
    for t in reversed(range(process.steps)):
        steps = torch.full((len(x),), t, device=x.device)
        output, raw = predict(model, settings, x, t, labels, null, guidance)
        mean = process.mean(settings.predict, output, x, steps, clip=True)
        if t == 0:
            return mean
        ln_variance = process.model_log_variance(settings.variance, raw, steps, x)
        z = torch.randn(x.shape, generator=generator).to(x.device) if noise is None else noise(t)
        x = mean + (ln_variance / 2).exp() * z
    return x


def to_pixels(x):
    """[-1, 1] to uint8, as the page does."""
    return ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).cpu().numpy()

"""L_simple and the variational bound for every prediction and variance."""

import math

import torch

from train.process import discretized_log_likelihood, normal_kl

# The share of the bound in the hybrid loss that trains a variance beside L_simple (Nichol and Dhariwal 2021, equation 16).
HYBRID = 0.001


def split(output, variance):
    """The network's prediction and, where the variance is learned, what it says of it; else None."""
    if variance.startswith("learned"):
        return output.chunk(2, dim=1)
    return output, None


def bound_bits(process, predict, variance, output, x0, xt, t):
    """The term of the bound at each picture's t in bits per dimension [N]: L_{t-1}, and L_0 where t is 0 (equation 5)."""
    prediction, raw = split(output, variance)
    mean = process.mean(predict, prediction, xt, t)
    ln_variance = process.model_log_variance(variance, raw, t, xt)
    true_mean = process.posterior_mean(x0, xt, t)
    kl = normal_kl(true_mean, process.at(process.log_variance, t, xt), mean, ln_variance)
    # The decoder is the costly part and is needed for few pictures of a batch.
    bits = kl.flatten(1).mean(1)
    first = t == 0
    if first.any():
        decoder = -discretized_log_likelihood(x0[first], mean[first], ln_variance[first]).flatten(1).mean(1)
        bits = bits.masked_scatter(first, decoder.to(bits.dtype))
    return bits / math.log(2)


def simple(process, predict, variance, output, x0, xt, t, noise):
    """The mean square of what was predicted less what was to be predicted [N] (equation 14 for eps)."""
    prediction, _ = split(output, variance)
    return ((prediction - process.target(predict, x0, xt, t, noise)) ** 2).flatten(1).mean(1)


def loss(process, settings, output, x0, xt, t, noise):
    """The loss of each picture [N] as the settings ask."""
    s = settings
    output = output.float()
    if s.loss == "bound":
        return bound_bits(process, s.predict, s.variance, output, x0, xt, t)
    found = simple(process, s.predict, s.variance, output, x0, xt, t, noise)
    if s.variance.startswith("learned"):
        prediction, raw = split(output, s.variance)
        fixed = torch.cat([prediction.detach(), raw], 1)
        # Times T, so that it stands for the whole bound: equation 16's sum over t.
        found = found + HYBRID * process.steps * bound_bits(process, s.predict, s.variance, fixed, x0, xt, t)
    return found

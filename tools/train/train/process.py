"""The diffusion process of Ho et al. 2020 in float64 tables: q, its posterior, and what a network's output says.

Timesteps count from 0, so that index t here is the paper's t+1. Pictures are [N, C, H, W] in [-1, 1].
"""

import math

import torch

PREDICTIONS = ("eps", "mean", "x0", "v")
VARIANCES = ("fixed_small", "fixed_large", "learned", "learned_range")


def beta_range(steps):
    """beta_1 and beta_T: those of section 4 for T = 1000, and for fewer steps larger by as much."""
    return 0.1 / steps, 20 / steps


def linear_betas(start, end, steps):
    """beta_1 to beta_T, evenly spaced (section 4)."""
    return torch.linspace(start, end, steps, dtype=torch.float64)


class Process:
    """The tables of a list of betas, and conversions between what networks predict."""

    def __init__(self, betas):
        self.betas = betas.double()
        self.steps = len(betas)
        alphas = 1 - self.betas
        self.alpha_bar = torch.cumprod(alphas, 0)
        self.alpha_bar_prev = torch.cat([torch.ones(1, dtype=torch.float64), self.alpha_bar[:-1]])
        # Equations 6 and 7: the posterior q(x_{t-1} given x_t, x_0).
        self.from_x0 = self.betas * self.alpha_bar_prev.sqrt() / (1 - self.alpha_bar)
        self.from_xt = (1 - self.alpha_bar_prev) * alphas.sqrt() / (1 - self.alpha_bar)
        self.variance = self.betas * (1 - self.alpha_bar_prev) / (1 - self.alpha_bar)
        # The first is 0, whose logarithm has no use: the second stands in, as in Ho et al.'s program.
        self.log_variance = torch.cat([self.variance[1:2], self.variance[1:]]).log()
        self.large_log_variance = torch.cat([self.variance[1:2], self.betas[1:]]).log()

    def to(self, device):
        """This process with its tables on a device: a copy at every use would make the program wait for a GPU."""
        for name, value in vars(self).items():
            if isinstance(value, torch.Tensor):
                setattr(self, name, value.to(device))
        return self

    def at(self, table, t, like):
        """The table's values at t [N], shaped to be multiplied with `like` [N, C, H, W]."""
        return table.to(like.device)[t].to(like.dtype).view(-1, *[1] * (like.dim() - 1))

    def noisy(self, x0, t, noise):
        """x_t drawn from q(x_t given x_0) with this noise (equation 4)."""
        bar = self.at(self.alpha_bar, t, x0.double())
        return (bar.sqrt() * x0 + (1 - bar).sqrt() * noise).to(x0.dtype)

    def posterior_mean(self, x0, xt, t):
        """The mean of q(x_{t-1} given x_t, x_0) (equation 7)."""
        return self.at(self.from_x0, t, x0) * x0 + self.at(self.from_xt, t, x0) * xt

    def target(self, kind, x0, xt, t, noise):
        """What a network that predicts `kind` should give."""
        if kind == "eps":
            return noise
        if kind == "x0":
            return x0
        if kind == "mean":
            return self.posterior_mean(x0, xt, t)
        bar = self.at(self.alpha_bar, t, x0)
        return bar.sqrt() * noise - (1 - bar).sqrt() * x0

    def x0(self, kind, output, xt, t):
        """The estimate of x_0 that an output stands for (equation 15 for eps)."""
        if kind == "x0":
            return output
        if kind == "mean":
            return (output - self.at(self.from_xt, t, xt) * xt) / self.at(self.from_x0, t, xt)
        bar = self.at(self.alpha_bar, t, xt)
        if kind == "eps":
            return (xt - (1 - bar).sqrt() * output) / bar.sqrt()
        return bar.sqrt() * xt - (1 - bar).sqrt() * output

    def mean(self, kind, output, xt, t, clip=False):
        """The mean of p(x_{t-1} given x_t); with clip the estimate of x_0 is kept in [-1, 1], but for mean networks."""
        if kind == "mean":
            return output
        x0 = self.x0(kind, output, xt, t)
        return self.posterior_mean(x0.clamp(-1, 1) if clip else x0, xt, t)

    def model_log_variance(self, kind, raw, t, like):
        """ln Sigma of p: a table's, or what the network says of each element in `raw`."""
        if kind == "learned":
            return raw
        small, large = self.at(self.log_variance, t, like), self.at(self.large_log_variance, t, like)
        if kind == "learned_range":  # Nichol and Dhariwal 2021, equation 15
            share = (raw + 1) / 2
            return share * self.at(self.betas.log(), t, like) + (1 - share) * small
        return (small if kind == "fixed_small" else large).expand_as(like)


def normal_kl(mean1, log_variance1, mean2, log_variance2):
    """KL divergence of diagonal normals, per element, in nats."""
    spread = (log_variance1 - log_variance2).exp() + (mean1 - mean2) ** 2 * (-log_variance2).exp()
    return 0.5 * (log_variance2 - log_variance1 + spread - 1)


def discretized_log_likelihood(x, mean, log_variance):
    """ln of the probability of x's 256th part of [-1, 1] under a normal, per element (equation 13)."""
    x, mean, log_variance = x.double(), mean.double(), log_variance.double()
    deviation = (log_variance / 2).exp()
    above, below = (x - mean + 1 / 255) / deviation, (x - mean - 1 / 255) / deviation
    ln_above, ln_below = torch.special.log_ndtr(above), torch.special.log_ndtr(below)
    ln_over = torch.special.log_ndtr(-below)
    # On the upper side the difference is taken of the upper tails, which keep their digits.
    upper = below > 0
    first = torch.where(upper, ln_over, ln_above)
    second = torch.where(upper, torch.special.log_ndtr(-above), ln_below)
    middle = first + torch.log1p(-(second - first).clamp(max=-1e-12).exp())
    inside = torch.where(x > 0.999, ln_over, middle)
    return torch.where(x < -0.999, ln_above, inside)


def prior_bits(process, x0):
    """L_T in bits per dimension of each picture."""
    x0 = x0.double()
    bar = process.alpha_bar[-1]
    kl = normal_kl(bar.sqrt() * x0, (1 - bar).log(), torch.zeros((), dtype=torch.float64), torch.zeros((), dtype=torch.float64))
    return kl.flatten(1).mean(1) / math.log(2)

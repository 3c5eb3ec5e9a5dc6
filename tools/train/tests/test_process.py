"""The process and the losses against closed forms and direct computation."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from train import losses
from train.process import PREDICTIONS, Process, beta_range, discretized_log_likelihood, linear_betas, normal_kl, prior_bits
from train.settings import Settings

T = 1000


@pytest.fixture
def process():
    return Process(linear_betas(*beta_range(T), T))


def example(process, t, seed=0):
    """x_0, x_t, t and the noise, float64."""
    generator = torch.Generator().manual_seed(seed)
    x0 = torch.rand(len(t), 1, 4, 4, generator=generator, dtype=torch.float64) * 2 - 1
    noise = torch.randn(x0.shape, generator=generator, dtype=torch.float64)
    t = torch.tensor(t)
    return x0, process.noisy(x0, t, noise), t, noise


def test_ends_of_the_schedule(process):
    assert process.betas[0].item() == pytest.approx(1e-4)
    assert process.betas[-1].item() == pytest.approx(0.02)
    assert process.alpha_bar[-1].item() == pytest.approx(4.04e-5, rel=1e-2)  # section 4


def test_posterior_is_bayes(process):
    """q(x_{t-1} given x_t, x_0) from the product of its two normals."""
    for t in (1, 7, 500, 999):
        x0, xt, _, _ = example(process, [t])
        alpha, beta, before = 1 - process.betas[t], process.betas[t], process.alpha_bar_prev[t]
        precision = alpha / beta + 1 / (1 - before)
        mean = (alpha.sqrt() / beta * xt + before.sqrt() / (1 - before) * x0) / precision
        torch.testing.assert_close(process.posterior_mean(x0, xt, torch.tensor([t])), mean, rtol=1e-10, atol=1e-12)
        assert process.variance[t].item() == pytest.approx(1 / precision.item(), rel=1e-10)


@pytest.mark.parametrize("kind", PREDICTIONS)
def test_targets_give_x0_back(process, kind):
    x0, xt, t, noise = example(process, [0, 1, 400, 999])
    target = process.target(kind, x0, xt, t, noise)
    torch.testing.assert_close(process.x0(kind, target, xt, t), x0, rtol=1e-8, atol=1e-8)
    torch.testing.assert_close(process.mean(kind, target, xt, t), process.posterior_mean(x0, xt, t), rtol=1e-8, atol=1e-8)


def test_kl_is_that_of_distributions():
    torch.manual_seed(0)
    a, b = torch.randn(2, 50, dtype=torch.float64)
    va, vb = torch.randn(2, 50, dtype=torch.float64)
    expected = kl_divergence(Normal(a, (va / 2).exp()), Normal(b, (vb / 2).exp()))
    torch.testing.assert_close(normal_kl(a, va, b, vb), expected)


def test_decoder_is_a_distribution():
    """All 256 levels together have probability 1, and each that of its interval."""
    levels = torch.arange(256, dtype=torch.float64) / 127.5 - 1
    for mean, deviation in ((0.1, 0.2), (-1.2, 0.01), (0.99, 1.5), (0.5, 0.003)):
        m, v = torch.tensor(mean), torch.tensor(2 * math.log(deviation))
        found = discretized_log_likelihood(levels, m, v).exp()
        assert found.sum().item() == pytest.approx(1, abs=1e-9)
        d = Normal(torch.tensor(mean, dtype=torch.float64), deviation)
        middle = d.cdf(levels[1:-1] + 1 / 255) - d.cdf(levels[1:-1] - 1 / 255)
        torch.testing.assert_close(found[1:-1], middle, rtol=1e-6, atol=1e-7)


def test_decoder_keeps_its_digits_far_from_the_mean():
    found = discretized_log_likelihood(torch.tensor([0.5, -0.5]), torch.tensor([-0.5, 0.5]), torch.tensor(2 * math.log(0.01)))
    assert torch.isfinite(found).all() and (found < -1000).all()


def test_bound_of_eps_is_weighted_simple(process):
    """Equation 12: L_{t-1} - C = beta^2 / (2 sigma^2 alpha (1 - alphaBar)) times the squared error of eps."""
    x0, xt, t, noise = example(process, [1, 30, 600])
    output = noise + 0.1 * torch.randn(noise.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))

    def terms(out):
        return losses.bound_bits(process, "eps", "fixed_large", out, x0, xt, t)

    beta, bar = process.betas[t], process.alpha_bar[t]
    weight = beta**2 / (2 * process.large_log_variance[t].exp() * (1 - beta) * (1 - bar)) / math.log(2)
    simple = losses.simple(process, "eps", "fixed_large", output, x0, xt, t, noise)
    torch.testing.assert_close(terms(output) - terms(noise), weight * simple, rtol=1e-8, atol=1e-12)


def test_bound_is_least_for_the_truth(process):
    """With the posterior's own mean and variance every term but L_0 is 0."""
    x0, xt, t, _ = example(process, [1, 30, 999])
    output = torch.cat([process.posterior_mean(x0, xt, t), process.at(process.log_variance, t, x0).expand_as(x0)], 1)
    terms = losses.bound_bits(process, "mean", "learned", output, x0, xt, t)
    torch.testing.assert_close(terms, torch.zeros(3, dtype=torch.float64), rtol=0, atol=1e-12)


def test_first_term_is_the_decoder(process):
    x0, xt, t, noise = example(process, [0, 5])
    terms = losses.bound_bits(process, "eps", "fixed_small", noise, x0, xt, t)
    mean = process.mean("eps", noise[:1], xt[:1], t[:1])
    expected = -discretized_log_likelihood(x0[:1], mean, process.log_variance[0]).mean() / math.log(2)
    assert terms[0].item() == pytest.approx(expected.item(), rel=1e-9)


def test_hybrid_trains_only_the_variance_by_the_bound(process):
    """Nichol and Dhariwal: the mean's gradient is that of L_simple alone."""
    x0, xt, t, noise = (v.float() if v.is_floating_point() else v for v in example(process, [3, 700]))
    output = torch.randn(2, 2, 4, 4, generator=torch.Generator().manual_seed(1)).requires_grad_()

    def gradient(variance, part):
        s = Settings(predict="eps", loss="simple", variance=variance, steps=1)
        return torch.autograd.grad(losses.loss(process, s, output[:, :part], x0, xt, t, noise).mean(), output)[0]

    hybrid, plain = gradient("learned_range", 2), gradient("fixed_small", 1)
    torch.testing.assert_close(hybrid[:, :1], plain[:, :1])
    assert hybrid[:, 1:].abs().min() > 0


def test_prior_bits_of_nothing(process):
    """L_T of a black and a grey picture, by the definition."""
    x0 = torch.stack([torch.full((1, 2, 2), -1.0), torch.zeros(1, 2, 2)])
    bar = process.alpha_bar[-1].item()
    expected = [0.5 * (bar * m * m + 1 - bar - 1 - math.log(1 - bar)) / math.log(2) for m in (-1, 0)]
    assert prior_bits(process, x0).tolist() == pytest.approx(expected, rel=1e-6)

"""Distances between two sets of feature vectors [N, D]."""

import numpy as np

from train.datasets import spread


def root_trace(a, b):
    """trace((a b)^(1/2)) of two covariances, by the symmetric form a^(1/2) b a^(1/2)."""
    values, vectors = np.linalg.eigh(a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0)).sum()


def frechet(a, b):
    """Frechet distance of the normals with the sets' means and covariances (Dowson and Landau 1982)."""
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    spread = np.trace(covariance_a) + np.trace(covariance_b) - 2 * root_trace(covariance_a, covariance_b)
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + spread)


def squared(a, b):
    """Squared distances [len(a), len(b)]."""
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0)


def within(points, manifold, k):
    """Share of points that lie nearer to some point of the manifold than its own k-th neighbour does."""
    radius = np.partition(squared(manifold, manifold), k, axis=1)[:, k]
    return float((squared(points, manifold) <= radius).any(1).mean())


def precision_recall(real, generated, k=3):
    """Share of generated among real, and of real among generated (Kynkaanniemi et al. 2019); of the larger set as many as the smaller has."""
    count = min(len(real), len(generated))
    real, generated = (points[spread(len(points), count)] for points in (real, generated))
    return within(generated, real, k), within(real, generated, k)


def spread_of(function, a, b, draws=20, seed=0):
    """The standard error of a function of two sets, by drawing from the second again and again."""
    rng = np.random.default_rng(seed)
    found = [function(a, b[rng.integers(0, len(b), len(b))]) for _ in range(draws)]
    return float(np.std(found, ddof=1))

"""Nouns against the truth: the composite of parts that is nearest to a sample."""

import numpy as np

from evaluation import classifier
from train.nouns import held_out

TOLERANCE = 16.0  # root mean square of 255 within which a sample counts as its composite


def guess(model, pixels):
    """Parts [N, 5] that the classifier sees."""
    return np.stack([classifier.answers(model, pixels, q) for q in range(5)], 1)


def error(source, parts, sample):
    """Mean squares of 255 between the composites and one sample."""
    return ((source.compose(parts).astype(np.float32) - sample) ** 2).mean((1, 2, 3))


def nearest(source, sample, parts, sweeps=4):
    """Parts of the nearest composite that changing one part at a time finds from a first guess, and its mean square."""
    parts, best = parts.copy(), np.inf
    for _ in range(sweeps):
        before = best
        for layer, count in enumerate(source.counts):
            tried = np.repeat(parts[None], count, 0)
            tried[:, layer] = np.arange(count)
            errors = error(source, tried, sample)
            parts, best = tried[errors.argmin()], float(errors.min())
        if best == before:
            break
    return parts, best


def judge(source, model, pixels):
    """What share is a true composite, how many parts appear, and how much is new."""
    found = [nearest(source, s.astype(np.float32), g) for s, g in zip(pixels, guess(model, pixels), strict=True)]
    parts = np.stack([p for p, _ in found])
    distance = np.sqrt([e for _, e in found])
    true = distance <= TOLERANCE
    return {
        "true": float(true.mean()),
        "rmse": float(np.median(distance)),
        "coverage": [len(np.unique(parts[true, i])) / count for i, count in enumerate(source.counts)],
        "unseen": float(held_out(parts[true, 3], parts[true, 4]).mean()) if true.any() else 0.0,
    }

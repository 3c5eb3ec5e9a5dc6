"""Measures on cases whose value is known."""

import numpy as np
import pytest
import torch

from evaluation import bits, classifier, composites, distances, samples, table
from evaluation.float16 import psnr
from evaluation.model import held_out
from train import datasets
from train.errors import InputError
from train.nouns import held_out as is_held_out
from train.process import Process, linear_betas
from train.settings import Settings


def normals(count, mean, deviation, seed):
    return np.random.default_rng(seed).normal(mean, deviation, (count, 4))


def test_frechet_of_normals():
    """For N(0, I) and N(m, s^2 I) in 4 dimensions it is 4 m^2 + 4 (s - 1)^2."""
    found = distances.frechet(normals(100000, 0, 1, 0), normals(100000, 0.5, 2, 1))
    assert found == pytest.approx(4 * 0.25 + 4 * 1, rel=0.02)
    assert distances.frechet(normals(500, 0, 1, 0), normals(500, 0, 1, 0)) == pytest.approx(0, abs=1e-9)


def test_frechet_sees_correlation():
    """Equal means and variances, but one set correlated: trace(I + C - 2 C^(1/2)) of C = [[1, r], [r, 1]]."""
    a = np.random.default_rng(0).normal(size=(200000, 2))
    r = 0.8
    b = a @ np.linalg.cholesky([[1, r], [r, 1]]).T
    expected = 4 - 2 * (np.sqrt(1 + r) + np.sqrt(1 - r))
    assert distances.frechet(a, b) == pytest.approx(expected, rel=0.03)


def test_precision_and_recall_of_known_sets():
    real = normals(400, 0, 1, 0)
    assert distances.precision_recall(real, real) == (1, 1)
    assert distances.precision_recall(real, real + 100) == (0, 0)
    sorted_by_class = np.concatenate([real, real + 100])
    assert min(distances.precision_recall(sorted_by_class, sorted_by_class[1::2])) > 0.8  # half, were only the first taken
    narrow = normals(400, 0, 0.05, 1)
    precision, recall = distances.precision_recall(real, narrow)
    assert precision > 0.9 and recall < 0.2


def test_nearest_composite_is_found_again():
    """A composite with noise gives its own parts, from a first guess that is wrong everywhere."""
    source = datasets.load("nouns", 32)
    parts = source.draw(range(6))
    pixels = source.compose(parts).astype(np.float32) + np.random.default_rng(0).normal(0, 5, (6, 3, 32, 32))
    for sample, picked in zip(pixels, parts, strict=True):
        found, square = composites.nearest(source, sample, source.draw([99])[0])
        assert composites.error(source, found[None], source.compose(picked[None])[0].astype(np.float32))[0] < 30
        assert square**0.5 < composites.TOLERANCE


def test_classifier_learns_digits():
    source = datasets.digits(8)
    model = classifier.fit(source, 120)
    right = classifier.accuracy(model, source, datasets.spread(60000, 500))
    assert right[0] > 0.7
    assert classifier.features(model, source.pictures(np.arange(3))[0]).shape == (3, classifier.FEATURES)


def test_turned_pictures_where_there_are_no_classes():
    source = datasets.Stored("x", "", np.arange(32, dtype=np.uint8).reshape(2, 1, 4, 4), None, 0)
    x, answers = classifier.Lessons(source).batch(np.array([0, 1]))
    assert answers[:, 0].tolist() == [0, 1]
    assert torch.equal(x[1, 0], torch.rot90(torch.arange(16, 32).reshape(4, 4).float() / 127.5 - 1))


class Oracle:
    """A network that knows x_0 and predicts it."""

    def __init__(self, x0):
        self.x0 = x0

    def __call__(self, x, t, class_labels=None, return_dict=False):
        return (self.x0.expand_as(x),)


def test_bits_of_a_network_that_knows():
    """With the true x_0 and the posterior's variance only L_T and L_0 are left, and L_0 of a sigma of 1.4 levels is about a bit."""
    process, s = Process(linear_betas(1e-4, 0.02, 1000)), Settings(predict="x0", variance="fixed_small")
    x0 = held_out("digits", 8, 4)[0]
    found = bits.bits(process, s, Oracle(x0), x0, count=10)
    assert found.min() > 0 and found.max() < 1.2
    wrong = bits.bits(process, s, Oracle(-x0), x0, count=10)
    assert wrong.min() > 10


def test_strata_cover_every_timestep():
    ts, weights = bits.timesteps(1000, 40, torch.Generator().manual_seed(0))
    assert sum(weights) == 1000 and ts[:21] == list(range(21)) and ts == sorted(ts)
    assert sum(bits.timesteps(15, 40, torch.Generator())[1]) == 15


def test_held_out_nouns_are_of_held_out_pairs():
    assert held_out("nouns", 32, 3)[0].shape == (3, 3, 32, 32)
    assert is_held_out(20, 0) and not is_held_out(1, 0)


def test_psnr():
    a = np.zeros((1, 1, 4, 4), np.uint8)
    assert psnr(a, a + 1)[0] == pytest.approx(48.13, abs=0.01)
    assert psnr(a, a)[0] == pytest.approx(48.13 + 12.04, abs=0.01)


def test_samples_of_a_file(tmp_path):
    rows = np.random.default_rng(0).integers(0, 255, (3, 8, 8, 3), np.uint8)
    np.savez(tmp_path / "a.npz", arr_0=rows)
    assert (samples.read(tmp_path / "a.npz", 3)[1, 2] == rows[1, :, :, 2]).all()
    assert samples.read(tmp_path / "a.npz", 1).shape == (3, 1, 8, 8)
    with pytest.raises(InputError, match="holds no"):
        samples.read(tmp_path, 1)
    (tmp_path / "b.npz").write_bytes(b"no")
    with pytest.raises(InputError, match=r"b\.npz: is no \.npz"):
        samples.read(tmp_path / "b.npz", 1)


def test_a_row_of_the_table_asks_for_sampler_steps_noise_and_guidance():
    assert table.options_of("ddim:50:eta=1", 3, 0) == ["--sampler", "ddim", "--steps", "50", "--eta", "1"]
    labels = ["--labels", "0,1,0", "--guidance"]
    assert table.options_of("ddim:50:eta=0.5:2", 3, 2) == ["--sampler", "ddim", "--steps", "50", "--eta", "0.5", *labels, "2"]
    assert table.options_of("dpmpp:20", 3, 2) == ["--sampler", "dpmpp", "--steps", "20", *labels, "1"]

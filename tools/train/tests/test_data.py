"""Data sets: what is drawn, what never is, and what is refused."""

import gzip

import numpy as np
import pytest
from PIL import Image

from train import datasets
from train.errors import InputError
from train.nouns import held_out
from train.order import Order


@pytest.fixture(scope="module")
def nouns():
    return datasets.load("nouns", 32)


def test_digits_are_padded_with_black(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # found whatever the working directory
    source = datasets.load("digits", 32)
    picked = datasets.spread(60000, 100)
    pixels, labels = source.pictures(picked)
    assert pixels.shape == (100, 1, 32, 32) and source.length == 60000 and source.classes == 10
    assert pixels[..., :2, :].max() == pixels[..., -2:, :].max() == pixels[..., :2].max() == pixels[..., -2:].max() == 0
    assert pixels.max() == 255 and set(labels) == set(range(10))
    original = datasets.read_idx(datasets.HERE / "mnist" / "train-images-idx3-ubyte.gz")[picked]
    assert (pixels[:, 0, 2:30, 2:30] == original).all()


def test_small_digits_are_means_of_squares():
    small, large = (datasets.digits(size).pictures(np.array([5]))[0][0, 0].astype(float) for size in (12, 24))
    assert small[4, 7] == np.floor(large[8:10, 14:16].mean() + 0.5)


def test_digits_of_no_such_size():
    with pytest.raises(InputError, match="--size 20: digits come in"):
        datasets.load("digits", 20)


@pytest.mark.parametrize("content", [b"", b"PNG....", b"\0\0\x08\x03" + bytes(12) + b"x"])
def test_broken_idx_is_refused(tmp_path, content):
    path = tmp_path / "t.gz"
    path.write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"t\.gz: "):
        datasets.read_idx(path)


def test_idx_that_is_no_gzip(tmp_path):
    (tmp_path / "t.gz").write_bytes(b"\0\0\x08\x01")
    with pytest.raises(InputError, match="cannot be read as a gzipped idx file"):
        datasets.read_idx(tmp_path / "t.gz")


def test_nouns_never_draw_what_is_held_out(nouns):
    parts = nouns.draw(range(4000))
    assert not held_out(parts[:, 3], parts[:, 4]).any()
    unseen = nouns.draw(range(200), unseen=True)
    assert held_out(unseen[:, 3], unseen[:, 4]).all()


def test_nouns_draw_every_part(nouns):
    parts = nouns.draw(range(4000))
    for i, count in enumerate(nouns.counts):
        assert len(np.unique(parts[:, i])) == count
    heads, glasses = np.meshgrid(np.arange(254), np.arange(23))
    assert held_out(heads, glasses).mean() == pytest.approx(1 / 20, abs=0.01)


def test_nouns_depend_on_number_and_seed_alone(nouns):
    assert (nouns.draw([7, 8])[1] == nouns.draw([8])[0]).all()
    assert (nouns.draw(range(20), seed=0) != nouns.draw(range(20), seed=1)).any()


def test_nouns_layers_cover_in_order(nouns):
    """A pixel has the colour of the topmost part there, or of the background."""
    parts = nouns.draw(range(20))
    for pixels, picked in zip(nouns.compose(parts), parts, strict=True):
        expected = np.broadcast_to(nouns.backgrounds[picked[0]], (32, 32, 3)).copy()
        for layer in range(4):
            for y, x in zip(*np.nonzero(nouns.masks[layer][picked[layer + 1]]), strict=True):
                expected[y, x] = nouns.colours[layer][picked[layer + 1]][y, x]
        assert (pixels.transpose(1, 2, 0) == expected).all()


def test_a_part_beyond_the_picture_is_refused(tmp_path):
    path = tmp_path / "parts.gz"
    path.write_bytes(gzip.compress(b'{"palette": ["", "ff0000"], "bgcolors": [], "images": {"bodies": [{"data": "0x001f28231f0501"}]}}'))
    with pytest.raises(InputError, match="part"):
        datasets.Nouns(path)


def test_folder_of_folders_has_classes(tmp_path):
    for name, colour in (("cats", (255, 0, 0)), ("dogs", (0, 255, 0))):
        (tmp_path / name).mkdir()
        Image.new("RGB", (40, 20), colour).save(tmp_path / name / "a.png")
    source = datasets.load(str(tmp_path), 16)
    pixels, labels = source.pictures(np.array([0, 1]))
    assert pixels.shape == (2, 3, 16, 16) and labels.tolist() == [0, 1] and source.classes == 2
    assert pixels[0, 0].min() == 255 and pixels[1, 1].min() == 255


def test_folder_without_pictures(tmp_path):
    with pytest.raises(InputError, match="no folder with pictures"):
        datasets.load(str(tmp_path), 32)


def test_file_that_is_no_picture(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"a\.png: is no picture"):
        datasets.load(str(tmp_path), 32)


def test_an_epoch_has_every_picture_once():
    order = Order(10, seed=3)
    places = order.take(0, 20)
    assert sorted(places[:10]) == sorted(places[10:]) == list(range(10))
    assert places[:10].tolist() != places[10:].tolist()
    assert Order(10, seed=3).take(7, 6).tolist() == places[7:13].tolist()

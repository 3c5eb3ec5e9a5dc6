"""The pictures that figures begin with: never trained on."""

import numpy as np
from PIL import Image

from train import datasets
from train.pictures import sheet


def saved(folder, pixels):
    """Paths of uint8 pictures [N, C, H, W] as PNG."""
    paths = []
    for i, picture in enumerate(pixels):
        paths.append(folder / f"given-{i}.png")
        sheet(picture[None], 1).save(paths[-1])
    return paths


def lower_half(folder, size=32):
    """A mask whose lower half is to be drawn."""
    mask = np.zeros((size, size), np.uint8)
    mask[size // 2 :] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    return folder / "mask.png"


class Digits:
    """MNIST's test digits."""

    def __init__(self, folder):
        source = datasets.digits(32, test=True)
        _, labels = source.pictures(np.arange(source.length))
        first = [int(np.flatnonzero(labels == digit)[0]) for digit in range(10)]
        self.many = saved(folder, source.pictures(np.array([*first[:8], 5150]))[0])
        self.between = self.many[3], self.many[7]
        self.halved, self.coded = self.many[0], self.many.pop()
        self.mask = lower_half(folder)


class Nouns:
    """Composites of a head and glasses that no training picture has together."""

    def __init__(self, folder):
        source = datasets.load("nouns", 32)
        parts = source.draw(range(9), seed=2, unseen=True)
        self.many = saved(folder, source.compose(parts))
        self.between = self.many[0], self.many[1]
        self.halved, self.coded = self.many[2], self.many.pop()
        self.mask = lower_half(folder)


GIVEN = {"digits": Digits, "nouns": Nouns}

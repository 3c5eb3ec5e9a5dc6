"""Pictures to train on, as uint8 [N, C, H, W]: MNIST, Nouns, any folder of pictures.

A source has `channels`, `classes` (0 where it has none), `name`, `licence`, `length` (None where pictures are made
without end) and `pictures(indices)`, which gives pixels and labels. Files are found beside this module, whatever the working directory.
"""

import gzip
from pathlib import Path

import numpy as np
from PIL import Image

from train.errors import InputError
from train.nouns import Nouns

HERE = Path(__file__).parent / "data"
KINDS = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"}


def read_idx(path):
    """The array in a file of MNIST's format: two zero bytes, type 8, rank, sizes big-endian, then bytes."""
    try:
        data = gzip.decompress(Path(path).read_bytes())
    except (OSError, EOFError) as err:
        raise InputError(f"{path}: cannot be read as a gzipped idx file: {err}") from err
    rank = data[3] if len(data) > 3 else 0
    if data[:3] != b"\0\0\x08" or rank not in (1, 3):
        raise InputError(f"{path}: is no idx file of bytes (starts with {data[:4].hex()}); take MNIST's own files")
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(rank)]
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * rank)
    if values.size != int(np.prod(shape)):
        raise InputError(f"{path}: says {shape} and holds {values.size} bytes; fetch it again")
    return values.reshape(shape)


class Stored:
    """Pictures held in memory."""

    def __init__(self, name, licence, pixels, labels, classes):
        self.name, self.licence = name, licence
        self.pixels, self.labels, self.classes = pixels, labels, classes
        self.channels, self.length = pixels.shape[1], len(pixels)

    def pictures(self, indices):
        """uint8 [N, C, H, W] and int64 [N], or None without classes."""
        return self.pixels[indices], None if self.labels is None else self.labels[indices]


def digits(size=32, test=False, root=HERE / "mnist"):
    """MNIST's 28x28 with black pixels around them, at 32x32 and more; at 24, 12 and 8 the middle 24x24, means of squares."""
    part = "t10k" if test else "train"
    pixels = read_idx(root / f"{part}-images-idx3-ubyte.gz")
    labels = read_idx(root / f"{part}-labels-idx1-ubyte.gz")
    if pixels.shape[1:] != (28, 28) or len(pixels) != len(labels):
        raise InputError(f"{root}: {pixels.shape} pictures and {len(labels)} labels do not belong together")
    if size < 28:
        if 24 % size:
            raise InputError(f"--size {size}: digits come in 32 and more, and in 24, 12 and 8")
        k = 24 // size
        pixels = pixels[:, 2:26, 2:26].reshape(-1, size, k, size, k).mean((2, 4))
        pixels = (pixels + 0.5).astype(np.uint8)
    else:
        first = (size - 28) // 2
        edge = (first, size - 28 - first)
        pixels = np.pad(pixels, ((0, 0), edge, edge))
    return Stored("digits", "CC BY-SA 3.0 (MNIST)", pixels[:, None], labels.astype(np.int64), 10)


def square(image, size, mode):
    """The middle square of a picture, resized."""
    image = image.convert(mode)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size, size), Image.Resampling.BOX if side > 2 * size else Image.Resampling.BICUBIC, box))


def folder(path, size):
    """All pictures below a folder, cropped to the middle square; folders in it are classes in the order of their names.

    Grey where every picture is.
    """
    root = Path(path)
    files = sorted(f for f in root.rglob("*") if f.suffix.lower() in KINDS)
    if not files:
        raise InputError(f"{path}: no data set of that name (digits, nouns) and no folder with pictures ({', '.join(sorted(KINDS))})")
    grey = all(is_grey(f) for f in files)
    pixels = np.stack([read_picture(f, size, "L" if grey else "RGB") for f in files])
    pixels = pixels[:, None] if grey else pixels.transpose(0, 3, 1, 2)
    names = sorted({f.relative_to(root).parts[0] for f in files if len(f.relative_to(root).parts) > 1})
    labels = None
    if names and all(len(f.relative_to(root).parts) > 1 for f in files):
        labels = np.array([names.index(f.relative_to(root).parts[0]) for f in files])
    return Stored(root.name, "as the pictures", np.ascontiguousarray(pixels), labels, len(names) if labels is not None else 0)


def is_grey(file):
    try:
        with Image.open(file) as image:
            return image.mode in ("L", "1", "I;16", "LA")
    except OSError as err:
        raise InputError(f"{file}: is no picture that can be read ({err}); take it out of the folder") from err


def read_picture(file, size, mode):
    try:
        with Image.open(file) as image:
            return square(image, size, mode)
    except OSError as err:
        raise InputError(f"{file}: is no picture that can be read ({err}); take it out of the folder") from err


def spread(length, count):
    """Numbers of at most count pictures all over a set: the files are sorted by class."""
    return np.arange(min(count, length)) * length // min(count, length)


def load(name, size):
    """The source that --data names."""
    if name == "digits":
        return digits(size)
    if name == "nouns":
        if size != 32:
            raise InputError(f"--size {size}: Nouns are 32x32")
        return Nouns(HERE / "nouns" / "image-data.json.gz")
    return folder(name, size)

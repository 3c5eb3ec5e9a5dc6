"""Nouns: pictures put together from parts, without end.

A picture is a background, a body, an accessory, a head and glasses, each drawn over the one before. Some pairs of head and
glasses are held out of training, so that an evaluation can tell what was put together anew from what was learned by heart.
"""

import gzip
import json
from pathlib import Path

import numpy as np

from train.errors import InputError

LAYERS = ("bodies", "accessories", "heads", "glasses")
HELD_OUT = 20  # one pair in so many


def held_out(head, glasses):
    """Whether no training picture has both; works on arrays. Every head and every pair of glasses is drawn with others."""
    return (7 * head + 3 * glasses) % HELD_OUT == 0


def decode_part(code, palette, side=32):
    """RGB uint8 [side, side, 3] and mask [side, side] of a part.

    A code is bytes in hex: one unused, then top, right, bottom and left of a box, then runs (length, colour) row by row; colour 0 is clear.
    """
    data = bytes.fromhex(code.removeprefix("0x"))
    top, right, bottom, left = data[1:5]
    runs = data[5:]
    box = np.repeat(np.frombuffer(runs[1::2], np.uint8), np.frombuffer(runs[::2], np.uint8))
    colours = np.zeros((side, side), np.uint8)
    width = right - left
    box = box.reshape(-1, width) if width else box.reshape(0, 0)  # some parts are nothing
    if len(box) > bottom - top + 1 or top + len(box) > side or right > side:
        raise InputError(f"a part says rows {top} to {bottom} and holds {len(box)} rows of {width}")
    colours[top : top + len(box), left:right] = box
    return palette[colours], colours > 0


def rgb(text):
    """[r, g, b] of six hex digits; clear's empty text is black and never seen."""
    return list(bytes.fromhex(text)) if text else [0, 0, 0]


class Nouns:
    """Composites by number: picture i of a stream has parts that depend on (seed, i) alone."""

    name, licence, channels, classes, length = "nouns", "CC0", 3, 0, None

    def __init__(self, path):
        try:
            table = json.loads(gzip.decompress(Path(path).read_bytes()))
            palette = np.array([rgb(c) for c in table["palette"]], np.uint8)
            self.backgrounds = np.array([rgb(c) for c in table["bgcolors"]], np.uint8)
            parts = [[decode_part(p["data"], palette) for p in table["images"][layer]] for layer in LAYERS]
        except (OSError, KeyError, ValueError) as err:
            raise InputError(f"{path}: is not the table of Nouns parts: {err!r}") from err
        self.colours = [np.stack([c for c, _ in layer]) for layer in parts]
        self.masks = [np.stack([m for _, m in layer]) for layer in parts]
        self.counts = [len(self.backgrounds), *(len(layer) for layer in parts)]

    def draw(self, indices, seed=0, unseen=False):
        """Parts [N, 5] of these numbers: of training, or with unseen only held-out pairs."""
        picks = [self.draw_one(int(i), seed, unseen) for i in indices]
        return np.array(picks).reshape(-1, 5)

    def draw_one(self, index, seed, unseen):
        rng = np.random.Generator(np.random.Philox(key=[seed, index]))
        while True:
            parts = rng.integers(0, self.counts)
            if held_out(parts[3], parts[4]) == unseen:
                return parts

    def compose(self, parts):
        """uint8 [N, 3, 32, 32] of parts [N, 5]: background, body, accessory, head, glasses."""
        out = np.broadcast_to(self.backgrounds[parts[:, 0], None, None, :], (len(parts), 32, 32, 3)).copy()
        for i in range(len(LAYERS)):
            picked = parts[:, i + 1]
            np.copyto(out, self.colours[i][picked], where=self.masks[i][picked][..., None])
        return np.ascontiguousarray(out.transpose(0, 3, 1, 2))

    def pictures(self, indices, seed=0):
        """uint8 [N, 3, 32, 32] of training pictures by number, and no labels."""
        return self.compose(self.draw(indices, seed)), None

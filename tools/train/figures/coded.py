"""A picture in few bits: decoded from the whole file and from its beginnings, beside what other formats need."""

import io

import numpy as np
from PIL import Image

FINISHES = ("ddim", "ancestral")
PARTS = (1, 2, 4, 8)
# Formats of Pillow: a name, and how it is told to write.
OTHERS = {
    "PNG": {"format": "PNG", "optimize": True},
    "WebP without loss": {"format": "WEBP", "lossless": True, "method": 6},
    "WebP, quality 20": {"format": "WEBP", "quality": 20, "method": 6},
    "WebP, quality 1": {"format": "WEBP", "quality": 1, "method": 6},
    "JPEG, quality 60": {"format": "JPEG", "quality": 60, "optimize": True},
    "JPEG, quality 1": {"format": "JPEG", "quality": 1, "optimize": True},
}


def coded(program, given, to):
    """Draws the decoded pictures, a row each way of finishing, and prints sizes and errors of 255."""
    whole, part = program.scratch / "whole.ud", program.scratch / "part.ud"
    report = program.json("encode", given.coded, "-o", whole)
    data, original = whole.read_bytes(), read(given.coded)
    print(f"whole: {report['bits']} bits, {report['bits'] / report['bound_bits']:.2f} times the bound of {report['bound_bits']:.0f}")
    rows = []
    for finish in FINISHES:
        rows.append([original])
        for share in PARTS:
            part.write_bytes(data[: max(1, -(-len(data) // share))])
            program("decode", part, "-o", program.scratch / "back.png", "--finish", finish)
            rows[-1].append(read(program.scratch / "back.png"))
            print(f"1/{share}, {finish}: {part.stat().st_size} bytes, RMSE {rmse(original, rows[-1][-1]):.2f}")
    grid = np.concatenate([np.concatenate(row, 1) for row in rows])
    Image.fromarray(grid.repeat(2, 0).repeat(2, 1)).save(to("png"))
    for name, options in OTHERS.items():
        file = io.BytesIO()
        Image.fromarray(original).save(file, **options)
        print(f"{name}: {len(file.getvalue())} bytes, RMSE {rmse(original, read(file)):.1f}")


def read(file):
    """uint8 pixels of a picture, with one channel where it is grey."""
    with Image.open(file) as image:
        return np.asarray(image if image.mode == "L" else image.convert("RGB"))


def rmse(a, b):
    return float(np.sqrt(((in_colour(a) - in_colour(b)) ** 2).mean()))


def in_colour(pixels):
    """float64 pixels with three channels."""
    return np.broadcast_to(pixels[..., None] if pixels.ndim == 2 else pixels, (*pixels.shape[:2], 3)).astype(float)

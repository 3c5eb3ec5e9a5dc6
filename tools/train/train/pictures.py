"""Sheets of samples and the curve of the loss."""

import numpy as np
from PIL import Image


def sheet(pixels, columns, scale=1):
    """A grid of uint8 pictures [N, C, H, W], row by row, as a PIL image."""
    count, channels, height, width = pixels.shape
    rows = -(-count // columns)
    grid = np.zeros((rows * columns, height, width, channels), np.uint8)
    grid[:count] = pixels.transpose(0, 2, 3, 1)
    grid = grid.reshape(rows, columns, height, width, channels).swapaxes(1, 2).reshape(rows * height, columns * width, channels)
    image = Image.fromarray(grid[..., 0] if channels == 1 else grid)
    return image.resize((image.width * scale, image.height * scale), Image.Resampling.NEAREST)


def smooth(values, points=200):
    """(step, mean of the loss) of at most so many equal stretches."""
    parts = np.array_split(np.asarray(values, float), min(points, len(values)))
    ends = np.cumsum([len(p) for p in parts])
    return [(int(end), float(p.mean())) for end, p in zip(ends, parts, strict=True)]


def loss_curve(values, width=640, height=240):
    """The loss over steps as SVG, the loss on a logarithmic scale."""
    if not values:
        return ""
    points = [(step, max(loss, 1e-12)) for step, loss in smooth(values)]
    low, high = min(v for _, v in points), max(v for _, v in points)
    span = np.log(high / low) or 1.0
    left, top, right, bottom = 60, 12, width - 12, height - 28
    line = " ".join(f"{left + (right - left) * step / len(values):.1f},{top + (bottom - top) * np.log(high / v) / span:.1f}" for step, v in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">'
        f'<rect width="{width}" height="{height}" fill="white"/>'
        f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#888"/>'
        f'<text x="{left - 6}" y="{top + 8}" text-anchor="end">{high:.3g}</text>'
        f'<text x="{left - 6}" y="{bottom}" text-anchor="end">{low:.3g}</text>'
        f'<text x="{right}" y="{bottom + 18}" text-anchor="end">step {len(values)}</text>'
        f'<text x="{left}" y="{bottom + 18}">loss, means of stretches</text>'
        f'<polyline points="{line}" fill="none" stroke="#2563eb" stroke-width="1.5"/></svg>\n'
    )

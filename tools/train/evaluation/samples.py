"""Samples to be judged: from files, or drawn by the product's own sampler from a pack."""

import resource
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from train.errors import InputError


def read(path, channels):
    """uint8 [N, C, H, W] of an .npz (arr_0, [N, H, W, 3]) or of a folder of PNG files."""
    path = Path(path)
    if path.is_dir():
        files = sorted(path.glob("*.png"))
        if not files:
            raise InputError(f"{path}: holds no .png; draw samples with `sample many`")
        mode = "L" if channels == 1 else "RGB"
        rows = np.stack([np.asarray(Image.open(f).convert(mode)) for f in files])
        rows = rows[..., None] if rows.ndim == 3 else rows
    else:
        try:
            rows = np.load(path)["arr_0"]
        except (OSError, KeyError, ValueError) as err:
            raise InputError(f"{path}: is no .npz with arr_0 ({err}); `sample many --out NAME.npz` writes one") from err
    return np.ascontiguousarray(rows[..., :channels].transpose(0, 3, 1, 2))


def labels_of(count, classes):
    """Labels in turn, so that every class has its share."""
    return [str(i % classes) for i in range(count)]


def processor_seconds():
    """What programs that were started and ended here have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def draw(program, pack, count, channels, options, threads=1, seed=1):
    """Samples of a pack by `sample many`, and its processor seconds a picture: other work on the machine does not count."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "samples.npz"
        command = [str(program), "many", "--model", str(pack), "--threads", str(threads), "--seed", str(seed),
                   "-n", str(count), "--out", str(out), *options]  # fmt: skip
        began = processor_seconds()
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError as err:
            raise InputError(f"{program}: not found; `make build` makes it") from err
        if done.returncode:
            raise InputError(f"{pack}: {done.stderr.strip()}")
        return read(out, channels), (processor_seconds() - began) / count

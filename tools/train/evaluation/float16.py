"""float32 in PyTorch beside a pack's float16 weights in the product's sampler, from the same noise."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from evaluation.judge import Judge
from evaluation.model import Model
from train import sampling
from train.errors import InputError

BATCH = 50


def psnr(a, b):
    """Peak signal-to-noise ratio in dB of each pair of uint8 pictures; equal pictures count one level in one element."""
    squares = ((a.astype(float) - b.astype(float)) ** 2).reshape(len(a), -1)
    return 10 * np.log10(255**2 / np.maximum(squares.mean(1), 1 / squares.shape[1]))


def replay(program, pack, x, steps, labels):
    """uint8 pictures by DDIM from x_T = x, as the product draws them."""
    with tempfile.TemporaryDirectory() as folder:
        trace, out = Path(folder) / "trace.safetensors", Path(folder) / "states.safetensors"
        save_file({"x_T": x}, trace)
        command = [str(program), "replay", "--model", str(pack), "--sampler", "ddim", "--steps", str(steps), "--trace", str(trace), "--out", str(out)]
        if labels is not None:
            command += ["--labels", ",".join(map(str, labels.tolist()))]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise InputError(f"{pack}: {done.stderr.strip()}")
        return load_file(out)["image"].numpy()


def pairs(args, m, channels):
    """The same pictures twice: by PyTorch and by the pack."""
    generator = torch.Generator().manual_seed(0)
    here, there = [], []
    for first in range(0, args.n, BATCH):
        count = min(BATCH, args.n - first)
        x = torch.randn(count, channels, args.size, args.size, generator=generator)
        labels = torch.arange(first, first + count) % m.classes if m.classes else None
        found = sampling.ddim(m.network, m.process, m.settings, x, args.steps, labels, m.null)
        here.append(sampling.to_pixels(found))
        there.append(replay(args.sample, args.pack, x, args.steps, labels))
    return np.concatenate(here), np.concatenate(there)


def compare(args):
    """Both sets' measures, and how near their pictures are."""
    m, judge = Model(args.folder), Judge.of(args)
    here, there = pairs(args, m, judge.source.channels)
    labels = np.arange(args.n) % m.classes if m.classes else None
    found = psnr(here, there)
    nearness = {
        "median PSNR, dB": float(np.median(found)),
        "least PSNR, dB": float(found.min()),
        "largest difference of 255": int(np.abs(here.astype(int) - there).max()),
    }
    return [{"weights": "float32, PyTorch"} | judge.all(here, labels), {"weights": "float16 pack"} | judge.all(there, labels) | nearness]

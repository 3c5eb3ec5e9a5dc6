"""Inputs of the cases: made from a seed, or taken from a file of cases."""

import torch
from safetensors.torch import load_file

# Timesteps of the first cases, one list a batch, as fractions of T-1: both ends, the second step,
# and mixed batches whose samples must not disturb each other.
FIRST = [[0.0], [1.0], ["second", 0.5], [0.0, 0.5, 1.0], [0.25, "second", 0.777]]


def timesteps(case, total, generator):
    """The int64 timesteps of a case, counted from 0, for a model trained on `total` timesteps."""
    if case >= len(FIRST):
        return torch.randint(0, total, (3,), generator=generator)
    return torch.tensor([1 if f == "second" else round(f * (total - 1)) for f in FIRST[case]])


def size_of(model, size):
    """Height and width: the --size given as (H, W), or the config's sample_size."""
    size = size or model.config.sample_size
    if size is None:
        raise ValueError("the config names no sample_size: give --size HxW")
    return (size, size) if isinstance(size, int) else tuple(size)


def make(model, count, seed, total, size=None):
    """A list of {"x": [B,C,H,W] float32, "t": [B] int64, "y": [B] int64 for class models}.

    Case 4 has its x clamped to [-1,1], the range of a finished picture.
    """
    generator = torch.Generator().manual_seed(seed)
    height, width = size_of(model, size)
    classes = model.config.num_class_embeds
    cases = []
    for n in range(count):
        t = timesteps(n, total, generator)
        x = torch.randn(len(t), model.config.in_channels, height, width, generator=generator)
        case = {"x": x.clamp(-1, 1) if n == 4 else x, "t": t}
        if classes is not None:
            case["y"] = torch.randint(0, classes, (len(t),), generator=generator)
        cases.append(case)
    return cases


def read(path):
    """The inputs x.N, t.N and y.N of a file of cases, N = 0, 1, ..."""
    tensors = load_file(path)
    cases = []
    while f"x.{len(cases)}" in tensors:
        n = len(cases)
        cases.append({key: tensors[f"{key}.{n}"] for key in "xty" if f"{key}.{n}" in tensors})
    if not cases:
        raise ValueError(f"{path}: no tensor x.0")
    return cases

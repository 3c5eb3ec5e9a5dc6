"""Writes reference values of a diffusers UNet2DModel for unnoise to be judged by.

    python tools/golden/cases.py MODEL_DIR OUT.safetensors [--cases N] [--seed S] [--size HxW]
    python tools/golden/cases.py MODEL_DIR OUT.safetensors --inputs CASES.safetensors

MODEL_DIR holds config.json and the weights in unet/ or itself. OUT holds, for each case N, the
inputs x.N [B,C,H,W], t.N [B], y.N [B] (class models) and the outputs eps.N, eps64.N, eps_w16.N
and eps64_w16.N, float32, as wasm/testdata/goldens/README.md section 1 defines them; the distances
between them stand in the metadata. `convert --reference OUT` stores them in a pack as its probe.
Needs requirements.txt in this folder.
"""

import argparse
import os
import sys

import diffusers
import torch
from safetensors.torch import save_file

import inputs
import network


class Reference:
    """The four networks whose outputs are stored, and a fifth to measure PyTorch's own float32 by."""

    def __init__(self, model):
        rounded = network.round_matrices(model)
        self.stored = {
            "eps": model,
            "eps64": network.exact(model, torch.float64),
            "eps_w16": rounded,
            "eps64_w16": network.exact(rounded, torch.float64),
        }
        self.f32_exact = network.exact(model, torch.float32)

    def outputs(self, case):
        """Every output for one case, in the precision it was computed in."""
        found = {key: network.run(model, **case) for key, model in self.stored.items()}
        found["f32_exact_sinusoid"] = network.run(self.f32_exact, **case)
        return found


# Which distances the metadata tells, over all cases.
DISTANCES = [("eps", "eps64"), ("f32_exact_sinusoid", "eps64"), ("eps_w16", "eps64_w16"), ("eps64_w16", "eps64")]


def distances(outputs):
    """The largest absolute differences over a list of outputs, and the deviation of eps64, as strings."""
    found = {}
    for a, b in DISTANCES:
        worst = max(float((out[a].double() - out[b]).abs().max()) for out in outputs)
        found[f"max_abs_{a}_minus_{b}"] = repr(worst)
    found["eps64_std"] = repr(float(torch.cat([out["eps64"].flatten() for out in outputs]).std()))
    return found


def collect(model, cases):
    """All tensors and metadata of the file."""
    reference = Reference(model)
    outputs = [reference.outputs(case) for case in cases]
    tensors = {}
    for n, (case, out) in enumerate(zip(cases, outputs)):
        tensors |= {f"{key}.{n}": value.contiguous() for key, value in case.items()}
        tensors |= {f"{key}.{n}": out[key].float().contiguous() for key in reference.stored}
    if not all(torch.isfinite(value).all() for value in tensors.values()):
        raise ValueError("the reference itself is not finite")
    metadata = {
        "reference": "diffusers UNet2DModel",
        "versions": f"torch {torch.__version__}, diffusers {diffusers.__version__}",
        "parameters": str(sum(p.numel() for p in model.parameters())),
        "cases": str(len(cases)),
        **distances(outputs),
    }
    return tensors, metadata


def write(path, tensors, metadata):
    """Writes the file whole or not at all."""
    partial = f"{path}.partial"
    try:
        save_file(tensors, partial, metadata)
        os.replace(partial, path)
    finally:
        if os.path.exists(partial):
            os.remove(partial)


def parse_size(text):
    height, _, width = text.partition("x")
    return int(height), int(width or height)


def parse(argv):
    parser = argparse.ArgumentParser(prog="cases.py", description="Reference values of a diffusers UNet2DModel.")
    parser.add_argument("model_dir", metavar="MODEL_DIR")
    parser.add_argument("out", metavar="OUT.safetensors")
    parser.add_argument("--cases", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--seed", type=int, default=0, help="of the inputs (default 0)")
    parser.add_argument("--size", type=parse_size, help="HxW, where the config names no sample_size")
    parser.add_argument("--inputs", metavar="CASES", help="take x, t and y from this file instead of making them")
    args = parser.parse_args(argv)
    if args.cases < 1:
        parser.error("--cases must be at least 1")
    return args


def main(argv=None):
    args = parse(argv)
    try:
        model = network.load(args.model_dir)
        if args.inputs:
            cases = inputs.read(args.inputs)
        else:
            cases = inputs.make(model, args.cases, args.seed, network.train_timesteps(args.model_dir), args.size)
        tensors, metadata = collect(model, cases)
        metadata["seed"] = "inputs of a file" if args.inputs else str(args.seed)
        write(args.out, tensors, metadata)
    except (OSError, ValueError) as err:
        sys.exit(f"{args.model_dir}: {err}")
    for key, value in metadata.items():
        print(f"{key}: {value}")


if __name__ == "__main__":
    main()

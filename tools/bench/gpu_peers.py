#!/usr/bin/env python3
"""Times PyTorch on the GPU: the networks of `npm run bench:gpu`, by diffusers with random weights, eager and compiled, float32 and lower.

usage: gpu_peers.py [--models nouns,cifar,ddpm256] [--batches 1,8,64] [--modes eager,compiled] [--precisions float32,tf32,bfloat16] [--out FILE.json]

A step is one evaluation of the network. Times are medians of rounds of steps between two waits for the GPU.
"""

import argparse
import json
import statistics
import time

import torch
from diffusers import UNet2DModel
from shapes import SHAPES

ROUNDS = 3
ROUND_SECONDS = 0.4


def step_of(model, batch, mode, precision):
    """A function that starts one step on the GPU."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.backends.cudnn.benchmark = True
    net = UNet2DModel(**SHAPES[model]).cuda().eval().to(memory_format=torch.channels_last)
    run = torch.compile(net, mode="reduce-overhead") if mode == "compiled" else net
    side = SHAPES[model]["sample_size"]
    x = torch.randn(batch, 3, side, side, device="cuda").to(memory_format=torch.channels_last)
    t = torch.full((batch,), 500, device="cuda")

    def step():
        with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=precision == "bfloat16"):
            run(x, t)

    return step


def timed(step):
    """Median, least and most milliseconds a step."""
    for _ in range(4):
        step()
    torch.cuda.synchronize()
    count = 1
    times = []
    while len(times) < ROUNDS:
        start = time.perf_counter()
        for _ in range(count):
            step()
        torch.cuda.synchronize()
        took = time.perf_counter() - start
        if took < ROUND_SECONDS / 2 and not times:
            count = max(count + 1, int(count * ROUND_SECONDS / took))
            continue
        times.append(1000 * took / count)
    return statistics.median(times), min(times), max(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="nouns,cifar,ddpm256")
    parser.add_argument("--batches", default="1,8,64")
    parser.add_argument("--modes", default="eager,compiled")
    parser.add_argument("--precisions", default="float32,tf32,bfloat16")
    parser.add_argument("--compile-only", action="store_true", help="fill PyTorch's cache, time nothing")
    parser.add_argument("--out")
    args = parser.parse_args()
    results = []
    for model in args.models.split(","):
        for mode in args.modes.split(","):
            for precision in args.precisions.split(","):
                for batch in map(int, args.batches.split(",")):
                    torch.compiler.reset()
                    if args.compile_only:
                        step_of(model, batch, mode, precision)()
                        continue
                    middle, least, most = timed(step_of(model, batch, mode, precision))
                    results.append({"runtime": "pytorch", "mode": mode, "precision": precision, "model": model, "batch": batch, "ms_per_step": middle,
                                    "ms_least": least, "ms_most": most, "adapter": torch.cuda.get_device_name(), "version": torch.__version__})  # fmt: skip
                    print(f"{model} x {batch}, {mode}, {precision}: {middle:.3f} ms ({least:.3f} to {most:.3f})", flush=True)
                    if args.out:
                        with open(args.out, "w") as file:
                            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main()

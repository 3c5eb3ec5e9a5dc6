#!/usr/bin/env python3
"""Times the native engine beside onnxruntime and PyTorch, in turns on one thread, on the networks of `go run ./tools/bench models build/bench`.

usage: native_peers.py FOLDER MODEL...    what is not installed is left out; PyTorch (with diffusers) times cifar alone
"""

import re
import statistics
import subprocess
import sys
import time

from shapes import SHAPES

THREADS = 1
ROUNDS = 5
SECONDS = 1.5


def timed(step):
    """Median milliseconds of a step over a round, after one that warms up."""
    step()
    times = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or len(times) < 3:
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def unnoise(_folder, model):
    command = ["go", "run", "./tools/bench", "native", "--threads", str(THREADS), "--seconds", str(SECONDS), model]
    return lambda: float(re.search(r"([\d.]+) ms", subprocess.check_output(command, text=True)).group(1))


def onnx(folder, model):
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(f"{folder}/{model}.onnx", options, providers=["CPUExecutionProvider"])
    random = numpy.random.default_rng(0)
    feeds = {i.name: random.standard_normal(i.shape).astype(numpy.float32) for i in session.get_inputs()}
    return lambda: timed(lambda: session.run(None, feeds))


def torch(_folder, model):
    import torch
    from diffusers import UNet2DModel

    if model != "cifar":
        return None
    torch.set_num_threads(THREADS)
    net = UNet2DModel(**SHAPES[model]).eval()
    x = torch.randn(1, 3, 32, 32)

    def step():
        with torch.inference_mode():
            net(x, 500)

    return lambda: timed(step)


def main():
    folder, *models = sys.argv[1:]
    for model in models:
        rounds = {}
        for engine in (unnoise, onnx, torch):
            try:
                if run := engine(folder, model):
                    rounds[engine.__name__] = (run, [])
            except ImportError as error:
                print(f"{engine.__name__}: {error}", file=sys.stderr)
        for _ in range(ROUNDS):
            for run, times in rounds.values():
                times.append(run())
        ours = statistics.median(rounds["unnoise"][1])
        for name, (_, times) in rounds.items():
            middle = statistics.median(times)
            print(f"{model} {name}: {middle:.1f} ms a step ({min(times):.1f} to {max(times):.1f}), {middle / ours:.2f} times unnoise's")


if __name__ == "__main__":
    main()

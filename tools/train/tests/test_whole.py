"""From training to a picture: the folder is taken by tools/convert, and the pack draws."""

import json
import sys

import numpy as np
import pytest
import runs
import torch
from diffusers import DDPMScheduler
from safetensors.torch import load_file, save_file

from evaluation.float16 import psnr, replay
from evaluation.model import Model
from train import export, network, sampling
from train.settings import Settings


def test_train_convert_sample(tmp_path, tools):
    """The commands of the README, with a network that takes seconds."""
    done = runs.call(runs.command(tmp_path / "model", "--steps", "8", "--minutes", "2", "--size", "32", "--classes"))
    assert done.returncode == 0, done.stderr
    assert "images/s" in done.stdout and "8 steps" in done.stdout
    for name in ("samples.png", "loss.svg", "README.md", "training.json", "model_index.json"):
        assert (tmp_path / "model" / name).stat().st_size > 0
    assert "python -m train --data digits --network least --classes --batch 4" in (tmp_path / "model" / "README.md").read_text()
    assert json.loads((tmp_path / "model" / "training.json").read_text())["images"] == 32
    runs.checked(tools / "convert", "--certificate", "none", tmp_path / "model", tmp_path / "m.safetensors")
    runs.checked(tools / "sample", "--model", tmp_path / "m.safetensors", "--steps", "3", "--n", "2", "--labels", "3,7", "--guidance", "2", "--out", tmp_path / "m.png")
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")
    drawing = [sys.executable, "figures.py", "digits", "--pack", tmp_path / "m.safetensors", "--sample", tools / "sample"]
    done = runs.call([*map(str, drawing), "--out", str(tmp_path), "--only", "rate"])
    assert done.returncode == 0, done.stderr
    assert "bits/dim" in done.stdout
    assert "<svg" in (tmp_path / "rate-digits.svg").read_text()


@pytest.mark.parametrize(("predict", "variance"), [("eps", "fixed_small"), ("mean", "fixed_large"), ("x0", "learned"), ("v", "learned_range")])
def test_the_product_samples_as_pytorch_does(tmp_path, tools, predict, variance):
    """Algorithm 2 on the same noise, for every prediction and variance, on a network of random weights."""
    s = Settings(size=8, network="least", predict=predict, variance=variance, timesteps=40, classes=True, seed=4)
    model = network.start(s, 1, 10)
    torch.nn.init.normal_(model.conv_out.weight, std=0.05)
    export.save_weights(tmp_path / "model", model, s, 10)
    m = Model(tmp_path / "model")
    assert (m.settings.predict, m.settings.variance, m.settings.timesteps, m.null) == (predict, variance, 40, 10)
    generator = torch.Generator().manual_seed(1)
    x, z = torch.randn(2, 1, 8, 8, generator=generator), torch.randn(40, 2, 1, 8, 8, generator=generator)
    labels = torch.tensor([3, 9])
    expected = sampling.ancestral(m.network, m.process, m.settings, x, None, labels, m.null, 1.5, noise=lambda t: z[39 - t])
    save_file({"x_T": x, "z": z}, tmp_path / "trace.safetensors")
    runs.checked(tools / "convert", "--dtype", "fp32", "--certificate", "none", tmp_path / "model", tmp_path / "m.safetensors")
    runs.checked(tools / "sample", "replay", "--model", tmp_path / "m.safetensors", "--sampler", "ddpm", "--steps", "40", "--labels", "3,9",
         "--guidance", "1.5", "--trace", tmp_path / "trace.safetensors", "--out", tmp_path / "states.safetensors")  # fmt: skip
    found = load_file(tmp_path / "states.safetensors")
    torch.testing.assert_close(found["x"][-1], expected, rtol=0, atol=2e-4)
    assert psnr(found["image"].numpy(), sampling.to_pixels(expected)).min() > 50
    expected = sampling.to_pixels(sampling.ddim(m.network, m.process, m.settings, x, 8, labels, m.null))
    drawn = replay(tools / "sample", tmp_path / "m.safetensors", x, 8, labels)
    assert np.abs(drawn.astype(int) - expected).max() <= 1


def test_the_library_reads_the_folder(tmp_path):
    """Scheduler and network of a run that predicts noise open with the library's own classes."""
    run = runs.run(tmp_path)
    export.save_weights(tmp_path, run.average(), run.settings, 0)
    scheduler = DDPMScheduler.from_pretrained(tmp_path / "scheduler")
    assert scheduler.config.prediction_type == "epsilon" and scheduler.config.variance_type == "fixed_large"
    torch.testing.assert_close(scheduler.alphas_cumprod.double(), run.process.alpha_bar, rtol=1e-4, atol=1e-7)
    same = network.load(tmp_path).state_dict()
    assert all(torch.equal(same[k], v) for k, v in run.ema.values.items())

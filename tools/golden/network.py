"""The library's network, run in the precisions and with the weights that the references need."""

import copy
import json
import math
from pathlib import Path

import torch
from diffusers import UNet2DModel


class ExactSinusoid(torch.nn.Module):
    """The timestep embedding in float64: the library computes it in float32, up to 3e-5 off.

    Takes timesteps [N], integer or float, and gives [N, dim] float64:
    [sin(t f_i), cos(t f_i)] or, flipped, [cos, sin], with f_i = 10000^(-i/(half - shift)),
    half = dim div 2; an odd dim gets one zero at the end.
    """

    def __init__(self, library):
        super().__init__()
        half = library.num_channels // 2
        exponent = torch.arange(half, dtype=torch.float64) / (half - library.downscale_freq_shift)
        self.frequencies = torch.exp(-math.log(10000) * exponent) * library.scale
        self.flip = library.flip_sin_to_cos
        self.odd = library.num_channels % 2

    def forward(self, timesteps):
        angles = timesteps.double()[:, None] * self.frequencies[None, :]
        parts = [angles.sin(), angles.cos()]
        if self.flip:
            parts.reverse()
        if self.odd:
            parts.append(torch.zeros_like(angles[:, :1]))
        return torch.cat(parts, dim=-1)


def load(model_dir):
    """Reads UNet2DModel from a diffusers folder, its files in unet/ or at the root, as float32."""
    folder = Path(model_dir)
    if (folder / "unet").is_dir():
        folder = folder / "unet"
    if not (folder / "config.json").is_file():
        raise ValueError("no config.json there or in unet/")
    plain = list(folder.glob("diffusion_pytorch_model*.safetensors")) + list(folder.glob("*.bin"))
    half_only = plain and all(".fp16." in file.name for file in plain)
    model = UNet2DModel.from_pretrained(
        folder,
        variant="fp16" if half_only else None,
        torch_dtype=torch.float32,
        local_files_only=True,
        low_cpu_mem_usage=False,
    )
    if model.config.time_embedding_type != "positional":
        raise ValueError(f"time_embedding_type {model.config.time_embedding_type!r}: only positional is known")
    return model.eval()


def train_timesteps(model_dir):
    """The number of training timesteps T that the scheduler's config names; 1000 where it names none."""
    for name in ("scheduler/scheduler_config.json", "scheduler_config.json"):
        file = Path(model_dir) / name
        if file.is_file():
            return json.loads(file.read_text()).get("num_train_timesteps", 1000)
    return 1000


def round_matrices(model):
    """A copy with every matrix and convolution kernel rounded to float16 and widened again.

    Biases, norms and the class table keep float32, as in a pack.
    """
    model = copy.deepcopy(model)
    tables = {id(m.weight) for m in model.modules() if isinstance(m, torch.nn.Embedding)}
    for parameter in model.parameters():
        if parameter.ndim >= 2 and id(parameter) not in tables:
            parameter.data = parameter.data.half().float()
    return model


def exact(model, dtype):
    """A copy in the given precision that is handed the float64 sinusoid, rounded to that precision."""
    model = copy.deepcopy(model).to(dtype)
    model.time_proj = ExactSinusoid(model.time_proj)
    return model


@torch.no_grad()
def run(model, x, t, y=None):
    """The network's output for x [B,C,H,W], t [B] and, for class models, y [B]; in the model's precision."""
    return model(x.to(model.dtype), t, class_labels=y).sample

"""The command line's flags: settings from arguments, and arguments from settings."""

import argparse
import dataclasses
from pathlib import Path

from train.machine import COMPILE
from train.process import PREDICTIONS, VARIANCES
from train.settings import NETWORKS, Settings, defaults

# Settings and what is said of them. Their types and defaults are those of Settings.
HELP = {
    "data": "digits, nouns, or a folder of pictures; folders in it are classes",
    "size": "side of the pictures",
    "network": f"one of {', '.join(NETWORKS)}",
    "predict": "what the network predicts",
    "loss": "simple (equation 14) or the variational bound (equation 5)",
    "variance": "of the reverse step; learned is its logarithm, learned_range between the fixed ones",
    "timesteps": "T",
    "from_t": "first timestep trained: labels decide most where there is much noise, and are learned sooner there; finish with 0",
    "classes": "teach the classes, for labels and classifier-free guidance",
    "label_drop": "share of labels left out, with --classes",
    "flip": "mirror half of the pictures",
    "batch": "pictures a step, over all processes",
    "rate": "learning rate",
    "table_rate": "the class table's rate in those of the rest: much, where it begins at zero in a trained network",
    "betas": "Adam's",
    "warmup": "steps of warm-up",
    "decay": "none, or cosine down to 2 %% of the rate",
    "clip": "largest norm of the gradient",
    "dropout": "share dropped in the network",
    "ema": "how slowly the moving average of the weights forgets",
    "seed": "of everything random",
    "precision": "fp32, or bf16 autocast, which pays on GPUs and on CPUs with instructions for it",
    "init": "diffusers folder or pack to begin with",
    "steps": "how many steps in all",
    "minutes": "how many minutes in all, over every time the run is taken up",
}
CHOICES = {"network": list(NETWORKS), "predict": PREDICTIONS, "variance": VARIANCES, "loss": ("simple", "bound"),
           "decay": ("none", "cosine"), "precision": ("fp32", "bf16")}  # fmt: skip


def flag(name):
    return "--" + name.replace("_", "-")


def parser():
    p = argparse.ArgumentParser(prog="python -m train", description="Train a DDPM network; --out becomes a diffusers folder that tools/convert takes.")
    for field in dataclasses.fields(Settings):
        name, about = field.name, HELP[field.name]
        if field.type == "bool" or field.type is bool:
            p.add_argument(flag(name), dest=name, action=argparse.BooleanOptionalAction, default=None, help=about)
        elif name == "betas":
            p.add_argument(flag(name), type=float, nargs=2, default=None, help=about)
        else:
            p.add_argument(flag(name), dest=name, type=type(field.default), choices=CHOICES.get(name), default=None, help=about)
    p.add_argument("--out", type=Path, required=True, help="folder to write; a run in it is taken up where it was")
    p.add_argument("--device", default="auto", help="cpu, cuda, or auto (default)")
    p.add_argument("--threads", type=int, default=0, help="of the CPU; 0 for PyTorch's own choice")
    p.add_argument("--workers", type=int, default=None, help="processes that make pictures ahead (default 0 on a CPU, up to 12 beside a GPU)")
    p.add_argument("--compile", nargs="?", choices=COMPILE, const="default", default="", help="compile the network, in this mode of torch.compile")
    p.add_argument("--channels-last", action="store_true", help="keep the weights in the order that a GPU's bf16 convolutions take")
    p.add_argument("--tune", action="store_true", help="let cuDNN try its algorithms first: faster, and not the same bits at every start")
    p.add_argument("--checkpoint-seconds", type=float, default=60, help="between checkpoints (default 60)")
    p.add_argument("--sheet-seconds", type=float, default=300, help="between sheets of samples (default 300)")
    return p


def settings_of(args):
    """Settings of the arguments over the data set's defaults."""
    given = {f.name: getattr(args, f.name) for f in dataclasses.fields(Settings) if getattr(args, f.name) is not None}
    if "betas" in given:
        given["betas"] = tuple(given["betas"])
    return Settings(**defaults(given.get("data", Settings.data)) | given)


def command_line(settings):
    """Arguments that give these settings."""
    base = Settings(**defaults(settings.data) | {"data": settings.data})
    words = ["--data", settings.data]
    for field in dataclasses.fields(Settings):
        value = getattr(settings, field.name)
        if field.name == "data" or value == getattr(base, field.name):
            continue
        if isinstance(value, bool):
            words.append(flag(field.name) if value else flag("no_" + field.name))
        else:
            words += [flag(field.name), *(map(str, value) if isinstance(value, tuple) else [str(value)])]
    return words

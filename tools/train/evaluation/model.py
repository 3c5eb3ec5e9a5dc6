"""A diffusers folder as the evaluation sees it."""

import json
from pathlib import Path

import numpy as np
import torch

from evaluation import bits
from train import datasets, network
from train.errors import InputError
from train.export import PREDICTION
from train.loop import to_unit
from train.process import Process, linear_betas
from train.settings import Settings


class Model:
    """Network, process and what its scheduler file says of predictions and variances."""

    def __init__(self, path):
        self.network = network.load(path)
        self.null = network.null_label(path)
        file = Path(path) / "scheduler" / "scheduler_config.json"
        try:
            config = json.loads(file.read_text())
        except (OSError, ValueError) as err:
            raise InputError(f"{file}: cannot be read: {err}") from err
        if config.get("beta_schedule", "linear") != "linear" or config.get("trained_betas"):
            raise InputError(f"{file}: beta_schedule {config.get('beta_schedule')!r}: only linear is known here")
        kinds = {name: kind for kind, name in PREDICTION.items()}
        self.settings = Settings(
            predict=kinds[config.get("prediction_type", "epsilon")],
            variance=config.get("variance_type", "fixed_small"),
            timesteps=config["num_train_timesteps"],
            size=self.network.config.sample_size,
        )
        self.process = Process(linear_betas(config["beta_start"], config["beta_end"], self.settings.timesteps))

    @property
    def classes(self):
        """How many classes a label can ask for."""
        return self.null or 0


def held_out(data, size, count):
    """Pictures that no training saw, in [-1, 1], and their labels."""
    if data == "digits":
        source = datasets.digits(size, test=True)
        pixels, labels = source.pictures(datasets.spread(source.length, count))
        return to_unit(pixels), labels
    source = datasets.load(data, size)
    if data == "nouns":
        return to_unit(source.compose(source.draw(np.arange(count), seed=2, unseen=True))), None
    return to_unit(source.pictures(datasets.spread(source.length, count))[0]), None


def bits_of(args):
    """Bits per dimension of each folder; without labels, and with them where it has classes."""
    x0, labels = held_out(args.data, args.size, args.n)
    rows = []
    for path in args.path:
        m = Model(path)
        kinds = {"": None}
        if m.classes:
            kinds = {"none": torch.full((len(x0),), m.null), "its class": torch.from_numpy(labels)}
        for label, asked in kinds.items():
            mean, error = bits.mean_and_error(bits.bits(m.process, m.settings, m.network, x0, asked))
            rows.append({"path": path, "label": label, "pictures": len(x0), "bits/dim": mean, "error": error})
    return rows

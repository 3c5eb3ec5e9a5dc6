"""A run on disk, so that it can be killed at any moment: written whole beside the old one, then put in its place."""

import os
from pathlib import Path

import torch

from train.errors import InputError
from train.settings import Settings

FILE = "checkpoint.pt"


def save(folder, values):
    """Writes a run's state; a kill at any moment leaves the old file or the new one."""
    target = Path(folder) / FILE
    partial = target.with_suffix(".partial")
    with open(partial, "wb") as file:
        torch.save(values, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, target)


def read(folder, settings):
    """The state of the run in the folder, or None; refuses to go on with another run's settings."""
    path = Path(folder) / FILE
    if not path.is_file():
        return None
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as err:
        raise InputError(f"{path}: is no checkpoint of this program ({err}); take another --out or remove it") from err
    differ = Settings.from_dict(values["settings"]).differences(settings)
    if differ:
        raise InputError(f"{path}: belongs to a run with other settings ({', '.join(differ)}); give those again, or another --out")
    return values

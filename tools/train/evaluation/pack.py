"""What a pack's header says (weights/FORMAT.md)."""

import json

from train.errors import InputError


def header(path):
    """The header's metadata, a dictionary of texts."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > 1 << 26:
            raise InputError(f"{path}: is no .safetensors file")
        return json.loads(file.read(size)).get("__metadata__", {})


def null_label(path):
    """The label that stands for no class, which is how many classes there are; None without classes."""
    label = json.loads(header(path)["network"]).get("null_label", -1)
    return label if label >= 0 else None

"""The U-Net, as the diffusers library has it: what it saves is what tools/convert reads."""

import copy
import json
import logging
from pathlib import Path

import torch
from diffusers import UNet2DModel

from train import packs
from train.errors import InputError
from train.settings import NETWORKS

# UNet2DModel has no word for the label that stands for none; it passes this key over, with a warning, and tools/convert reads it.
NULL_LABEL = "null_label"


def build(settings, channels, classes):
    """A new network: classes + 1 labels with classes, the last for none of them."""
    widths, layers, attention, groups = NETWORKS[settings.network]
    levels = range(len(widths))
    learned = settings.variance.startswith("learned")
    return UNet2DModel(
        sample_size=settings.size,
        in_channels=channels,
        out_channels=channels * (2 if learned else 1),
        block_out_channels=widths,
        layers_per_block=layers,
        down_block_types=tuple("AttnDownBlock2D" if i in attention else "DownBlock2D" for i in levels),
        up_block_types=tuple("AttnUpBlock2D" if i in attention else "UpBlock2D" for i in reversed(levels)),
        attention_head_dim=None,  # one head
        norm_num_groups=groups,
        dropout=settings.dropout,
        add_attention=bool(attention),
        num_class_embeds=classes + 1 if classes else None,
    )


def start(settings, channels, classes):
    """The network to begin with: new, or with the weights of --init."""
    torch.manual_seed(settings.seed)
    if not settings.init:
        return build(settings, channels, classes)
    model = widened(settings.init, channels, classes)
    set_dropout(model, settings.dropout)
    outputs = channels * (2 if settings.variance.startswith("learned") else 1)
    if (model.config.in_channels, model.config.out_channels, model.config.sample_size) != (channels, outputs, settings.size):
        raise InputError(
            f"--init {settings.init}: has {model.config.in_channels} channels in, {model.config.out_channels} out at size "
            f"{model.config.sample_size}; these settings need {channels}, {outputs} and {settings.size}"
        )
    return model


def widened(path, channels, classes):
    """The network of a diffusers folder or a pack; one without classes gets a class table of zeros, which changes nothing yet."""
    old = load(path)
    have = old.config.num_class_embeds
    if (have is None and not classes) or have == classes + 1:
        return old
    if have is not None:
        raise InputError(f"--init {path}: has {have} labels; the data has {classes} and needs one more")
    config = {k: v for k, v in old.config.items() if not k.startswith("_") and k != NULL_LABEL}
    model = UNet2DModel(**config | {"num_class_embeds": classes + 1})
    weights = old.state_dict()
    weights["class_embedding.weight"] = torch.zeros_like(model.class_embedding.weight)
    model.load_state_dict(weights)
    return model


def set_dropout(model, p):
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = p


def weights_folder(path):
    folder = Path(path)
    return folder / "unet" if (folder / "unet").is_dir() else folder


def load(path):
    """UNet2DModel of a diffusers folder or a pack, float32, in evaluation mode."""
    if Path(path).is_file():
        return packs.load(path)
    folder = weights_folder(path)
    if not (folder / "config.json").is_file():
        raise InputError(f"{path}: no config.json there or in unet/: give a folder that diffusers or this program saved, or a pack")
    logging.getLogger("diffusers").setLevel(logging.ERROR)  # it would warn of NULL_LABEL
    return UNet2DModel.from_pretrained(folder, local_files_only=True, low_cpu_mem_usage=False).eval()


def null_label(path):
    """The label that stands for none in a diffusers folder of ours; None where there is none."""
    return json.loads((weights_folder(path) / "config.json").read_text()).get(NULL_LABEL)


def run(model, x, t, labels=None):
    """The network's output for x [N, C, H, W], t [N] and labels [N] or None."""
    return model(x, t, class_labels=labels, return_dict=False)[0]


def copy_of(model):
    """A second network of the same shape, in evaluation mode, its weights shared with nobody."""
    return copy.deepcopy(model).eval()

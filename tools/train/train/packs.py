"""Packs (weights/FORMAT.md) as networks of the diffusers library, to be trained further."""

import json
from contextlib import contextmanager

import torch
from diffusers import UNet2DModel
from safetensors import SafetensorError, safe_open

from train.errors import InputError

# What a pack's probe allows between its answers and ours.
TOLERANCE = 1e-4

# A layer's parts, by the names of the pack and of the library.
PARTS = {
    "res": {"norm1": "norm1", "conv1": "conv1", "time": "time_emb_proj", "norm2": "norm2", "conv2": "conv2", "skip": "conv_shortcut"},
    "attn": {"norm": "group_norm"},
    "conv": {"": ""},
    "down": {"": "conv"},
    "up": {"": "conv"},
    "head": {"norm": "conv_norm_out", "conv": "conv_out"},
}
FOLDERS = {"res": "resnets", "attn": "attentions"}


@contextmanager
def opened(path):
    """The safetensors library's reader of a pack, and the pack's metadata, a dictionary of texts."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != "unnoise":
                raise InputError(f"{path}: is no pack: its metadata does not say so; build/convert makes packs")
            yield file, metadata
    except (OSError, SafetensorError) as err:
        raise InputError(f"{path}: cannot be read as a .safetensors file ({err}); make or download the pack again") from err


def null_label(path):
    """The label that stands for no class, which is how many classes there are; None without classes."""
    with opened(path) as (_, metadata):
        label = json.loads(metadata["network"]).get("null_label", -1)
    return label if label >= 0 else None


def load(path):
    """UNet2DModel of a pack, float32, in evaluation mode; refused where it would not answer the pack's probe as the pack says."""
    with opened(path) as (file, metadata):
        names = file.keys()
        tensors = {name: file.get_tensor(name) for name in names}
    shape = json.loads(metadata["network"])
    try:
        model = UNet2DModel(**config(shape))
        model.load_state_dict(weights(shape, tensors))
    except (KeyError, ValueError, RuntimeError) as err:
        raise InputError(f"{path}: holds a network that the diffusers library's UNet2DModel has no form for: {err}") from err
    model.eval()
    off = worst_answer(model, json.loads(metadata["probe"])["cases"], tensors)
    if not off <= TOLERANCE:
        raise InputError(f"{path}: as a UNet2DModel its network answers the pack's probe {off:.1e} off, more than {TOLERANCE:.0e}: it has another form, or is broken")
    return model


def config(shape):
    """Arguments of UNet2DModel for a pack's description of its network."""
    layers = {layer["name"]: layer for layer in shape["layers"]}
    blocks = [name for name in layers if name.startswith("down.") and name.endswith(".res.0")]
    first = layers[blocks[0]]
    attention = [f"down.{i}.attn.0" in layers for i in range(len(blocks))]
    heads = [layer for layer in layers.values() if layer["kind"] == "attn" and layer["heads"] > 1]
    return {
        "sample_size": shape["height"], "in_channels": shape["in_channels"], "out_channels": shape["out_channels"],
        "center_input_sample": shape["center_input"], "num_class_embeds": shape["classes"] or None,
        "block_out_channels": tuple(layers[name]["out"] for name in blocks),
        "layers_per_block": sum(name.startswith("down.0.res.") for name in layers),
        "down_block_types": tuple("AttnDownBlock2D" if a else "DownBlock2D" for a in attention),
        "up_block_types": tuple("AttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attention)),
        "attention_head_dim": heads[0]["out"] // heads[0]["heads"] if heads else None,
        "add_attention": "mid.attn.0" in layers,
        "downsample_padding": 0 if any(layer.get("mode") == "conv-rightbottom" for layer in layers.values()) else 1,
        "flip_sin_to_cos": shape["time"]["cos_first"], "freq_shift": shape["time"]["freq_shift"],
        "norm_num_groups": first["groups"], "norm_eps": first["eps"],
    }  # fmt: skip


def weights(shape, tensors):
    """The pack's tensors by the library's names, in PyTorch's order."""
    found = {}
    for i in (1, 2):
        put(found, f"time_embedding.linear_{i}", f"time.{i}", tensors)
    if shape["classes"]:
        found["class_embedding.weight"] = tensors["class.weight"].float()
    for layer in shape["layers"]:
        name, kind = layer["name"], layer["kind"]
        target = {"in": "conv_in", "head": ""}.get(name) if kind in ("conv", "head") else place(name)
        for ours, theirs in PARTS[kind].items():
            source = ".".join(filter(None, (name, ours)))
            if ours != "skip" or f"{source}.weight" in tensors:
                put(found, ".".join(filter(None, (target, theirs))), source, tensors)
        if kind == "attn":
            put_projections(found, target, name, tensors)
    return found


def place(name):
    """down.1.res.0 is down_blocks.1.resnets.0."""
    words = name.split(".")
    if words[0] == "mid":
        return f"mid_block.{FOLDERS[words[1]]}.{words[2]}"
    block = f"{words[0]}_blocks.{words[1]}"
    if words[2] in FOLDERS:
        return f"{block}.{FOLDERS[words[2]]}.{words[3]}"
    return f"{block}.{words[2]}samplers.0"


def matrix(name, tensors):
    """A weight with its scale, the output channels first: [Cout, Cin, kh, kw] or [Cout, Cin]; a norm's as it is."""
    weight = tensors[f"{name}.weight"].float()
    weight = weight * tensors.get(f"{name}.scale", torch.ones(()))
    return weight.permute(3, 2, 0, 1) if weight.dim() == 4 else weight.t()


def put(found, target, name, tensors):
    found[f"{target}.weight"] = matrix(name, tensors).contiguous()
    found[f"{target}.bias"] = tensors[f"{name}.bias"].float()


def put_projections(found, target, name, tensors):
    """Attention's matrices, which are convolutions of one pixel in the pack; q, k and v stand side by side."""
    joined, out = (matrix(f"{name}.{part}", tensors)[:, :, 0, 0] for part in ("qkv", "out"))
    weights = [*joined.chunk(3), out]
    biases = [*tensors[f"{name}.qkv.bias"].chunk(3), tensors[f"{name}.out.bias"]]
    for part, weight, bias in zip(("to_q", "to_k", "to_v", "to_out.0"), weights, biases, strict=True):
        found[f"{target}.{part}.weight"], found[f"{target}.{part}.bias"] = weight.contiguous(), bias.float()


def worst_answer(model, cases, tensors):
    """The largest difference from the answers that the pack holds."""
    worst = 0.0
    for case in cases:
        labels = torch.tensor(case["labels"]) if case.get("labels") else None
        with torch.no_grad():
            answer = model(tensors[case["x"]], torch.tensor(case["t"]), class_labels=labels, return_dict=False)[0]
        worst = max(worst, (answer - tensors[case["eps"]]).abs().max().item())
    return worst

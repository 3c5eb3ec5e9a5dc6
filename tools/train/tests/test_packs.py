"""Packs, trained further."""

import json

import pytest
import runs
import torch
from diffusers import UNet2DModel
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from train import export, network
from train.errors import InputError
from train.settings import Settings

SHIPPED = runs.ROOT / "weights" / "models"


def rewrite(source, target, change):
    """The pack with something changed; its hashes, which no one here reads, stay the old ones."""
    tensors = load_file(source)
    with safe_open(source, "pt") as file:
        metadata = file.metadata()
    change(tensors, metadata)
    save_file(tensors, target, metadata)


def test_every_layer_finds_its_place(tmp_path, tools):
    """Two blocks a level, several heads, stride-2 padding right and below, classes: the numbers are those the folder had."""
    torch.manual_seed(3)
    model = UNet2DModel(
        sample_size=16, in_channels=3, out_channels=6, block_out_channels=(16, 32, 32), layers_per_block=2, norm_num_groups=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=8, downsample_padding=0, flip_sin_to_cos=False, freq_shift=1, num_class_embeds=11,
    )  # fmt: skip
    export.save_weights(tmp_path / "model", model, Settings(variance="learned_range"), 10)
    runs.checked(tools / "convert", "--dtype", "fp32", "--certificate", "none", tmp_path / "model", tmp_path / "m.safetensors")
    found = network.load(tmp_path / "m.safetensors").state_dict()
    assert found.keys() == model.state_dict().keys()
    assert all(torch.equal(found[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize(("data", "change"), [("nouns", {"network": "medium"}), ("digits", {"classes": True})])
def test_what_we_ship_is_trained_further(tmp_path, data, change):
    """A step from the shipped float16 packs begins at the loss where their training ended, not at a new network's 1."""
    run = runs.run(tmp_path, data=data, size=32, batch=16, rate=1e-6, init=str(SHIPPED / f"{data}.safetensors"), **change)
    run.advance()
    assert run.history[0] < 0.1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("answer", "answers the pack's probe 1.0e-03 off"),
        ("weight", "answers the pack's probe"),
        ("layer", "has no form"),
        ("short", "cannot be read as a .safetensors file"),
        ("folder's file", "is no pack"),
    ],
)
def test_a_pack_that_is_not_what_it_says_is_refused(tmp_path, fault, message):
    source, path = SHIPPED / "digits.safetensors", tmp_path / "broken.safetensors"

    def change(tensors, metadata):
        if fault == "answer":
            tensors["probe.eps.1"][0, 0, 3, 3] += 1e-3
        if fault == "weight":
            tensors["mid.attn.0.qkv.weight"] *= 1.5
        if fault == "layer":
            shape = json.loads(metadata["network"])
            shape["layers"] = [layer for layer in shape["layers"] if layer["name"] != "up.0.up"]
            metadata["network"] = json.dumps(shape)
        if fault == "folder's file":
            metadata["format"] = "pt"

    rewrite(source, path, change)
    if fault == "short":
        path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=message) as caught:
        network.load(path)
    assert "broken.safetensors" in str(caught.value)

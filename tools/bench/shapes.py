"""The networks that PyTorch is timed on, as arguments of diffusers' UNet2DModel: those of network.go, and that of the shipped Nouns model."""

DOWN, ATTN_DOWN, UP, ATTN_UP = "DownBlock2D", "AttnDownBlock2D", "UpBlock2D", "AttnUpBlock2D"
SHAPES = {
    "nouns": {"sample_size": 32, "block_out_channels": (32, 64, 128), "layers_per_block": 1, "norm_num_groups": 16,
              "down_block_types": (DOWN, ATTN_DOWN, DOWN), "up_block_types": (UP, ATTN_UP, UP), "attention_head_dim": None},
    "cifar": {"sample_size": 32, "block_out_channels": (128, 256, 256, 256), "downsample_padding": 0, "attention_head_dim": None,
              "down_block_types": (DOWN, ATTN_DOWN, DOWN, DOWN), "up_block_types": (UP, UP, ATTN_UP, UP)},
    "ddpm256": {"sample_size": 256, "block_out_channels": (128, 128, 256, 256, 512, 512), "downsample_padding": 0, "attention_head_dim": None,
                "down_block_types": (DOWN, DOWN, DOWN, DOWN, ATTN_DOWN, DOWN), "up_block_types": (UP, ATTN_UP, UP, UP, UP, UP)},
}  # fmt: skip

"""The ablation's network: a U-Net of any use takes minutes a cell on one core, this takes seconds."""

import math

import torch
from torch import nn

WIDTH, BLOCKS, TIME = 192, 2, 32


class Perceptron(nn.Module):
    """Pictures [N, 1, S, S] and timesteps [N] to [N, outputs, S, S]; blocks of two layers with what t says added between."""

    def __init__(self, pixels, outputs):
        super().__init__()
        self.outputs = outputs
        self.time = nn.Sequential(nn.Linear(TIME, WIDTH), nn.SiLU())
        self.enter = nn.Linear(pixels, WIDTH)
        self.blocks = nn.ModuleList(
            nn.ModuleList([nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)]) for _ in range(BLOCKS)
        )
        self.leave = nn.Sequential(nn.LayerNorm(WIDTH), nn.SiLU(), nn.Linear(WIDTH, pixels * outputs))

    def forward(self, x, t, class_labels=None, return_dict=False):
        said = self.time(sinusoid(t))
        h = self.enter(x.flatten(1))
        for norm, first, of_time, second in self.blocks:
            h = h + second(nn.functional.silu(first(norm(h)) + of_time(said)))
        return (self.leave(h).view(len(x), self.outputs, *x.shape[2:]),)


def sinusoid(t):
    """[N, TIME] of timesteps, as the U-Net has it."""
    frequencies = torch.exp(-math.log(10000) * torch.arange(TIME // 2) / (TIME // 2))
    angles = t[:, None].float() * frequencies
    return torch.cat([angles.cos(), angles.sin()], 1)

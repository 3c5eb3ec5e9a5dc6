"""The moving average of the weights, which is what is sampled and shipped."""

import torch


def rate(limit, step):
    """How much of the average stays at a step counted from 0: little at first, so that the start is soon forgotten."""
    return min(limit, (1 + step) / (10 + step))


class Ema:
    """An average of a module's parameters and buffers, kept in float32 beside it."""

    def __init__(self, model, limit):
        self.limit = limit
        self.values = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model, step):
        keep = rate(self.limit, step)
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                self.values[name].lerp_(value, 1 - keep)
            else:
                self.values[name].copy_(value)

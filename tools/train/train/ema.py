"""The moving average of the weights, which is what is sampled and shipped."""

import torch


def rate(limit, step):
    """How much of the average stays at a step counted from 0: little at first, so that the start is soon forgotten."""
    return min(limit, (1 + step) / (10 + step))


class Ema:
    """An average of a module's parameters and buffers, kept in float32 beside it.

    The module's tensors are to stay the same ones, with new values: they are looked up once, for that takes longer than the average.
    """

    def __init__(self, model, limit):
        self.limit = limit
        now = model.state_dict()
        self.values = {k: v.detach().clone() for k, v in now.items()}
        pairs = [(self.values[k], v) for k, v in now.items()]
        self.floats = [pair for pair in pairs if pair[1].is_floating_point()]
        self.others = [pair for pair in pairs if not pair[1].is_floating_point()]

    @torch.no_grad()
    def update(self, step):
        keep = rate(self.limit, step)
        torch._foreach_lerp_([old for old, _ in self.floats], [new for _, new in self.floats], 1 - keep)
        for old, new in self.others:
            old.copy_(new)

    @torch.no_grad()
    def load(self, values):
        """Takes another average's values."""
        for name, value in self.values.items():
            value.copy_(values[name])

"""A small convolutional classifier, trained on the data itself; what it has learned to see are the features."""

import hashlib
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from tqdm import tqdm

from train.loop import to_unit
from train.order import Order

FEATURES = 64


class Classifier(nn.Module):
    """Pictures [N, C, H, W] in [-1, 1] to features [N, 64], and to one list of scores for every question asked of a picture."""

    def __init__(self, channels, questions):
        super().__init__()
        widths = (channels, 32, 64, 96)
        self.body = nn.Sequential(*[layer for a, b in pairwise(widths) for layer in self.stage(a, b)])
        self.to_features = nn.LazyLinear(FEATURES)
        self.heads = nn.ModuleList(nn.Linear(FEATURES, answers) for answers in questions)

    @staticmethod
    def stage(a, b):
        return [nn.Conv2d(a, b, 3, padding=1), nn.GroupNorm(8, b), nn.SiLU(), nn.MaxPool2d(2)]

    def features(self, x):
        return torch.tanh(self.to_features(self.body(x).flatten(1)))

    def forward(self, x):
        found = self.features(x)
        return [head(found) for head in self.heads]


class Lessons:
    """What is asked of a data set's pictures: digits their class, Nouns their parts, others their class or how they were turned."""

    def __init__(self, source):
        self.source = source
        if source.name == "nouns":
            self.questions = source.counts
        else:
            self.questions = [source.classes or 4]

    def batch(self, indices):
        """Pictures and answers [N, questions]."""
        if self.source.name == "nouns":
            parts = self.source.draw(indices, seed=1)
            return to_unit(self.source.compose(parts)), torch.from_numpy(parts)
        pixels, labels = self.source.pictures(indices)
        if labels is not None:
            return to_unit(pixels), torch.from_numpy(labels)[:, None]
        turns = indices % 4
        turned = np.stack([np.rot90(p, k, (1, 2)) for p, k in zip(pixels, turns, strict=True)])
        return to_unit(turned), torch.from_numpy(turns)[:, None]


def fit(source, steps, seed=0, batch=128):
    """A classifier trained with Adam, its rate falling to nothing."""
    torch.manual_seed(seed)
    lessons = Lessons(source)
    model = Classifier(source.channels, lessons.questions)
    model(lessons.batch(np.arange(2))[0])  # makes the lazy layer
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    order = Order(source.length, seed)
    for step in tqdm(range(steps), desc="classifier", disable=None):
        x, answers = lessons.batch(order.take(step * batch, batch))
        loss = sum(F.cross_entropy(scores, answers[:, i]) for i, scores in enumerate(model(x)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model.eval()


@torch.no_grad()
def in_parts(function, pixels, size=256):
    """A function of pictures in [-1, 1], applied to uint8 pictures a few at a time."""
    return torch.cat([function(to_unit(pixels[i : i + size])) for i in range(0, len(pixels), size)])


def features(model, pixels):
    """Features [N, 64] float64 of uint8 pictures [N, C, H, W]."""
    return in_parts(model.features, pixels).double().numpy()


def answers(model, pixels, question=0):
    """The likeliest answer to a question for each picture."""
    return in_parts(lambda x: model(x)[question].argmax(1), pixels).numpy()


def accuracy(model, source, indices):
    """Share of right answers to each question."""
    x, right = Lessons(source).batch(indices)
    with torch.no_grad():
        return [float((scores.argmax(1) == right[:, i]).double().mean()) for i, scores in enumerate(model(x))]


def trained(source, size, folder, steps=1500, seed=0):
    """The classifier kept in the folder for this data, or a new one that is kept."""
    described = json.dumps([source.name, source.length, size, source.channels, steps, seed, FEATURES])
    path = Path(folder) / f"classifier-{source.name}-{size}-{hashlib.sha256(described.encode()).hexdigest()[:8]}.pt"
    if path.is_file():
        model = Classifier(source.channels, Lessons(source).questions)
        model(torch.zeros(2, source.channels, size, size))
        model.load_state_dict(torch.load(path, weights_only=True))
        return model.eval()
    model = fit(source, steps, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), path)
    return model

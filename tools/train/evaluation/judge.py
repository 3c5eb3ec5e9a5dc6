"""All that is said of a set of samples of one data set."""

import numpy as np

from evaluation import classifier, composites, distances
from train import datasets
from train.nouns import Nouns


class Judge:
    """The data set's real pictures, never trained on where the data has such, and the classifier that sees for it."""

    def __init__(self, data, size, folder, count=2000, steps=1500):
        self.source = datasets.load(data, size)
        self.model = classifier.trained(self.source, size, folder, steps)
        self.pixels, self.labels = self.real(data, size, count)
        self.features = classifier.features(self.model, self.pixels)

    @classmethod
    def of(cls, args):
        """The judge that a command line asks for."""
        return cls(args.data, args.size, args.cache, steps=args.classifier_steps)

    def real(self, data, size, count):
        if isinstance(self.source, Nouns):
            return self.source.pictures(np.arange(count), seed=2)
        held = datasets.digits(size, test=True) if data == "digits" else self.source
        return held.pictures(datasets.spread(held.length, count))

    def frechet(self, pixels):
        """The distance and its standard error over the samples."""
        found = classifier.features(self.model, pixels)
        return distances.frechet(self.features, found), distances.spread_of(distances.frechet, self.features, found)

    def all(self, pixels, labels=None):
        """Every measure as a dictionary; with labels the share of samples that the classifier sees as what was asked for."""
        found = classifier.features(self.model, pixels)
        precision, recall = distances.precision_recall(self.features, found)
        values = {
            "samples": len(pixels),
            "frechet": distances.frechet(self.features, found),
            "frechet_error": distances.spread_of(distances.frechet, self.features, found),
            "precision": precision,
            "recall": recall,
        }
        if labels is not None:
            values["as_asked"] = float((classifier.answers(self.model, pixels) == np.asarray(labels)).mean())
        if isinstance(self.source, Nouns):
            values |= composites.judge(self.source, self.model, pixels[:500])
        return values

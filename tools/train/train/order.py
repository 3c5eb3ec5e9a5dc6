"""Which pictures a step takes. All of it follows from the seed and the step, so that a run taken up again goes on with
the same pictures, and the position in the data needs no file of its own."""

import numpy as np


def permutation(length, seed, epoch):
    """The order of an epoch."""
    return np.random.Generator(np.random.Philox(key=[seed, 2**32 + epoch])).permutation(length)


class Order:
    """Numbers of pictures: shuffled epochs of `length`, or 0, 1, 2... where pictures have no end."""

    def __init__(self, length, seed):
        self.length, self.seed = length, seed
        self.epoch, self.shuffled = -1, None

    def take(self, start, count):
        """Pictures of places start to start + count of the endless list."""
        places = np.arange(start, start + count)
        if self.length is None:
            return places
        return np.array([self.one(int(p)) for p in places], dtype=np.int64)

    def one(self, place):
        epoch, offset = divmod(place, self.length)
        if epoch != self.epoch:
            self.epoch, self.shuffled = epoch, permutation(self.length, self.seed, epoch)
        return self.shuffled[offset]

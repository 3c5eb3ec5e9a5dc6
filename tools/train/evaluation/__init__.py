"""How good samples and models are, by features of a classifier that is trained here on the same data.

The distance is Frechet's in those features. It is not FID, whose features are those of Inception on ImageNet: numbers of the
two cannot be compared, nor can numbers of two classifiers.
"""

"""The cells, and what the paper says of them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """A row of Table 2; is and fid are the paper's on CIFAR-10, None where it has none or training did not converge."""

    key: str
    title: str
    predict: str
    loss: str
    variance: str
    inception: str | None = None
    fid: str | None = None


# Fixed isotropic: beta_t, the paper's larger choice, except where named.
CELLS = (
    Cell("mean-bound-learned", "mean, L, learned diagonal variance", "mean", "bound", "learned", "7.28±0.10", "23.69"),
    Cell("mean-bound-fixed", "mean, L, fixed isotropic variance", "mean", "bound", "fixed_large", "8.06±0.09", "13.22"),
    Cell("mean-simple-fixed", "mean, squared error of the mean", "mean", "simple", "fixed_large"),
    Cell("eps-bound-learned", "noise, L, learned diagonal variance", "eps", "bound", "learned"),
    Cell("eps-bound-fixed", "noise, L, fixed isotropic variance", "eps", "bound", "fixed_large", "7.67±0.13", "13.51"),
    Cell("eps-simple-fixed", "noise, squared error of the noise (L_simple)", "eps", "simple", "fixed_large", "9.46±0.11", "3.17"),
    Cell("x0-simple-fixed", "x_0, squared error of x_0", "x0", "simple", "fixed_large"),
)

# The variance choice: the cells above with fixed variances, sampled and bounded with the smaller one too.
SMALL = "fixed_small"

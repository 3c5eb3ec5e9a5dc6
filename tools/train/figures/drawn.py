"""Figures that the sampler writes by itself. Each takes the program, the given pictures, and where a file of a kind goes."""

CHAIN = ("--sampler", "ddpm")


def progressive(program, given, to):
    """x_t above the estimate of x_0 (figure 6)."""
    program("draw", *CHAIN, "--n", 4, "--out", program.scratch / "four.png", "--strip", to("png"))


def shared(program, given, to):
    """Pictures that share a latent (figure 7)."""
    program("shared", *CHAIN, "--out", to("png"))


def interpolation(program, given, to):
    """Between two pictures, from several depths (figures 8 and 9)."""
    program("interpolate", *CHAIN, *given.between, "--out", to("png"))


def inpainting(program, given, to):
    """A picture whose lower half is drawn anew, six times."""
    program("inpaint", *CHAIN, "--steps", 100, "--n", 6, "--mask", given.mask, given.halved, "--out", to("png"))


def rate(program, given, to):
    """Distortion against rate (figure 5), and its table."""
    print(program("progressive", "--timesteps", 300, *given.many, "--plot", to("svg")))

"""Quality against seconds: what the product's sampler draws from a pack, by sampler and steps."""

from evaluation import samples
from evaluation.judge import Judge
from train.packs import null_label

RUNS = ["ddpm:1000", "ddim:10", "ddim:20", "ddim:50", "ddim:100", "dpmpp:10", "dpmpp:20", "unipc:10", "heun:10"]


def options_of(run, count, classes):
    """Arguments of `sample many` for SAMPLER:STEPS[:GUIDANCE]."""
    sampler, steps, *guidance = run.split(":")
    options = ["--sampler", sampler, "--steps", steps]
    if classes:
        options += ["--labels", ",".join(samples.labels_of(count, classes)), "--guidance", *(guidance or ["1"])]
    return options


def rows(args):
    """A row a run."""
    judge = Judge.of(args)
    classes = null_label(args.pack) or 0
    labels = [i % classes for i in range(args.n)] if classes else None
    found = []
    for run in args.runs:
        pixels, seconds = samples.draw(args.sample, args.pack, args.n, judge.source.channels, options_of(run, args.n, classes), args.threads)
        found.append({"run": run, "processor s/picture": seconds} | judge.all(pixels, labels))
    return found

"""Quality against seconds: what the product's sampler draws from a pack, by sampler and steps."""

from evaluation import samples
from evaluation.judge import Judge
from train.packs import null_label

RUN_FORM = "SAMPLER:STEPS[:eta=ETA][:GUIDANCE]"
RUNS = ["ddpm:1000", "ddim:10", "ddim:20", "ddim:50", "ddim:100", "dpmpp:10", "dpmpp:20", "unipc:10", "heun:10"]


def options_of(run, count, classes):
    """Arguments of `sample many` for RUN_FORM."""
    sampler, steps, *more = run.split(":")
    eta = [word.removeprefix("eta=") for word in more if word.startswith("eta=")]
    guidance = [word for word in more if not word.startswith("eta=")]
    options = ["--sampler", sampler, "--steps", steps, *(["--eta", *eta] if eta else [])]
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

"""The command line of evaluate.py."""

import argparse
import json
import sys
from pathlib import Path

import torch

from evaluation import float16, model, samples, table
from evaluation.judge import Judge
from train.errors import InputError

ABOUT = "How good samples and models are. Distances are Frechet's in the features of a classifier trained here; they are not FID."
ROOT = Path(__file__).resolve().parents[3]


def parser():
    p = argparse.ArgumentParser(prog="evaluate.py", description=ABOUT)
    p.add_argument("--data", default="digits", help="digits, nouns or a folder of pictures")
    p.add_argument("--size", type=int, default=32)
    p.add_argument("--cache", type=Path, default=ROOT / "build" / "evaluate", help="where classifiers are kept")
    p.add_argument("--classifier-steps", type=int, default=1500, help="how long the classifier is trained; distances of two lengths cannot be compared")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--sample", type=Path, default=ROOT / "build" / "sample", help="the sampler's program")
    p.add_argument("--json", action="store_true")
    sub = p.add_subparsers(dest="command", required=True)
    files = sub.add_parser("samples", help="measures of samples in .npz files or folders of PNG")
    files.add_argument("path", nargs="+")
    bits = sub.add_parser("bits", help="bits per dimension of held-out pictures under diffusers folders")
    bits.add_argument("path", nargs="+")
    bits.add_argument("-n", type=int, default=200, help="pictures")
    rows = sub.add_parser("table", help="quality against seconds over samplers and steps, drawn from a pack by the product's sampler")
    rows.add_argument("pack")
    rows.add_argument("-n", type=int, default=1000, help="samples a row")
    rows.add_argument("--runs", nargs="+", default=table.RUNS, metavar=table.RUN_FORM)
    both = sub.add_parser("float16", help="a diffusers folder in float32 PyTorch beside its pack, from the same noise")
    both.add_argument("folder")
    both.add_argument("pack")
    both.add_argument("-n", type=int, default=200, help="samples")
    both.add_argument("--steps", type=int, default=50)
    return p


def judge_files(args):
    judge = Judge.of(args)
    return [{"path": path} | judge.all(samples.read(path, judge.source.channels)) for path in args.path]


COMMANDS = {"samples": judge_files, "bits": model.bits_of, "table": table.rows, "float16": float16.compare}


def show(rows):
    """Rows as a Markdown table."""
    keys = list(rows[0])
    print("| " + " | ".join(keys) + " |")
    print("|---" * len(keys) + "|")
    for row in rows:
        print("| " + " | ".join(text(row.get(k)) for k in keys) + " |")


def text(value):
    if isinstance(value, list):
        return " ".join(text(v) for v in value)
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def main(argv=None):
    args = parser().parse_args(argv)
    torch.set_num_threads(args.threads)
    try:
        rows = COMMANDS[args.command](args)
    except (InputError, OSError) as err:
        print(f"evaluate: {err}", file=sys.stderr)
        return 1
    print(json.dumps(rows)) if args.json else show(rows)
    return 0

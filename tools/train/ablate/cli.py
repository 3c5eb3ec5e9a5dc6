"""The command line of ablation.py."""

import argparse
import sys
from pathlib import Path

import torch

from ablate import report, train
from ablate.cells import CELLS
from evaluation.judge import Judge
from train.errors import InputError

ROOT = Path(__file__).resolve().parents[3]


def parser():
    p = argparse.ArgumentParser(prog="ablation.py", description="Train every cell of the paper's Table 2 on small digits, and report. What was computed before is kept.")
    p.add_argument("--work", type=Path, default=ROOT / "build" / "ablation", help="where runs are kept")
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--steps", type=int, default=800, help="of training, a cell")
    p.add_argument("--samples", type=int, default=300, help="a cell, for the distance")
    p.add_argument("--pictures", type=int, default=100, help="held-out digits, for bits/dim")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--report-only", action="store_true", help="report what is there")
    p.add_argument("--root", type=Path, default=ROOT, help="the tree to write docs/ablation.md and the page's data into")
    return p


def main(argv=None):
    args = parser().parse_args(argv)
    torch.set_num_threads(args.threads)
    try:
        if not args.report_only:
            compute(args)
        report.write(args)
    except (InputError, OSError) as err:
        print(f"ablation: {err}", file=sys.stderr)
        return 1
    return 0


def compute(args):
    """Every cell of a seed before the next seed, so that a report can be made early."""
    judge = Judge("digits", train.SIZE, args.work, steps=400)
    for seed in range(args.seeds):
        for cell in CELLS:
            found = train.result(cell, seed, args.steps, args.work / f"{cell.key}-{seed}", judge, args.samples, args.pictures)
            print(f"{cell.key}, seed {seed}: {found['measures'] or found['failed']}, {found['seconds']:.0f} s", flush=True)

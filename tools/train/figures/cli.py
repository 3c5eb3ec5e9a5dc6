"""The command line of figures.py."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import coded, drawn
from figures.given import GIVEN
from figures.program import Program
from train.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
FIGURES = {
    "progressive": drawn.progressive,
    "shared": drawn.shared,
    "interpolation": drawn.interpolation,
    "inpainting": drawn.inpainting,
    "rate": drawn.rate,
    "coded": coded.coded,
}


def parser():
    p = argparse.ArgumentParser(prog="figures.py", description="Draw the documents' figures from a pack, and print what stands beside them.")
    p.add_argument("data", choices=list(GIVEN), help="what the pack draws: it names the figures, and the pictures that some begin with")
    p.add_argument("--pack", type=Path, help="the pack; weights/models/DATA.safetensors unless told")
    p.add_argument("--sample", type=Path, default=ROOT / "build" / "sample", help="the sampler's program")
    p.add_argument("--out", type=Path, default=ROOT / "docs" / "figures", help="folder to write to")
    p.add_argument("--only", nargs="+", choices=list(FIGURES), default=list(FIGURES), help="which figures; all unless told")
    return p


def main(argv=None):
    args = parser().parse_args(argv)
    pack = args.pack or ROOT / "weights" / "models" / f"{args.data}.safetensors"
    try:
        with tempfile.TemporaryDirectory() as scratch:
            program = Program(args.sample, pack, Path(scratch))
            given = GIVEN[args.data](Path(scratch))
            for name in args.only:
                FIGURES[name](program, given, lambda kind, name=name: args.out / f"{name}-{args.data}.{kind}")
    except (InputError, OSError, subprocess.CalledProcessError) as err:
        print(f"figures: {err}", file=sys.stderr)
        return 1
    return 0

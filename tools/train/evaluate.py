"""Judges samples, models and packs; `python tools/train/evaluate.py --help`."""

import sys

from evaluation.cli import main

if __name__ == "__main__":
    sys.exit(main())

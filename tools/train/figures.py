"""Draws docs/figures from a pack; `python tools/train/figures.py --help`."""

import sys

from figures.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Trains the cells of the paper's Table 2 at small scale; `python tools/train/ablation.py --help`."""

import sys

from ablate.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Tiny runs, for tests."""

import subprocess
import sys
from pathlib import Path

from train import datasets
from train.loop import Run, step_seed
from train.ranks import Ranks
from train.settings import Settings

HERE = Path(__file__).resolve().parents[1]
ROOT = HERE.parents[1]

# Two levels of 8x8 pixels: a step takes a few hundredths of a second.
TINY = {"data": "digits", "size": 8, "network": "least", "batch": 4, "steps": 6, "warmup": 2}


def settings(**changes):
    return Settings(**TINY | changes)


def run(out, ranks=None, **changes):
    s = settings(**changes)
    out.mkdir(parents=True, exist_ok=True)
    return Run(s, datasets.load(s.data, s.size), ranks or Ranks(), out)


def command(out, *more):
    """The program's command line for a tiny run."""
    words = [word for name, value in TINY.items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-m", "train", *words, "--threads", "1", "--device", "cpu", "--out", str(out), *more]


def call(words, **more):
    return subprocess.run(words, cwd=HERE, capture_output=True, text=True, **more)


def checked(*words):
    """Runs a program that must do what it is asked."""
    done = call([str(w) for w in words])
    assert done.returncode == 0, done.stderr


def seed_of(run, rank):
    """The seed of a run's next step."""
    return step_seed(run.settings.seed, run.step, rank)

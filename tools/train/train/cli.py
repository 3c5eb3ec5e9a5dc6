"""The command line."""

import sys

import torch

from train import datasets, machine, ranks
from train.errors import InputError
from train.flags import parser, settings_of
from train.loop import Run
from train.progress import go
from train.settings import check


def main(argv=None):
    args = parser().parse_args(argv)
    try:
        settings = settings_of(args)
        check(settings)
        if args.threads:
            torch.set_num_threads(args.threads)
        source = datasets.load(settings.data, settings.size)
        if settings.classes and not source.classes:
            raise InputError(f"--classes: {settings.data} has none; make a folder a class, each with its pictures")
        args.out.mkdir(parents=True, exist_ok=True)
        joined = ranks.join(args.device, settings.batch)
        run = Run(settings, source, joined, args.out, machine.pick(args, joined.device))
        go(run, args.checkpoint_seconds, args.sheet_seconds)
        run.close()
        joined.close()
    except (InputError, FloatingPointError) as err:
        print(f"train: {err}", file=sys.stderr)
        return 1
    return 0

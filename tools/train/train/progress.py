"""A run from where it stands to its end, with what it says on the way."""

import signal
import time

from tqdm import tqdm

from train import export


class Every:
    """True once in so many seconds."""

    def __init__(self, seconds):
        self.seconds, self.last = seconds, time.monotonic()

    def due(self):
        now = time.monotonic()
        if now - self.last < self.seconds:
            return False
        self.last = now
        return True


class Interrupt:
    """Ctrl-C and SIGTERM ask for an end after the step."""

    def __init__(self):
        self.asked = False
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self.ask)

    def ask(self, *_):
        self.asked = True


def describe(run):
    """One line for people."""
    recent = run.history[-100:]
    per_second = run.step * run.settings.batch / max(run.seconds, 1e-9)
    return f"loss {sum(recent) / max(1, len(recent)):.4f}, {per_second:.0f} images/s"


def left(run):
    """Seconds until the end, by what has been done so far."""
    done = run.done()
    return run.seconds * (1 - done) / done if done > 0 else 0.0


def go(run, checkpoint_seconds, sheet_seconds):
    """Trains to the end and writes the folder; a run that is already over is only written."""
    interrupt = Interrupt()
    save, sheet = Every(checkpoint_seconds), Every(sheet_seconds)
    if run.step and run.ranks.first:
        print(f"going on at step {run.step}", flush=True)
    with tqdm(total=100, disable=None if run.ranks.first else True, bar_format="{n:.1f}% |{bar}| {postfix}", mininterval=1) as bar:
        show, say = Every(1), Every(10)  # a step can be over sooner than its line is written
        while not run.ranks.agree(run.done() >= 1 or interrupt.asked):
            run.advance()
            if show.due():
                bar.n = 100 * min(1.0, run.done())
                bar.set_postfix_str(f"step {run.step}, {describe(run)}, {left(run):.0f} s left")
            if not run.ranks.first:
                continue
            if bar.disable and say.due():
                print(f"step {run.step}, {describe(run)}, {left(run):.0f} s left", flush=True)
            if save.due():
                run.save()
            if sheet.due():
                export.draw(run, run.average())
    if run.ranks.first:
        run.save()
        export.export(run, sheet=run.done() >= 1)
        print(f"{run.out}: {run.step} steps, {describe(run)}")

"""What makes training fast on a GPU changes no number: pictures made ahead, losses read late, weights in another order, the network compiled."""

import dataclasses
import math
import signal
import subprocess
import threading

import numpy as np
import pytest
import runs
import torch

from train import datasets, export, machine, network
from train.cli import main
from train.errors import InputError
from train.feed import Ahead, moved
from train.flags import parser
from train.loop import Run, to_unit
from train.machine import Machine
from train.ranks import Ranks

WORKERS = Machine(workers=2)


def run(out, how=machine.PLAIN, **changes):
    s = runs.settings(**changes)
    out.mkdir(exist_ok=True)
    return Run(s, datasets.load(s.data, s.size), Ranks(), out, how)


def finished(run):
    while run.done() < 1:
        run.advance()
    run.close()
    return run


def same(a, b):
    """Every bit of two runs."""
    tensors = ({**r.model.state_dict(), **{f"ema.{k}": v for k, v in r.ema.values.items()}} for r in (a, b))
    return a.history == b.history and all(torch.equal(v, w) for v, w in zip(*(t.values() for t in tensors), strict=True))


@pytest.mark.parametrize("some", [{"classes": True, "dropout": 0.3, "flip": True}, {"data": "nouns", "size": 32}])
def test_pictures_made_ahead_change_nothing(tmp_path, some):
    assert same(finished(run(tmp_path / "a", **some)), finished(run(tmp_path / "b", WORKERS, **some)))


def test_batches_made_ahead_are_those_made_in_place(tmp_path):
    """More steps than slots, and steps out of order, as where a run is taken up."""
    ahead, plain = run(tmp_path, WORKERS, data="nouns", size=32), run(tmp_path, data="nouns", size=32)
    for step in [*range(12), 40, 41, 3, 4]:
        assert (ahead.feed.take(step)[0] == plain.feed.take(step)[0]).all()
    assert len(ahead.feed.jobs) + 1 == len(ahead.feed.slots)  # none was lost on the way
    ahead.close()


def test_the_pixels_in_use_are_left_alone():
    """Others are made in the meantime, but into other slots."""
    feed = Ahead(lambda step: (np.full((2, 3), step, np.uint8), np.array([step])), 2, (2, 3))
    for step in range(20):
        pixels, labels = feed.take(step)
        for _, _, job in feed.jobs:
            job.result()
        assert (pixels == step).all() and labels == [step]
    feed.close()


def test_an_error_in_a_worker_is_told():
    def broken(step):
        raise InputError(f"no pictures for step {step}")

    feed = Ahead(broken, 1, (1,))
    with pytest.raises(InputError, match="no pictures for step 7"):
        feed.take(7)
    feed.close()


def test_a_lost_worker_is_told():
    feed = Ahead(lambda step: (np.zeros(1, np.uint8), None), 1, (1,))
    feed.take(0)
    for process in list(feed.pool._processes.values()):
        process.kill()
    with pytest.raises(InputError, match="fewer --workers"):
        for step in range(1, 10):
            feed.take(step)
    feed.close()


def test_workers_end_with_the_run(tmp_path):
    """Also with one that is killed: its output ends when nobody holds it any longer."""
    process = subprocess.Popen(runs.command(tmp_path, "--steps", "1000000", "--workers", "2", "--checkpoint-seconds", "0"), cwd=runs.HERE, stdout=subprocess.PIPE)
    waited = threading.Event()
    while not (tmp_path / "checkpoint.pt").is_file() and process.poll() is None:
        waited.wait(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL


def test_losses_read_late_are_the_same(tmp_path):
    a, b = run(tmp_path / "a"), run(tmp_path / "b", Machine(read_every=4))
    counts = []
    while b.done() < 1:
        b.advance()
        counts.append(len(b.history))
    assert counts == [0, 0, 0, 4, 4, 6]
    assert same(finished(a), b)


def test_a_checkpoint_has_every_loss(tmp_path):
    late = run(tmp_path / "a", Machine(read_every=4))
    late.advance()
    late.save()
    again = run(tmp_path / "a", Machine(read_every=4))
    assert (again.step, len(again.history)) == (1, 1)
    assert same(finished(run(tmp_path / "b")), finished(again))


def test_a_loss_read_late_names_its_step_and_is_not_saved(tmp_path):
    late = run(tmp_path, Machine(read_every=4))
    late.advance()
    for p in late.model.parameters():
        p.data.fill_(math.nan)
    late.advance()
    late.advance()
    with pytest.raises(FloatingPointError, match="the loss of step 1 is nan"):
        late.save()
    assert not (tmp_path / "checkpoint.pt").exists()


def test_pixels_are_looked_up_as_they_are_computed(tmp_path):
    pixels = np.arange(256, dtype=np.uint8)
    assert torch.equal(run(tmp_path).unit[moved(pixels, "cpu").long()], to_unit(pixels))


def test_weights_in_another_order(tmp_path):
    """The files have them as ever, and either kind of run goes on with the other's checkpoint."""
    other = Machine(channels_last=True)
    a, b = run(tmp_path / "a"), run(tmp_path / "b", other)
    for r in (a, b):
        r.advance()
        r.save()
        export.save_weights(r.out, r.average(), r.settings, 0)
    name = "mid_block.resnets.0.conv1.weight"
    assert not b.model.get_parameter(name).is_contiguous() and not b.ema.values[name].is_contiguous()
    assert all(v.is_contiguous() for v in b.average().state_dict().values())
    for name, value in network.load(b.out).state_dict().items():
        torch.testing.assert_close(value, a.ema.values[name], rtol=1e-4, atol=1e-5)
    for r in (run(tmp_path / "a", other), run(tmp_path / "b")):
        for p, state in r.optimizer.state.items():
            assert p.stride() == state["exp_avg"].stride() == state["exp_avg_sq"].stride()
        finished(r)


@pytest.mark.filterwarnings("ignore:Dynamo detected a call:UserWarning")
def test_the_network_compiles_to_one_graph(tmp_path, monkeypatch):
    """Without the kernels, which take minutes; names and numbers stay."""
    compile_, asked = torch.compile, []

    def traced(model, **how):
        asked.append(how)
        return compile_(model, backend="aot_eager", fullgraph=True, dynamic=how["dynamic"])

    monkeypatch.setattr(torch, "compile", traced)
    a, b = finished(run(tmp_path / "a", steps=2)), finished(run(tmp_path / "b", Machine(compile="default"), steps=2))
    assert asked == [{"mode": "default", "dynamic": False}]
    assert a.model.state_dict().keys() == b.model.state_dict().keys() == b.average().state_dict().keys()
    assert b.history == pytest.approx(a.history, rel=1e-5)


def test_what_the_flags_say(monkeypatch):
    def picked(device, *words):
        return machine.pick(parser().parse_args(["--out", "X", *words]), device)

    assert picked("cpu") == machine.PLAIN
    assert picked("cpu", "--workers", "3", "--compile", "--channels-last", "--tune") == Machine(3, "default", True, True, 1)
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    assert picked("cuda:1") == Machine(workers=12, read_every=machine.UNREAD)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert picked("cuda:1", "--compile", "max-autotune") == dataclasses.replace(picked("cuda", "--workers", "6"), compile="max-autotune")


def test_fewer_workers_than_none(tmp_path, capsys):
    assert main(runs.command(tmp_path, "--workers", "-1")[3:]) == 1
    assert "--workers -1: must be at least 0" in capsys.readouterr().err


@pytest.mark.parametrize("how", [machine.PLAIN, Machine(channels_last=True)])
def test_the_fused_optimiser_goes_on_where_it_was(tmp_path, monkeypatch, how):
    """The GPU's, which the CPU has too."""
    monkeypatch.setattr("train.loop.is_cuda", lambda device: True)
    whole = finished(run(tmp_path / "whole", how))
    first = run(tmp_path / "parts", how)
    assert first.optimizer.defaults["fused"]
    first.advance()
    first.save()
    second = run(tmp_path / "parts", how)
    assert second.step == 1 and same(whole, finished(second))

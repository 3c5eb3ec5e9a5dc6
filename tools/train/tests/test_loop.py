"""The loop: average, warm-up, labels, processes, and that a run killed at any moment goes on to the same result."""

import math
import os
import signal
import subprocess
import time

import pytest
import runs
import torch

from train import checkpoint, export, network
from train.cli import main
from train.ema import Ema, rate
from train.errors import InputError
from train.loop import learning_rate
from train.ranks import Ranks


def finished(run):
    while run.done() < 1:
        run.advance()
    return run


def test_average_has_its_closed_form():
    module = torch.nn.Linear(1, 1, bias=False)
    values = [2.0, -1.0, 4.0, 0.5]
    module.weight.data.fill_(values[0])
    ema = Ema(module, 0.2)
    expected = values[0]
    for n, value in enumerate(values[1:]):
        module.weight.data.fill_(value)
        ema.update(n)
        keep = min(0.2, (1 + n) / (10 + n))
        expected = keep * expected + (1 - keep) * value
    assert ema.values["weight"].item() == pytest.approx(expected, rel=1e-6)
    assert rate(0.9999, 10**6) == 0.9999


def test_warm_up_and_decay():
    s = runs.settings(rate=1.0, warmup=4, decay="cosine")
    assert [learning_rate(s, n, 0) for n in range(5)] == pytest.approx([0.25, 0.5, 0.75, 1, 1])
    assert learning_rate(s, 100, 1) == pytest.approx(0.02) and learning_rate(s, 100, 0.5) == pytest.approx(0.51)
    assert learning_rate(runs.settings(rate=1.0, warmup=4), 100, 1) == 1


def test_same_settings_same_losses(tmp_path):
    """Dropout, flips and dropped labels included."""
    some = {"classes": True, "dropout": 0.3, "flip": True}
    a, b, c = (finished(runs.run(tmp_path / name, seed=seed, **some)).history for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert a == b and a != c


def state(out):
    return torch.load(out / checkpoint.FILE, weights_only=True)


def same(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    return a == b


def test_killed_run_goes_on_to_the_same_result(tmp_path):
    """SIGKILL, wherever it strikes, again and again until the run is over; every number is that of a run left alone."""
    more = ["--steps", "40", "--classes", "--dropout", "0.2", "--checkpoint-seconds", "0.2"]
    whole = runs.call(runs.command(tmp_path / "whole", *more))
    assert whole.returncode == 0, whole.stderr
    kills, out = 0, tmp_path / "killed"
    while kills < 20:
        process = subprocess.Popen(runs.command(out, *more), cwd=runs.HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        had = state(out)["step"] if (out / checkpoint.FILE).is_file() else 0
        while process.poll() is None and (not (out / checkpoint.FILE).is_file() or state(out)["step"] < had + 11 + kills):
            time.sleep(0.01)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        kills += 1
    assert process.returncode == 0, process.stdout.read()
    assert kills >= 2
    a, b = state(tmp_path / "whole"), state(out)
    assert a["history"] == b["history"] and len(a["history"]) == 40
    for part in ("model", "ema", "optimizer"):
        assert same(a[part], b[part]), part


def test_terminated_run_saves_first(tmp_path):
    process = subprocess.Popen(runs.command(tmp_path, "--steps", "100000"), cwd=runs.HERE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    first = process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 0 and first.startswith("step ") and state(tmp_path)["step"] > 0


def test_other_settings_are_refused(tmp_path):
    run = runs.run(tmp_path)
    run.advance()
    run.save()
    with pytest.raises(InputError, match=r"other settings \(dropout, seed\)"):
        runs.run(tmp_path, seed=5, dropout=0.1)
    assert runs.run(tmp_path, steps=99).step == 1  # more of the same run


def test_broken_checkpoint_is_refused(tmp_path):
    (tmp_path / checkpoint.FILE).write_bytes(b"PK nothing")
    with pytest.raises(InputError, match="is no checkpoint of this program"):
        runs.run(tmp_path)


def test_dropped_labels(tmp_path):
    run = runs.run(tmp_path, classes=True, batch=2000, label_drop=0.25)
    torch.manual_seed(0)
    labels = run.batch()[1]
    assert (labels == 10).float().mean().item() == pytest.approx(0.25, abs=0.04)
    assert set(labels.tolist()) == set(range(11))


def test_flips_mirror_half(tmp_path):
    run, plain = runs.run(tmp_path, flip=True, batch=400), runs.run(tmp_path, batch=400)
    torch.manual_seed(0)
    a, b = run.batch()[0], plain.batch()[0]
    mirrored = (a == b.flip(-1)).flatten(1).all(1)
    assert (mirrored | (a == b).flatten(1).all(1)).all()
    assert mirrored.float().mean().item() == pytest.approx(0.5, abs=0.1)


def test_lost_loss_stops_the_run(tmp_path):
    run = runs.run(tmp_path)
    for p in run.model.parameters():
        p.data.fill_(math.nan)
    with pytest.raises(FloatingPointError, match="smaller --rate"):
        run.advance()


def test_class_table_of_zeros_changes_nothing(tmp_path):
    run = runs.run(tmp_path / "plain")
    export.save_weights(tmp_path / "plain", run.average(), run.settings, 0)
    wide = runs.run(tmp_path / "wide", classes=True, init=str(tmp_path / "plain"))
    x, t = torch.randn(3, 1, 8, 8), torch.tensor([1, 2, 900])
    with torch.no_grad():
        a = network.run(network.load(tmp_path / "plain"), x, t)
        b = network.run(wide.average(), x, t, torch.tensor([0, 9, 10]))
    assert torch.equal(a, b)
    assert wide.model.config.num_class_embeds == 11


def test_init_of_another_shape_is_refused(tmp_path):
    run = runs.run(tmp_path / "a")
    export.save_weights(tmp_path / "a", run.average(), run.settings, 0)
    with pytest.raises(InputError, match="1 channels in, 1 out at size 8; these settings need 1, 2 and 8"):
        runs.run(tmp_path / "b", init=str(tmp_path / "a"), variance="learned")


def test_two_processes_share_a_batch(tmp_path):
    """torchrun's first loss is the mean of what each half alone gives, and both go on with the same weights."""
    words = runs.command(tmp_path / "two", "--steps", "3")
    words[1:3] = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0", "-m", "train"]
    done = runs.call(words, env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=120)
    assert done.returncode == 0, done.stderr
    halves = []
    for rank in range(2):
        run = runs.run(tmp_path / "one")
        run.ranks = Ranks(rank, 2)
        torch.manual_seed(runs.seed_of(run, rank))
        halves.append(run.loss().item())
    history = state(tmp_path / "two")["history"]
    assert history[0] == pytest.approx(sum(halves) / 2, rel=1e-5) and len(history) == 3


def test_odd_share_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(runs.command(tmp_path, "--batch", "3")[3:]) == 1
    assert "--batch 3: must be a multiple of the 2 processes" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--steps", "0"], "say how long to train"),
        (["--data", "nouns", "--size", "32", "--classes"], "Nouns have no classes"),
        (["--timesteps", "20"], "must be more than 20"),
        (["--size", "10"], "must be a multiple of 4"),
        (["--data", "no-such-folder"], "no data set of that name"),
        (["--init", "no-such-model"], "no config.json there"),
    ],
)
def test_bad_arguments(tmp_path, capsys, more, message):
    assert main(runs.command(tmp_path, *more)[3:]) == 1
    assert message in capsys.readouterr().err

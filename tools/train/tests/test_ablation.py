"""The ablation's cells run, are kept, and are reported with the paper's numbers beside them."""

import json

import numpy as np
import pytest

from ablate import cli, report
from ablate import train as cells
from ablate.cells import CELLS
from train.errors import InputError


class Ruler:
    """Stands where the judge stands, and measures brightness."""

    def frechet(self, pixels):
        return float(pixels.mean()), 0.0


def arguments(tmp_path):
    return cli.parser().parse_args(["--work", str(tmp_path / "work"), "--root", str(tmp_path), "--steps", "3", "--samples", "4", "--pictures", "2"])


def test_every_cell_is_trained_and_reported(tmp_path):
    args = arguments(tmp_path)
    for seed in range(2):
        for cell in CELLS:
            folder = args.work / f"{cell.key}-{seed}"
            first = cells.result(cell, seed, args.steps, folder, Ruler(), args.samples, args.pictures)
            assert first == cells.result(cell, seed, args.steps, folder, None, 0, 0)  # kept
            assert set(first["measures"]) == ({"learned"} if cell.variance == "learned" else {"fixed_large", "fixed_small"})
            assert all(np.isfinite(m["bits"]) for m in first["measures"].values())
    report.write(args)
    data = json.loads((tmp_path / "site" / "page" / "data" / "ablation.json").read_text())
    assert [r["key"] for r in data["rows"]] == [c.key for c in CELLS]
    best = data["rows"][5]
    assert (best["predict"], best["loss"], best["variance"]) == ("eps", "simple", "fixed") and data["seeds"] == 2
    assert best["frechet"]["seeds"] == 2 and best["frechet"]["error"] is not None
    for r in data["rows"]:
        assert (tmp_path / "site" / "page" / "data" / r["sheet"]).read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "docs" / "ablation.md").read_text()
    assert "| 9.46±0.11 | 3.17 |" in text and "unstable" in text and "2 seed(s)" in text


def test_a_lost_cell_is_said(tmp_path):
    lost = {"measures": {}, "failed": "the loss of step 3 is nan", "seconds": 1.0}
    assert report.over_seeds([lost], "learned", "frechet") is None and report.number(None) == "lost"
    assert report.over_seeds([lost, {"measures": {"learned": {"frechet": 2.0}}}], "learned", "frechet") == {"mean": 2.0, "error": None, "seeds": 1}


def test_report_of_nothing(tmp_path):
    with pytest.raises(InputError, match="no results there"):
        report.write(arguments(tmp_path))

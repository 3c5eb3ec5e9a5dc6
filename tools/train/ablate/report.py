"""docs/ablation.md, and the page's copy of it, site/page/data/ablation.json with a small sheet for every row, of the runs that are there.

ablation.json: {"steps", "seeds", "rows": [{"key", "predict", "loss", "variance", "sheet", "frechet": {"mean", "error", "seeds"}, "bits": the
same or null}]}. The page has the words. `sheet` is a PNG beside the file; numbers are of ours on small digits, over seeds.
"""

import json
import math
from pathlib import Path

import numpy as np
from PIL import Image

from ablate.cells import CELLS, SMALL
from train import pictures
from train.errors import InputError

SHEET = 16  # pictures


def found(args):
    """Results over the seeds that are there, of the cells that have some."""
    files = {cell.key: sorted(args.work.glob(f"{cell.key}-*/result.json")) for cell in CELLS}
    results = {key: [json.loads(f.read_text()) for f in of] for key, of in files.items()}
    if not any(results.values()):
        raise InputError(f"{args.work}: no results there; run ablation.py without --report-only first")
    return {key: of for key, of in results.items() if of}


def over_seeds(results, variance, measure):
    """Mean and standard error over seeds; None where no seed has a number."""
    values = [r["measures"].get(variance, {}).get(measure) for r in results]
    values = [v for v in values if v is not None]
    if not values:
        return None
    error = float(np.std(values, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
    return {"mean": float(np.mean(values)), "error": error, "seeds": len(values)}


def number(value):
    """A mean and its error for people."""
    if value is None:
        return "lost"
    digits = f"{value['mean']:.3g}"
    return digits if value["error"] is None else f"{digits} ± {value['error']:.1g}"


def sheet(args, cell, target):
    """Sixteen samples of the first seed, in few shades of grey: some hundred bytes."""
    with np.load(args.work / f"{cell.key}-0" / "samples.npz") as drawn:
        image = pictures.sheet(drawn[cell.variance][:SHEET], 4, 4)
    target.parent.mkdir(parents=True, exist_ok=True)
    image.quantize(16).save(target, optimize=True)


def row(cell, results):
    """A row of the page's data."""
    frechet, bits = (over_seeds(results, cell.variance, m) for m in ("frechet", "bits"))
    variance = "learned" if cell.variance == "learned" else "fixed"
    kind = {"key": cell.key, "predict": cell.predict, "loss": cell.loss, "variance": variance}
    return kind | {"sheet": f"ablation-{cell.key}.png", "frechet": frechet, "bits": bits}


def write(args):
    """Everything that the tree holds of the ablation."""
    results = found(args)
    data = args.root / "site" / "page" / "data"
    cells = [cell for cell in CELLS if cell.key in results]
    rows = [row(cell, results[cell.key]) for cell in cells]
    for cell, r in zip(cells, rows, strict=True):
        file = args.work / f"{cell.key}-0" / "samples.npz"
        if file.is_file():
            sheet(args, cell, data / r["sheet"])
        else:
            r["sheet"] = None
    write_json(data / "ablation.json", {"steps": args.steps, "seeds": seeds_of(results), "rows": rows})
    (args.root / "docs").mkdir(exist_ok=True)
    (args.root / "docs" / "ablation.md").write_text(document(args, results, cells, rows))
    for cell in cells:
        small = data / f"ablation-{cell.key}.png"
        if small.is_file():
            big = Image.open(small)
            target = args.root / "docs" / "figures" / small.name
            target.parent.mkdir(parents=True, exist_ok=True)
            big.save(target, optimize=True)


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def seeds_of(results):
    """How many seeds every cell has."""
    return min(len(of) for of in results.values())


def document(args, results, cells, rows):
    """The table with the paper's beside it, and the choice of variance."""
    lines = ["| predicts, loss, variance | paper: IS | FID | ours: distance | bits/dim | samples |", "|---|---|---|---|---|---|"]
    for cell, r in zip(cells, rows, strict=True):
        picture = f"![samples](figures/{r['sheet']})" if r["sheet"] else ""
        none = "-" if cell.predict == "x0" else "unstable"
        paper = f"{cell.inception or none} | {cell.fid or none}"
        lines.append(f"| {cell.title} | {paper} | {number(r['frechet'])} | {number(r['bits'])} | {picture} |")
    choice = ["| fixed variance | beta: distance | bits/dim | the posterior's: distance | bits/dim |", "|---|---|---|---|---|"]
    for cell in CELLS:
        if cell.variance == "fixed_large" and cell.key in results:
            of = results[cell.key]
            four = [number(over_seeds(of, v, m)) for v in (cell.variance, SMALL) for m in ("frechet", "bits")]
            choice.append(f"| {cell.title} | {' | '.join(four)} |")
    template = (Path(__file__).parent / "document.md").read_text()
    counts = {"steps": args.steps, "samples": args.samples, "pictures": args.pictures, "seeds": seeds_of(results)}
    return template.format(table="\n".join(lines), choice="\n".join(choice), **counts)

"""What a run leaves: a folder of the diffusers library with the averaged weights, sheet, curve and model card."""

import json
import os
import platform
from pathlib import Path

import diffusers
import torch
from diffusers import DDPMScheduler

from train import network, pictures, sampling
from train.flags import command_line
from train.process import beta_range

# What tools/convert reads of prediction_type. The library knows the first three; it has no name for the posterior's mean.
PREDICTION = {"eps": "epsilon", "x0": "sample", "v": "v_prediction", "mean": "posterior_mean"}


def write_text(path, text):
    """Whole or not at all."""
    partial = Path(f"{path}.partial")
    partial.write_text(text)
    os.replace(partial, path)


def change_json(path, **values):
    write_text(path, json.dumps(json.loads(Path(path).read_text()) | values, indent=2) + "\n")


def scheduler(settings):
    """The process as a scheduler file says it; names that the library refuses are put in afterwards."""
    first, last = beta_range(settings.timesteps)
    return DDPMScheduler(
        num_train_timesteps=settings.timesteps, beta_schedule="linear", beta_start=first, beta_end=last, clip_sample=True,
        variance_type=settings.variance, prediction_type="epsilon" if settings.predict == "mean" else PREDICTION[settings.predict],
    )  # fmt: skip


def save_weights(out, model, settings, classes):
    """unet/, scheduler/ and model_index.json."""
    model.save_pretrained(out / "unet")
    if classes:
        change_json(out / "unet" / "config.json", **{network.NULL_LABEL: classes})
    scheduler(settings).save_pretrained(out / "scheduler")
    change_json(out / "scheduler" / "scheduler_config.json", prediction_type=PREDICTION[settings.predict])
    index = {"_class_name": "DDPMPipeline", "_diffusers_version": diffusers.__version__,
             "scheduler": ["diffusers", "DDPMScheduler"], "unet": ["diffusers", "UNet2DModel"]}  # fmt: skip
    write_text(out / "model_index.json", json.dumps(index, indent=2) + "\n")


def samples(run, model, count=32, steps=50):
    """uint8 pictures by DDIM from the same noise every time, the labels in turn."""
    s = run.settings
    noise = torch.randn(count, run.source.channels, s.size, s.size, generator=torch.Generator().manual_seed(s.seed)).to(run.ranks.device)
    labels = torch.arange(count, device=noise.device) % run.classes if run.classes else None
    found = sampling.ddim(model, run.process, s, noise, min(steps, s.timesteps), labels, run.classes)
    return sampling.to_pixels(found)


def draw(run, model, name="samples.png"):
    """The sheet of samples and the curve, as the run stands."""
    columns = 10 if run.classes else 8
    image = pictures.sheet(samples(run, model, 4 * columns), columns)
    image.save(run.out / "partial.png")
    os.replace(run.out / "partial.png", run.out / name)
    write_text(run.out / "loss.svg", pictures.loss_curve(run.history))


def export(run, sheet=True):
    """Writes everything of a run that has come to an end, or, without a fresh sheet of samples, to a pause."""
    model = run.average()
    save_weights(run.out, model, run.settings, run.classes)
    if sheet:
        draw(run, model)
    facts = {
        "settings": run.settings.as_dict(), "data": run.source.name, "pictures": run.source.length, "steps": run.step,
        "images": run.step * run.settings.batch, "seconds": round(run.seconds, 1), "processes": run.ranks.count,
        "device": device_name(run.ranks.device), "final_loss": mean_of_last(run.history),
        "versions": {"torch": torch.__version__, "diffusers": diffusers.__version__, "python": platform.python_version()},
    }  # fmt: skip
    write_text(run.out / "training.json", json.dumps(facts | {"loss": pictures.smooth(run.history)}) + "\n")
    write_text(run.out / "README.md", card(run, model, facts))


def mean_of_last(history, count=200):
    part = history[-count:]
    return sum(part) / max(1, len(part))


def device_name(device):
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else f"CPU, {torch.get_num_threads()} threads"


def card(run, model, facts):
    """The model card: what it is, and everything needed to make it again."""
    s = run.settings
    command = " ".join(["python -m train", *command_line(s), "--out OUT"])
    versions = ", ".join(f"{k} {v}" for k, v in facts["versions"].items())
    parameters = sum(p.numel() for p in model.parameters())
    labels = f"{run.classes} classes, and label {run.classes} for none; labels dropped in {s.label_drop:.0%}" if run.classes else "no classes"
    about = f"{s.loss} loss, predicts {s.predict}, variance {s.variance}, {s.timesteps} timesteps, linear beta {0.1 / s.timesteps:g} to {20 / s.timesteps:g}"
    return f"""# {run.source.name}

| | |
|---|---|
| Data | {run.source.name}, {s.size}x{s.size}, {run.source.channels} channels; {labels} |
| Licence | {run.source.licence} |
| Network | {s.network}: {parameters:,} parameters; diffusers UNet2DModel |
| Process | {about} |
| Training | {facts["steps"]} steps of {s.batch} pictures, {facts["seconds"]:.0f} seconds on {facts["processes"]} x {facts["device"]}; the files hold the moving average |
| Loss | {facts["final_loss"]:.4f}, mean of the last 200 steps |
| Versions | {versions} |

Made by

    {command}

![samples](samples.png)

![loss](loss.svg)
"""

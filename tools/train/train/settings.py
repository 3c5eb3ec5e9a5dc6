"""Everything that decides a run, and what each data set takes where nothing is said."""

import dataclasses
from dataclasses import dataclass

from train.errors import InputError

# Widths, blocks a level, levels with attention, groups of the norms.
NETWORKS = {
    "least": ((8, 16), 1, (), 4),
    "tiny": ((16, 32), 1, (), 8),
    "small": ((32, 64, 64), 1, (1,), 16),
    "medium": ((32, 64, 128), 1, (1,), 16),
    "large": ((64, 128, 128), 2, (1,), 32),
}


@dataclass(frozen=True)
class Settings:
    """A run's settings; those named in FREE may change when it is taken up again."""

    data: str = "digits"
    size: int = 32
    network: str = "small"
    predict: str = "eps"
    loss: str = "simple"
    variance: str = "fixed_large"
    timesteps: int = 1000
    from_t: int = 0
    classes: bool = False
    label_drop: float = 0.1
    flip: bool = False
    batch: int = 64
    rate: float = 2e-4
    table_rate: float = 1.0
    betas: tuple = (0.9, 0.999)
    warmup: int = 200
    decay: str = "none"
    clip: float = 1.0
    dropout: float = 0.0
    ema: float = 0.9999
    seed: int = 0
    precision: str = "fp32"
    init: str = ""
    steps: int = 0
    minutes: float = 0.0

    def differences(self, other):
        """Names of settings whose change would make another run of it."""
        names = [f.name for f in dataclasses.fields(self) if f.name not in FREE]
        return [name for name in names if getattr(self, name) != getattr(other, name)]

    def as_dict(self):
        return dataclasses.asdict(self)

    @staticmethod
    def from_dict(values):
        values = dict(values)
        values["betas"] = tuple(values["betas"])
        return Settings(**values)


FREE = ("steps", "minutes")

# What differs from Settings' defaults. Flips: only where a mirrored picture is one of the data (Ho et al., appendix B).
# Dropout 0.1 is for data sets that a network could learn by heart (appendix B).
DEFAULTS = {
    "digits": {"network": "small", "ema": 0.999},
    "nouns": {"network": "medium", "ema": 0.999},
    "folder": {"network": "large", "flip": True, "dropout": 0.1},
}


def defaults(data):
    """The data set's own values: by name, or those of any folder of pictures."""
    return DEFAULTS.get(data, DEFAULTS["folder"])


def check(s):
    """Refuses what cannot be trained, and says what can."""
    rules = [
        (s.steps > 0 or s.minutes > 0, "say how long to train: --steps N or --minutes M"),
        (s.batch >= 1, f"--batch {s.batch}: must be at least 1"),
        (s.size >= 4 and s.size % 4 == 0, f"--size {s.size}: must be a multiple of 4, for the network halves it"),
        (0 <= s.label_drop < 1, f"--label-drop {s.label_drop}: must be at least 0 and below 1"),
        (0 <= s.dropout < 1, f"--dropout {s.dropout}: must be at least 0 and below 1"),
        (0 <= s.ema < 1, f"--ema {s.ema}: must be at least 0 and below 1"),
        (s.timesteps > 20, f"--timesteps {s.timesteps}: must be more than 20, for the last beta is 20 / T"),
        (0 <= s.from_t < s.timesteps, f"--from-t {s.from_t}: must be at least 0 and below {s.timesteps}, the number of timesteps"),
        (not s.classes or s.data != "nouns", "--classes: Nouns have no classes; digits and folders of folders have"),
    ]
    for holds, message in rules:
        if not holds:
            raise InputError(message)

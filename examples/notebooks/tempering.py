"""The table of the notebooks: steel is tempered; its hardness is known by a formula, measured with
a noise of 1 HV."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np


def hardness(celsius: float, minutes: float, medium: str) -> float:
    """What the model should find, HV."""
    return 300 + (celsius - 520) ** 2 / 200 - 20 * np.log(minutes) + 15 * (medium == "oil")


def write(path: Path, rows: int, seed: int = 0) -> None:
    """A table of `rows` measured parts; nobody tempers hot parts for long."""
    rng = np.random.default_rng(seed)
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["temperature", "time", "medium", "hardness"])
        for _ in range(rows):
            celsius, minutes = rng.uniform(400, 600), rng.uniform(1, 60)
            while (celsius - 400) / 200 + minutes / 60 > 1.4:
                celsius, minutes = rng.uniform(400, 600), rng.uniform(1, 60)
            medium = rng.choice(["oil", "water"])
            measured = hardness(celsius, minutes, medium) + rng.normal()
            table.writerow([f"{celsius:.1f}", f"{minutes:.2f}", medium, f"{measured:.1f}"])

"""Inconel 718 walls by directed energy deposition: wavelet images of thermal histories and the
strength measured there.

Source: Xie et al., npj Comput. Mater. 7 (2021): 135 points on 12 walls. The data are read where
they are, nothing is copied.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "xie2021_in718_ded"


@dataclass(frozen=True)
class Walls:
    """images [N, pixels] in 0..1, wall [N], and the measured strength, yield (MPa) and elongation
    [N]."""

    images: Floats
    shape: tuple[int, int, int]
    wall: NDArray[np.str_]
    properties: dict[str, Floats]


def load(folder: Path = FOLDER) -> Walls:
    """Raises FileNotFoundError where the data are absent."""
    with open(folder / "in718_ded_binned_thermal_and_properties.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    with np.load(folder / "wavelet_images_72x91.npz") as found:
        images = found["image"].astype(float) / 255.0
        if list(found["id"]) != [row["id"] for row in rows]:
            raise ValueError(
                "the images and the table list different points; fetch both files again"
            )
    properties = {
        "UTS": np.array([float(r["UTS_MPa"]) for r in rows]),
        "yield": np.array([float(r["yield_Pa"]) / 1e6 for r in rows]),
        "elongation": np.array([float(r["elongation"]) for r in rows]),
    }
    shape = images.shape[1:]
    return Walls(
        images.reshape(len(rows), -1), shape, np.array([r["wall"] for r in rows]), properties
    )

"""The laser problem with k(T) as an engineer wrote it, solved at the command line, against Newton
finite elements in the Kirchhoff variable (laser_conductivity_reference.json)."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from physics_rows import Section

import sna_edge
from sna_edge import Model

REFERENCE = Path(__file__).with_name("laser_conductivity_reference.json")
SIMPSON = np.array([1.0, 4.0, 1.0]) / 6  # over the power, whose kept values are even


def laser_conductivity(section: Section, file: Path) -> None:
    """True errors and estimates at the tolerance of the file, which misses the least power and says
    so, and at a tenth of it; processor time and memory."""
    kept = json.loads(REFERENCE.read_text(encoding="utf-8"))
    moved = max(kept["mesh"]["moved_from_1.4_times_as_coarse"].values())
    section.add(
        "laser_conductivity", "its reference moves from a mesh 1.4 times as coarse", moved,
        most=2e-3,
    )  # fmt: skip
    for case, words in (
        ("laser_conductivity", []),
        ("laser_conductivity, tolerance 1e-3", ["--tolerance", "1e-3"]),
    ):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        model = _solved(file, words)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        _beside(section, case, model, kept)
        section.add(case, "processor time", after.ru_utime - before.ru_utime, unit="s", most=120)
        section.add(case, "peak memory", after.ru_maxrss / 1e6, unit="GB", most=1)


def _solved(file: Path, words: list[str]) -> Model:
    """The model that the command line writes, doubted or not."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "m.sna"
        command = [sys.executable, "-m", "sna_edge", "solve", str(file), "-o", str(out), "--accept"]
        subprocess.run([*command, *words], check=True, stdout=subprocess.DEVNULL)
        return sna_edge.load(out)


def _beside(section: Section, case: str, model: Model, kept: dict[str, Any]) -> None:
    """True errors, over the box and at the worst kept power, and the estimates over them."""
    points, volumes = np.array(kept["points_um"]) * 1e-6, np.array(kept["volumes"])
    miss, size = [], []
    for power, values in kept["rise"].items():
        at = {**dict(zip("xyz", points.T, strict=True)), "power": float(power)}
        wanted = np.array(values)
        miss.append(volumes @ (model.value(at)[:, 0] - wanted) ** 2)
        size.append(volumes @ wanted**2)
    true = float(np.sqrt(SIMPSON @ miss / (SIMPSON @ size)))
    worst = float(np.sqrt(np.max(np.array(miss) / np.array(size))))
    told = model.metadata["estimate"]
    section.add(case, "true error", true)
    section.add(case, "true error at the worst corner", worst)
    section.add(case, "estimate over true error", told["relative"] / true, least=0.5, most=5)
    section.add(
        case, "worst estimate over true error there", told["worst"] / worst, least=0.5, most=5
    )

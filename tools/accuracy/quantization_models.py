"""The models of the quantization table: those of the accuracy table, each fitted once to all its
rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent))

from functions import FUNCTIONS
from measured import ABSENT, DATA, SETS

from sna_export.fit import fit_arrays

Floats = NDArray[np.float64]
ROWS = 1000
SECONDS = 40.0
"""Time limit of a fit: what counts here is the model, not its accuracy."""


def cases() -> Iterator[tuple[str, Floats, Floats]]:
    """(name, x [N, D], y [N]); measured tables only where the data are."""
    for function in FUNCTIONS:
        yield function.name, *function.rows(ROWS, 0)
    if not DATA.is_dir():
        print(f"{ABSENT}; functions only", file=sys.stderr)
    for measured in SETS if DATA.is_dir() else ():
        yield measured.name, *measured.load()[:2]


def fitted(folder: Path) -> list[Path]:
    """Artifacts of all cases in `folder`; those that are missing are fitted."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, x, y in cases():
        path = folder / f"{name}.sna"
        if not path.exists():
            print(f"fitting {name} ({len(x)} rows)", file=sys.stderr, flush=True)
            fit_arrays(x, y, seed=0, time_limit=SECONDS).model.save(path)
        paths.append(path)
    return paths

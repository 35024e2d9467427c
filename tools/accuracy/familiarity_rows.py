"""Tables for familiarity: rows to fit, rows to calibrate, rows held out, and rows that should look
unfamiliar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """`strange`: further rows by name, each to be told from `held_out`."""

    name: str
    fitted: Floats
    calibration: Floats
    held_out: Floats
    strange: dict[str, Floats]


def tables(data: Path) -> Iterator[Rows]:
    """The tables under `data` that are there, then the synthetic ones."""
    if (data / "gas_turbine").exists():
        years = [_read(data / "gas_turbine" / f"gas_turbine_{y}.csv") for y in range(2011, 2014)]
        x = years[0][np.random.default_rng(1).permutation(len(years[0]))]
        later = {"2012": years[1], "2013": years[2]}
        yield Rows("gas turbine", x[:3000], x[3000:5000], x[5000:], later)
    if (data / "uci_concrete").exists():
        yield _split("concrete", _read(data / "uci_concrete" / "concrete.csv"), 600)
    if (data / "uci_power_plant").exists():
        yield _split("power plant", _read(data / "uci_power_plant" / "power_plant.csv"), 3000)
    for inputs in (8, 12, 16, 24, 32):
        yield synthetic(inputs)


def synthetic(inputs: int, rows: int = 6000) -> Rows:
    """Correlated sensors: three latent causes, bent, plus noise of a fifth of their spread; strange
    are shuffled columns, one shuffled column, and a reversed relation of two sensors."""
    rng = np.random.default_rng(inputs)
    cause = rng.normal(size=(rows, 3))
    seen = cause @ rng.normal(size=(3, inputs))
    seen = seen / seen.std(axis=0) + 0.3 * np.tanh(np.roll(seen, 1, axis=1))
    x = seen + 0.2 * rng.normal(size=seen.shape)
    made = _split(f"synthetic {inputs}", x, 3000)
    bent = made.held_out.copy()
    bent[:, 1] = 2 * bent[:, 1].mean() - bent[:, 1]
    return Rows(*list(vars(made).values())[:4], {**made.strange, "one sensor mirrored": bent})


def _split(name: str, x: Floats, fitted: int) -> Rows:
    rng = np.random.default_rng(1)
    x = x[rng.permutation(len(x))]
    middle = (fitted + len(x)) // 2
    held = x[middle:]
    shuffled = np.stack([rng.permutation(c) for c in held.T], axis=1)
    one = held.copy()
    one[:, 0] = shuffled[:, 0]
    return Rows(name, x[:fitted], x[fitted:middle], held, {"shuffled": shuffled, "one column": one})


def _read(path: Path) -> Floats:
    """All columns but the last, which is the output."""
    return np.asarray(np.genfromtxt(path, delimiter=",", skip_header=1)[:, :-1])

"""Rows to learn, rows to calibrate, familiar rows held out and rows that should look unfamiliar, by
kind: shuffled tables, later years, level pairs, holes, shapes, broken correlations, gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from familiarity_rows import synthetic
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rng = np.random.Generator
STRANGE = 600
"""Unfamiliar rows that are made where a kind makes them."""
LEAST_STRANGE = 200
HOLES = {
    "hole in the middle": ((0.37, 0.63), (0.3, 0.7)),
    "hole at the edge": ((0.74, 1.0), (0.6, 1.0)),
}
"""Ranks of two inputs that a hole takes out: 26 % times 40 %."""


@dataclass(frozen=True)
class Case:
    """`levels`: inputs with levels, coded 0, 1, ..; every array [rows, D]."""

    kind: str
    name: str
    fitted: Floats
    calibration: Floats
    held_out: Floats
    strange: Floats
    levels: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows [N, D] of one source in random order; `levels` as in Case."""

    name: str
    rows: Floats
    levels: tuple[int, ...] = ()
    holes: int = 0
    broken: tuple[int, ...] = ()


def cases(data: Path, seed: int) -> Iterator[Case]:
    """All cases whose tables are under `data`, then the synthetic ones; splits, anomalies, places
    of holes and synthetic rows by `seed`."""
    rng = np.random.default_rng(seed)
    measured = list(_measured(data, rng))
    sensors = [_sensors(n, rng) for n in (8, 12)]
    for t in measured:
        yield from _shuffled(t, rng)
    yield from _years(data, rng)
    for t in [*measured, *sensors]:
        for a, b in _hole_inputs(t, rng):
            for name, ranks in HOLES.items():
                inside = _inside(t, a, b, ranks)
                named = Table(f"{t.name} {a}, {b}", t.rows, t.levels)
                yield _split(name, named, t.rows[~inside], t.rows[inside])
        for d in t.broken:
            yield _broken(t, d, rng)
    for shape in ((4, 6), (6, 8)):
        yield _plant(shape, rng)
    yield from _shapes(rng)
    yield from _gaps(rng)


def _measured(data: Path, rng: Rng) -> Iterator[Table]:
    tracks = "hofmann2026_316l_singletracks/hofmann2026_316l_677.csv"
    moulding = "injection_moulding_polenta2022/injection_moulding_1451.csv"
    points = "lded_meltpool_cfd_song/lded_cfd_meltpool_points.csv"
    found = [
        ("gas turbine", "gas_turbine/gas_turbine_2011.csv", range(9), (), 2, (7, 8)),
        ("power plant", "uci_power_plant/power_plant.csv", range(4), (), 2, ()),
        ("concrete", "uci_concrete/concrete.csv", range(8), (), 0, ()),
        ("tracks", tracks, range(1, 5), (2, 3), 0, ()),
        ("moulding", moulding, range(13), (), 0, ()),
        ("melt pool points", points, (0, 1, 2, 3, 6, 7, 11), (0,), 2, ()),
    ]
    for name, path, columns, levels, holes, broken in found:
        if (data / path).exists():
            rows = np.genfromtxt(data / path, delimiter=",", skip_header=1)[:, list(columns)]
            for d in levels:
                rows[:, d] = np.unique(rows[:, d], return_inverse=True)[1]
            rows = rng.permutation(rows)
            yield Table(name, rows[~np.isnan(rows).any(axis=1)], levels, holes, broken)


def _sensors(inputs: int, rng: Rng) -> Table:
    made = synthetic(inputs)
    rows = np.concatenate([made.fitted, made.calibration, made.held_out])
    return Table(f"sensors {inputs}", rng.permutation(rows), holes=2)


def _split(kind: str, t: Table, familiar: Floats, strange: Floats) -> Case:
    """At most 3,000 rows to learn and 2,000 to calibrate, of small tables 50 % and 20 %."""
    n = len(familiar)
    a = min(3000, n // 2)
    b = a + min(2000, n // 5)
    parts = familiar[:a], familiar[a:b], familiar[b : b + 4000]
    return Case(kind, t.name, *parts, strange[:4000], t.levels)


def _shuffled(t: Table, rng: Rng) -> Iterator[Case]:
    n = min(len(t.rows), 3000)
    every = np.stack([rng.permutation(c) for c in t.rows.T], axis=1)
    yield _split("all columns shuffled", t, t.rows, every[-n:])
    one = t.rows[-n:].copy()
    for i, d in enumerate(rng.integers(t.rows.shape[1], size=n)):
        one[i, d] = t.rows[rng.integers(len(t.rows)), d]
    yield _split("one column shuffled", t, t.rows, one)


def _years(data: Path, rng: Rng) -> Iterator[Case]:
    files = [data / "gas_turbine" / f"gas_turbine_{year}.csv" for year in (2011, 2012, 2013)]
    if not all(f.exists() for f in files):
        return
    first, *later = (np.genfromtxt(f, delimiter=",", skip_header=1)[:, :9] for f in files)
    first = rng.permutation(first)
    for year, rows in zip((2012, 2013), later, strict=True):
        yield _split("later years", Table(f"gas turbine {year}", first), first, rows)


def _hole_inputs(t: Table, rng: Rng) -> Iterator[tuple[int, int]]:
    """Pairs of inputs without levels in whose holes there are rows enough."""
    plain, left = [d for d in range(t.rows.shape[1]) if d not in t.levels], t.holes
    while left:
        a, b = rng.choice(plain, 2, replace=False).tolist()
        if min(np.count_nonzero(_inside(t, a, b, r)) for r in HOLES.values()) >= LEAST_STRANGE:
            left -= 1
            yield a, b


def _inside(t: Table, a: int, b: int, ranks: tuple[tuple[float, float], ...]) -> NDArray[np.bool_]:
    """Rows in a rectangle of the ranks of two inputs."""
    inside = np.ones(len(t.rows), bool)
    for d, (low, high) in zip((a, b), ranks, strict=True):
        rank = np.argsort(np.argsort(t.rows[:, d], kind="stable")) / (len(t.rows) - 1)
        inside &= (rank >= low) & (rank <= high)
    return inside


def _broken(t: Table, d: int, rng: Rng) -> Case:
    """Input d takes the value of a row at least a standard deviation away."""
    rows, pool = t.rows[-STRANGE:].copy(), t.rows[:, d]
    for row in rows:
        far = pool[np.abs(pool - row[d]) > pool.std()]
        row[d] = far[rng.integers(len(far))]
    return _split("broken correlation", Table(f"{t.name} {d}", t.rows), t.rows, rows)


def _plant(shape: tuple[int, int], rng: Rng) -> Case:
    """Machines x materials, a third of the pairs never made, each pair with its own settings; an
    unfamiliar row has settings of a pair made, and levels of one never made."""
    n = 6000
    pairs = rng.permutation([(i, j) for i in range(shape[0]) for j in range(shape[1])])
    made, never = np.split(pairs, [2 * len(pairs) // 3])
    levels = made[rng.integers(len(made), size=n)]
    base = rng.normal(size=(shape[0], 4)), rng.normal(size=(shape[1], 4))
    x = base[0][levels[:, 0]] + base[1][levels[:, 1]] + rng.normal(size=(n, 4))
    rows = np.c_[x, levels].astype(float)
    strange = rows[-STRANGE:].copy()
    strange[:, 4:] = never[rng.integers(len(never), size=STRANGE)]
    return _split(
        "level pairs", Table(f"plant {shape[0]} x {shape[1]}", rows, (4, 5)), rows, strange
    )


def _shapes(rng: Rng) -> Iterator[Case]:
    """Diagonals of 2 and 5 inputs, a turned box, a ring, a shell: rows on them, others beside."""
    n = 6000
    for inputs in (2, 5):
        line = rng.uniform(size=(n, 1)) + 0.05 * rng.normal(size=(n, inputs))
        beside = rng.uniform(size=(STRANGE * 20, inputs))
        beside = beside[np.ptp(beside, axis=1) > 0.25][:STRANGE]
        yield _shape(f"diagonal of {inputs}", line, beside)
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    half = np.array([1.0, 1.0, 0.2, 0.2])
    box = rng.uniform(-1, 1, size=(n, 4)) * half @ turn
    around = rng.uniform(box.min(axis=0), box.max(axis=0), size=(STRANGE * 20, 4))
    around = around[(np.abs(around @ turn.T) > 1.15 * half).any(axis=1)][:STRANGE]
    yield _shape("turned box", box, around)
    for inputs in (2, 3):
        away = rng.normal(size=(n, inputs))
        ring = away / np.linalg.norm(away, axis=1)[:, None] * rng.normal(1, 0.08, size=(n, 1))
        centre = rng.uniform(-0.6, 0.6, size=(STRANGE * 20, inputs))
        centre = centre[np.linalg.norm(centre, axis=1) < 0.6][:STRANGE]
        yield _shape(("ring", "shell")[inputs - 2], ring, centre)


def _shape(name: str, familiar: Floats, strange: Floats) -> Case:
    return _split("diagonal, ring, turned", Table(name, familiar), familiar, strange)


def _gaps(rng: Rng) -> Iterator[Case]:
    """Two clouds with a gap of a third of the range between, in one input or along a diagonal;
    and two sensors of one quantity of which one is off."""
    n = 6000
    for inputs in (3, 6):
        side = rng.integers(2, size=(n, 1))
        cloud = rng.uniform(size=(n, inputs))
        cloud[:, :1] = (cloud[:, :1] + 2 * side) / 3
        between = rng.uniform(size=(STRANGE, inputs))
        between[:, 0] = rng.uniform(0.4, 0.6, size=STRANGE)
        yield _split("wide gap", Table(f"gap, {inputs} inputs", cloud), cloud, between)
    for inputs in (4, 8):
        rows = rng.normal(size=(n, inputs))
        rows[:, 1] = rows[:, 0] + 0.05 * rng.normal(size=n)
        off = rows[-STRANGE:].copy()
        off[:, 1] += rng.choice([-1.0, 1.0], size=STRANGE) * rng.uniform(0.5, 2, size=STRANGE)
        yield _split("broken correlation", Table(f"twins, {inputs} inputs", rows), rows, off)

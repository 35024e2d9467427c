"""Lines of 4,000 parts on which things go wrong: the simulated laser line of `make station`, and
rows of measured tables, drawn from those that the model has not seen, with the same events.

Part 800: a sensor stands still for 60 parts. 1200: 12 parts at wrong settings. 1600: a new batch,
measured values lie JUMP deviations of the residuals lower. From 2000 on: they go on falling by
SLOPE deviations every 100 parts. On the laser line the events are those of examples/station.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools" / "honest"), str(ROOT / "examples" / "station")]

import line as laser  # noqa: E402
from tables import TABLES, Measured, drawn  # noqa: E402

import sna_edge  # noqa: E402
from sna_edge.quality import Limit  # noqa: E402

Floats = NDArray[np.float64]
KEPT = ROOT / "out" / "shift"
PARTS = 4000
JUMP, SLOPE = 1.2, 0.4
"""About what the events of the laser line are, in deviations of its residuals."""
ROWS, FEWER = 500, 350
NAMES = ("concrete strength", "power plant", "track depth", "turbine exhaust heat")


@dataclass(frozen=True)
class Shift:
    """A line: its model, its limits, and parts of a seed: readings x [N, D] as the machine reports
    them, measured values y [N, K] as a gauge would give them."""

    name: str
    model: sna_edge.Model
    limits: tuple[Limit, ...]
    parts: Callable[[int], tuple[Floats, Floats]]


def kept(name: str, fit: Callable[[], sna_edge.Model]) -> sna_edge.Model:
    """A quick fit, made once."""
    path = KEPT / f"{name.replace(' ', '_')}.sna"
    if not path.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        fit().save(path)
    return sna_edge.load(path)


def simulated() -> Shift:
    """The laser line, its model from the same 400 rows, its limits."""

    def fit() -> sna_edge.Model:
        from sna_export.fit import AxisSpec, fit_arrays

        rows = [text.split(",") for text in laser.table(400, seed=0).splitlines()]
        names, values = rows[0], np.array(rows[1:], dtype=float)
        axes = [AxisSpec(name, laser.UNITS[name]) for name in laser.INPUTS]
        d = len(axes)
        return fit_arrays(values[:, :d], values[:, d:], axes, names[d:], effort="quick").model

    model = kept("laser line", fit)
    limits = Limit("width", 112.0, 136.0, 124.0), Limit("depth", 56.0, 76.0)

    def parts(seed: int) -> tuple[Floats, Floats]:
        line = laser.Line(seed=1000 + seed)
        told = [line.part(n) for n in range(1, PARTS + 1)]
        x = np.array([[r[name] for name in model.input_names] for r, _ in told])
        return x, np.array([[m[name] for name in model.output_names] for _, m in told])

    return Shift("laser line (simulated)", model, limits, parts)


def measured(table: Measured) -> Shift:
    """A table: limits at the 10 and 90 % quantiles of the rows fitted to."""
    split = drawn(table, ROWS, 0) or drawn(table, FEWER, 0)
    assert split is not None, table.name

    def fit() -> sna_edge.Model:
        from sna_export.fit import fit_arrays

        return fit_arrays(split.x, split.y, effort="quick").model

    model = kept(table.name, fit)
    columns = [int(name[1:]) for name in model.input_names]
    low, high = np.array([(a.lower, a.upper) for a in model.axes]).T
    rows, values = split.x_test[:, columns].clip(low, high), split.y_test
    found = model.value(rows)[:, 0]
    to, back = (np.log, np.exp) if model.outputs[0].link == "exp" else (np.array, np.array)
    scatter = float(np.std(to(values) - to(found)))
    lsl, usl = np.quantile(split.y, [0.1, 0.9]).tolist()
    limits = (Limit(model.output_names[0], lsl, usl),)
    wrong = np.flatnonzero((values < lsl) | (values > usl))
    moving = int(np.argmax(np.std((rows - low) / (high - low), axis=0)))

    def parts(seed: int) -> tuple[Floats, Floats]:
        rng = np.random.default_rng([seed, 7])
        at = rng.integers(0, len(values), PARTS)
        at[laser.BURST - 1 : laser.BURST + 11] = rng.choice(wrong, 12)
        n = np.arange(1, PARTS + 1)
        off = JUMP * (n >= laser.BATCH) + SLOPE / 100.0 * np.maximum(n - laser.DRIFT, 0)
        x, y = rows[at].copy(), back(to(values[at]) - scatter * off)
        x[laser.STUCK - 1 : laser.STUCK + 59, moving] = x[laser.STUCK - 1, moving]
        return x, y[:, None]

    return Shift(table.name, model, limits, parts)


def shifts() -> list[Shift]:
    """The simulated line, then the tables that are there."""
    there = [t for t in TABLES if t.there and t.name in NAMES]
    return [simulated(), *(measured(t) for t in there)]

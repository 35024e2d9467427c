"""Rows of tools/inverse/inverse_bench.py about deadlines: time used over time given, on every
backend that is installed here."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from inverse_problems import Row, served

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.inverse import (
    Knob,
    StudentT,
    advise,
    argmax,
    estimate,
    interval_set,
    invert_batch,
    level_set,
    posterior,
    roots,
)

BUDGETS = (5.0, 20.0, 50.0, 200.0)  # ms
REPEATS = 5
Call = Callable[[float], object]


def waited() -> float:
    """Seconds this process stood in line for a processor, as Linux counts them: other programs'
    time is not an overrun."""
    try:
        return int(Path("/proc/self/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except OSError:
        return 0.0


def used(call: Call, ms: float) -> float:
    """Median time of `call(ms)` over ms."""
    call(ms)
    times = []
    for _ in range(REPEATS):
        stood, start = waited(), perf_counter()
        call(ms)
        times.append(perf_counter() - start - (waited() - stood))
    return 1000.0 * float(np.median(times)) / ms


def stored_model() -> Model:
    """t, a, b, c, d -> y, z (z through a link)."""
    rng = np.random.default_rng(0)
    axes = [spline_axis(n, "", 0.0, 1.0, spans=12) for n in "tabcd"]
    x = np.linspace(0, 1, 15)[:, None]
    tables = [
        1 + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.8, 1.6, 16) * x + rng.uniform(size=16)))
        for _ in axes
    ]
    outputs = [
        Output("y", interval=Interval(0.9, 0.01, 0.01)),
        Output("z", link="logistic", scale=3.0),
    ]
    return Model(axes, CP.full(tables, rng.normal(size=(16, 2))), outputs, dtypes=["float32"] * 5)


def calls(model: Model) -> dict[str, Call]:
    """Every call, on problems that need more than 200 ms or much less."""
    rng = np.random.default_rng(1)
    x = rng.uniform(size=(20_000, 5))
    y = model.with_backend("numpy").value(x)
    low, high = np.quantile(y, 0.6, axis=0), np.quantile(y, 0.7, axis=0)
    part = dict(zip("tabcd", map(float, x[int(y[:, 0].argmin())]), strict=True))
    band = {"y": (float(low[0]), float(high[0])), "z": (float(low[1]), float(high[1]))}
    line, fixed = {"y": float(low[0])}, dict.fromkeys("abcd", 0.4)
    known = {"c": x[:, 3], "d": x[:, 4], "t": x[:, 0]}
    found: dict[str, Call] = {
        "roots": lambda ms: roots(model, "t", line, fixed, deadline_ms=ms),
        "interval_set": lambda ms: interval_set(
            model, "t", {"y": band["y"]}, fixed, deadline_ms=ms
        ),
        "argmax": lambda ms: argmax(model, "t", "y", fixed, deadline_ms=ms),
        "level_set": lambda ms: level_set(
            model, line, list("abcd"), 20_000, at={"t": 0.5}, deadline_ms=ms
        ),
        "level_set, unreachable": lambda ms: level_set(
            model, {"y": 1e3, "z": 1.0}, list("tabcd"), deadline_ms=ms
        ),
        "invert_batch": lambda ms: invert_batch(
            model, {"y": y[:, 0], "z": y[:, 1]}, ["a", "b"], known, deadline_ms=ms
        ),
        "advise": lambda ms: advise(model, part, band, list("tabcd"), deadline_ms=ms),
        "advise, steps": lambda ms: advise(
            model, part, band, {k: Knob(step=0.01) for k in "abcd"}, deadline_ms=ms
        ),
    }
    truth = (0.3, 0.6, 0.2, 0.5)
    for count in (200, 20_000):
        rows = np.column_stack([x[:count, 0], *(np.full(count, v) for v in truth)])
        seen = model.with_backend("numpy").value(rows) + 0.05 * rng.normal(size=(count, 2))
        for name, data, noise in (
            ("", {"t": rows[:, 0], "y": seen[:, 0]}, 0.05),
            (" of a linked output", {"t": rows[:, 0], "z": seen[:, 1]}, 0.05),
            (", Student-t", {"t": rows[:, 0], "y": seen[:, 0]}, StudentT(0.05)),
        ):
            what = f"{count:,} observations{name}"
            found[f"estimate, {what}"] = lambda ms, d=data, s=noise: estimate(
                model, d, list("abc"), s, at={"d": 0.5}, deadline_ms=ms
            )  # type: ignore[misc]
            found[f"posterior, {what}"] = lambda ms, d=data, s=noise: posterior(  # type: ignore[misc]
                model, d, list("abc"), s, n=20_000, at={"d": 0.5}, deadline_ms=ms
            )
    return found


def deadline_rows() -> list[Row]:
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        worst: dict[str, list[str]] = {}
        for backend, model in served(stored_model(), Path(folder)).items():
            for what, call in calls(model).items():
                worst.setdefault(what, []).append(
                    f"{backend} " + " ".join(f"{used(call, ms):.2f}" for ms in BUDGETS)
                )
        for what, found in worst.items():
            rows.append(
                Row(f"time used over 5, 20, 50, 200 ms given: {what}", "; ".join(found), "1.10")
            )
    return rows

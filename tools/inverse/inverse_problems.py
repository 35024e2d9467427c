"""Random problems and helpers of tools/inverse/inverse_bench.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

import sna_edge
from sna_edge import CP, BackendError, Model, Output, spline_axis
from sna_edge.backends import create

BACKENDS = ("numpy", "native", "tflite")
NAMES = ["a", "b", "c"]


@dataclass
class Row:
    what: str
    measured: str
    target: str


def median_ms(work: Callable[[], object], repeats: int = 21) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return 1000.0 * float(np.median(times))


def smooth_model(
    seed: int, inputs: list[str], modes: int = 16, spans: int = 16, outputs: int = 1
) -> Model:
    """Atoms 1 + 0.6 sin of up to 0.6 periods, on `spans` cubic spans; served by the fastest backend
    there is."""
    rng = np.random.default_rng(seed)
    axes = [spline_axis(n, "", 0.0, 1.0, spans=spans) for n in inputs]
    x = np.linspace(0, 1, spans + 3)[:, None]
    tables = [
        1 + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.6, modes) * x + rng.uniform(size=modes)))
        for _ in inputs
    ]
    names = [Output("yzw"[k]) for k in range(outputs)]
    return fastest(
        Model(axes, CP.full(tables, rng.normal(size=(modes, outputs)) / np.sqrt(modes)), names)
    )


def fastest(model: Model) -> Model:
    try:
        create("native", model)
    except BackendError:
        return model
    return model.with_backend("native")


def observed(
    seed: int, count: int = 200, share: float = 0.02, modes: int = 16
) -> tuple[Model, dict[str, np.ndarray], float, np.ndarray]:
    model, rng = smooth_model(seed, ["t", *NAMES], modes), np.random.default_rng(seed + 1000)
    truth, t = rng.uniform(size=3), rng.uniform(size=count)
    sigma = share * float(np.ptp(model.value(rng.uniform(size=(1000, 4)))))
    y = model.value({"t": t, **dict(zip(NAMES, truth, strict=True))})[:, 0] + sigma * rng.normal(
        size=count
    )
    return model, {"t": t, "y": y}, sigma, truth


def served(model: Model, folder: Path) -> dict[str, Model]:
    """The model, stored in `folder`, on every backend that is installed here."""
    path = folder / "m.sna"
    model.save(path)
    try:
        from sna_export.tflite import export

        export(sna_edge.load(path, backend="numpy"), folder, stem="m")
    except ImportError:
        pass  # no flatbuffers: no file for the tflite backend, which then raises below
    found = {}
    for name in BACKENDS:
        try:
            found[name] = sna_edge.load(path, backend=name)
        except BackendError:
            continue
        assert found[name].backend.name == name
    return found

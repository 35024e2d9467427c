"""Measure one backend on a folder of models: agreement with numpy in float64, time per query.

    python tools/speed/exchange_runtime.py FOLDER BACKEND [SECONDS POINTS]

Needs numpy and the runtime only, so that it runs in small environments and on other processors.
Prints one JSON object: model -> {value, gradient (shares of range and range / width, kappa divided
out), single_us, batch_us}. SECONDS: how long each time is measured (0.3); POINTS: how many are
compared (10,000).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import sna_edge
from sna_edge.artifact.golden import measure
from sna_edge.numerics.domain_points import domain_points

POINTS = 10_000
BATCH = 4096


def compare(
    reference: Any, points: np.ndarray, value: np.ndarray, gradient: np.ndarray
) -> dict[str, float]:
    """Largest errors of values [N, K] and gradients [N, K, D] at `points`."""
    scale = measure(reference, points)
    truth, slopes = reference.backend.value_and_gradient(points)
    span = np.maximum(scale.high - scale.low, 1e-300) * np.maximum(1.0, scale.kappa)
    kept = [d for d, a in enumerate(reference.axes) if a.kind != "categorical"]
    width = np.array([reference.axes[d].width for d in kept])
    steep = np.abs(gradient - slopes)[:, :, kept] * width / span[:, None]
    return {
        "value": float((np.abs(value - truth) / span).max()),
        "gradient": float(steep.max(initial=0.0)),
    }


def microseconds(function: Callable[[], object], seconds: float = 0.3) -> float:
    """Median time of a call."""
    function()
    times: list[float] = []
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop or len(times) < 3:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e6


def points_of(model: Any, count: int = POINTS) -> np.ndarray:
    """Float32 numbers inside the domain: what a float32 runtime can be asked."""
    x = domain_points(model.axes, count).astype(np.float32).astype(float)
    return np.clip(x, [a.lower for a in model.axes], [a.upper for a in model.axes])


def row(path: Path, backend: str, seconds: float = 0.3, count: int = POINTS) -> dict[str, float]:
    reference = sna_edge.load(path, backend="numpy")
    model = sna_edge.load(path, backend=backend)
    points = points_of(reference, count)
    y, g = model.backend.value_and_gradient(points)
    found = compare(reference, points, model.backend.value(points), g)
    found["value"] = max(found["value"], compare(reference, points, y, g)["value"])
    one, many = points[0], points[:BATCH]
    single, batch = (
        microseconds(lambda x=x: model.value(x, level_index=True), seconds) for x in (one, many)
    )  # type: ignore[misc]
    return {**found, "single_us": single, "batch_us": batch / len(many)}


if __name__ == "__main__":
    folder, backend, how = (
        Path(sys.argv[1]),
        sys.argv[2],
        [kind(v) for kind, v in zip((float, int), sys.argv[3:], strict=False)],
    )
    cells = {}
    for path in sorted(folder.glob("*.sna")):
        try:
            cells[path.stem] = row(path, backend, *how)  # type: ignore[arg-type]
        except sna_edge.SnaError as error:
            print(f"{path.stem}: {error}", file=sys.stderr)
    print(json.dumps(cells))

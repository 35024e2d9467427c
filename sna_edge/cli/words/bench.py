"""Measure how fast this machine answers: one query, a gradient, batches, loading; medians of many
calls."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...files import load
from ...model import Model
from ...numerics.domain_points import domain_points
from ..arguments import add_json, add_model
from ..console import emit
from ..trusted.options import add_trust

HELP = "measure the speed of a model on this machine"
SINGLE, BATCH, LOADS = 2000, 65536, 5


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge bench`."""
    add_model(parser)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print latencies and rates; returns the exit code."""
    answer = measure(args.model, args.backend, args.keys, args.insecure)
    lines = [
        f"backend {answer['backend']}",
        (
            f"one query      {answer['single_us_p50']:8.2f} us median,"
            f" {answer['single_us_p99']:.2f} us p99"
        ),
        f"one gradient   {answer['gradient_us_p50']:8.2f} us median",
        f"batch          {answer['batch_per_s'] / 1e6:8.2f} million queries/s ({BATCH} rows)",
        f"load           {answer['load_ms']:8.2f} ms with all checks",
    ]
    emit(args, answer, lines)
    return 0


def measure(
    path: str, backend: str, keys: str | None = None, insecure: bool = False
) -> dict[str, Any]:
    """Latencies and rates of the model in `path`; keys carry their unit."""
    loads = []
    for _ in range(LOADS):
        start = time.perf_counter()
        model = load(path, backend, keys=keys, insecure=insecure)
        loads.append(time.perf_counter() - start)
    points = domain_points(model.axes, BATCH)
    single = durations(partial(model.value, level_index=True), points[:SINGLE])
    gradient = durations(partial(model.gradient, level_index=True), points[: SINGLE // 4])
    return {
        "status": "ok",
        "backend": model.backend.name,
        "single_us_p50": 1e6 * float(np.median(single)),
        "single_us_p99": 1e6 * float(np.quantile(single, 0.99)),
        "gradient_us_p50": 1e6 * float(np.median(gradient)),
        "batch_per_s": batch_rate(model, points),
        "batch_rows": BATCH,
        "load_ms": 1e3 * float(np.median(loads)),
    }


def durations(
    call: Callable[[NDArray[np.float64]], object], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Seconds of `call` on each row, after a warm-up."""
    for row in points[:32]:
        call(row)
    seconds = np.empty(len(points))
    for i, row in enumerate(points):
        start = time.perf_counter()
        call(row)
        seconds[i] = time.perf_counter() - start
    return seconds


def batch_rate(model: Model, points: NDArray[np.float64]) -> float:
    """Queries per second of the best of five batches."""
    best = np.inf
    for _ in range(5):
        start = time.perf_counter()
        model.value(points, level_index=True)
        best = min(best, time.perf_counter() - start)
    return float(len(points) / best)

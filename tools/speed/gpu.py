"""The cuda and the torch backend on a GPU: each against its targets and references, what is not
here said in a sentence.

    [PYTHONPATH=.] python tools/speed/gpu.py [--write]      # where sna-edge is not installed

7 inputs, cubic, 64 rows per table, 32 modes, float32. "in memory": the rows are on the GPU and the
answers stay there, as inside a loss. Writes docs/tables/cuda.md (gpu_kernel.py) and, where torch
sees the device, docs/tables/gpu.md. Exit code 2 where the cuda backend finds no device or NVRTC.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sna_edge import BackendError, Model
from sna_edge.numerics.domain_points import domain_points

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import gpu_kernel  # noqa: E402
from model_kinds import spline_model  # noqa: E402

TABLES = ROOT / "docs" / "tables"
BATCHES = (1, 1_000, 100_000, 1_000_000)
REPEATS, FEWER = 9, 3
"""Runs of which the median counts; of the slow ones."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="also write the tables")
    args = parser.parse_args()
    found: dict[str, list[str]] = {}
    try:
        found["cuda"] = gpu_kernel.table()
    except BackendError as error:
        print(f"gpu: {error}", file=sys.stderr)
    try:
        found["gpu"] = table(spline_model(7, 64, 32), torch_here())
    except BackendError as error:
        print(f"gpu: {error}", file=sys.stderr)
    for name, lines in found.items():
        text = "\n".join(lines) + "\n"
        print(text)
        if args.write:
            (TABLES / f"{name}.md").write_text(text, encoding="utf-8")
    return 0 if "cuda" in found else 2


def torch_here() -> Any:
    """Torch. Raises BackendError where it is not installed or sees no device."""
    try:
        import torch
    except ModuleNotFoundError:
        raise BackendError("torch is not installed; pip install 'sna-edge[torch]'") from None
    if not torch.cuda.is_available():
        raise BackendError("torch sees no CUDA device here; run this where nvidia-smi lists one")
    return torch


def table(model: Model, torch: Any) -> list[str]:
    """Microseconds per query, a row per backend, a column per batch; then the largest difference
    from numpy."""
    x = domain_points(model.axes, BATCHES[-1]).astype(np.float32).astype(float)
    twin = model.with_backend("torch").backend
    calls = {**arrays(model), **resident(twin, torch)}
    lines = [
        (
            f"{torch.cuda.get_device_name()}, torch {torch.__version__.split('+')[0]}; microseconds"
            " per query."
        ),
        "",
    ]
    lines += [
        "| rows in a batch | " + " | ".join(f"{n:,}" for n in BATCHES) + " |",
        "| --- |" + " ---: |" * len(BATCHES),
    ]
    for name, call in calls.items():
        lines.append(
            f"| {name} | " + " | ".join(f"{microseconds(call, x[:n]):.3g}" for n in BATCHES) + " |"
        )
    return [*lines, "", agreement(model, twin, x[:100_000])]


def arrays(model: Model) -> dict[str, Callable[[np.ndarray], Any]]:
    """Arrays in, arrays out, value and gradient, on each backend that is here."""
    found: dict[str, Callable[[np.ndarray], Any]] = {}
    for name in ("numpy", "native", "torch"):
        try:
            backend = model.with_backend(name).backend
        except BackendError as error:
            print(f"gpu: {error}", file=sys.stderr)
            continue
        title = "torch on the GPU" if name == "torch" else f"{name}, one core"
        found[f"{title}, value"] = backend.value
        found[f"{title}, value and gradient"] = backend.value_and_gradient
    return found


def resident(twin: Any, torch: Any) -> dict[str, Callable[[np.ndarray], Any]]:
    """Tensors in, tensors out."""
    held: dict[int, Any] = {}

    def value(x: np.ndarray) -> None:
        if len(x) not in held:
            held[len(x)] = torch.as_tensor(x, dtype=twin.dtype, device=twin.device)
        with torch.no_grad():
            twin.tensor(held[len(x)])
        torch.cuda.synchronize()

    return {"torch on the GPU, in memory, value": value}


def microseconds(call: Callable[[np.ndarray], Any], x: np.ndarray) -> float:
    call(x)
    times = []
    for _ in range(REPEATS if len(x) < BATCHES[-1] else FEWER):
        start = time.perf_counter()
        call(x)
        times.append(time.perf_counter() - start)
    return statistics.median(times) / len(x) * 1e6


def agreement(model: Model, twin: Any, x: np.ndarray) -> str:
    y, gradient = model.with_backend("numpy").backend.value_and_gradient(x)
    z, slopes = twin.value_and_gradient(x)
    width = np.ptp(y)
    off = np.abs(z - y).max() / width
    tilt = (np.abs(slopes - gradient) * [a.width for a in model.axes]).max() / width
    return (
        f"Largest difference from numpy on {len(x):,} points: {off:.1e} of the output range,"
        f" gradients {tilt:.1e} of range / width."
    )


if __name__ == "__main__":
    sys.exit(main())

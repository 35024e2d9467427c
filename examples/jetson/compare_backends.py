"""One model in numpy, torch (CUDA where there is one) and onnxruntime: agreement and time per
query.

python compare_backends.py model.sna [--rows 100000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import sna_edge
from sna_edge.numerics.domain_points import domain_points


def main(arguments: list[str] | None = None) -> dict[str, dict[str, float]]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("--rows", type=int, default=100_000)
    args = parser.parse_args(arguments)
    model = sna_edge.load(args.model, backend="numpy")
    x = domain_points(model.axes, args.rows).astype(np.float32).astype(float)
    x = np.clip(x, [a.lower for a in model.axes], [a.upper for a in model.axes])
    truth = model.backend.value(x)
    span = np.maximum(np.ptp(truth, axis=0), 1e-300)
    found = {}
    for name, run in runtimes(model).items():
        error = float((np.abs(run(x) - truth) / span).max())
        found[name] = {"error": error, "microseconds": timed(run, x)}
        print(
            f"{name:28s} {error:9.1e} of the range   {found[name]['microseconds']:8.3f} us per"
            f" query in a batch of {len(x)}"
        )
    return found


def runtimes(model: Any) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What is installed here."""
    there: dict[str, Callable[[np.ndarray], np.ndarray]] = {"numpy": model.backend.value}
    try:
        twin = model.with_backend("torch").backend
        there[f"torch {twin.device.type} {str(twin.dtype)[6:]}"] = twin.value
    except sna_edge.BackendError as error:
        print(error)
    try:
        import onnxruntime

        from sna_export.onnx import proto, run

        providers = [
            p
            for p in ("CUDAExecutionProvider", "CPUExecutionProvider")
            if p in onnxruntime.get_available_providers()
        ]
        session = onnxruntime.InferenceSession(
            proto(model).SerializeToString(), providers=providers
        )
        there[f"onnxruntime {session.get_providers()[0][:-17]}"] = lambda x: np.stack(
            run(session, x), axis=1
        )
    except ModuleNotFoundError as error:
        print(f"onnxruntime: {error.name} is not installed; pip install 'sna-edge[onnx]'")
    return there


def timed(run: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> float:
    run(x)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run(x)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) / len(x) * 1e6


if __name__ == "__main__":
    main()

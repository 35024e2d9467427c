"""The TFLite graph alone in ai-edge-litert: microseconds by batch, and bytes of every model kind
against its artifact.

    python tools/speed/tflite_bench.py [--write]

7 inputs, cubic, 32 modes, 35 rows per table. A call is `invoke` of the forward graph with its
inputs set, on one thread, as a loop beside a machine makes it: again and again. Bytes may be 1.3
times those of the .sna file and 12 KB. Writes docs/tables/tflite.md.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import sna_edge
from sna_edge import BackendError, Model
from sna_edge.backends.tflite import BLOCK, interpreter_class
from sna_edge.numerics.domain_points import domain_points
from sna_export.tflite import to_bytes

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from model_kinds import KINDS, spline_model  # noqa: E402

TARGET = ROOT / "docs" / "tables" / "tflite.md"
BATCHES, WANTED = (1, 64, 512, 4096), {"1": 8.0, "4,096": 1.2}
CALLS, LEAST = 20_000, 200
RATIO, ROOM = 1.3, 12 * 1024


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="also write docs/tables/tflite.md")
    args = parser.parse_args()
    try:
        text = "\n".join([*speeds(spline_model(7, 35, 32)), "", *sizes()]) + "\n"
    except BackendError as error:
        print(f"tflite_bench: {error}", file=sys.stderr)
        return 2
    print(text, end="")
    if args.write:
        TARGET.write_text(text, encoding="utf-8")
    return 0


def speeds(model: Model) -> list[str]:
    """A line per batch: the median and the least time of a query."""
    times = {f"{n:,}": timed(invoked(model, n), n) for n in BATCHES}
    with tempfile.TemporaryDirectory() as folder:
        times[f"{BATCHES[-1]:,}, asked of the backend (blocks of {BLOCK})"] = timed(
            asked(model, Path(folder), BATCHES[-1]), BATCHES[-1]
        )
    lines = [
        "| rows in a batch | us per query, median | least | wanted |",
        "| --- | --- | --- | --- |",
    ]
    return lines + [
        f"| {n} | {statistics.median(t):.2f} | {min(t):.2f} | {WANTED.get(n.split(', ')[0], '-')} |"
        for n, t in times.items()
    ]


def timed(call: Callable[[], object], count: int) -> list[float]:
    """Microseconds per row of one call after another."""
    times = []
    for _ in range(max(CALLS // count, LEAST)):
        start = time.perf_counter()
        call()
        times.append(1e6 * (time.perf_counter() - start) / count)
    return times


def asked(model: Model, folder: Path, count: int) -> Callable[[], object]:
    """Values of `count` rows by the tflite backend."""
    model.save(folder / "model.sna")
    served = sna_edge.load(folder / "model.sna", backend="numpy")
    (folder / "model.tflite").write_bytes(to_bytes(served))
    backend = sna_edge.load(folder / "model.sna", backend="tflite").backend
    x = domain_points(model.axes, count)[:count]
    return lambda: backend.value(x)


def invoked(model: Model, batch: int) -> Callable[[], None]:
    """`invoke` of the forward graph of this batch alone, its inputs set."""
    interpreter = interpreter_class()(model_content=to_bytes(model, batch), num_threads=1)
    interpreter.allocate_tensors()
    x = domain_points(model.axes, batch)[:batch].astype(np.float32)
    names = interpreter.get_signature_list()["forward"]["inputs"]
    indices = interpreter.get_signature_runner("forward").get_input_details()
    for d, name in enumerate(names):
        interpreter.set_tensor(indices[name]["index"], x[:, d])
    interpreter.invoke()
    return interpreter.invoke  # type: ignore[no-any-return]


def sizes() -> list[str]:
    lines = ["| model | .sna bytes | .tflite bytes | allowed |", "| --- | --- | --- | --- |"]
    for name, make in KINDS.items():
        model = make()
        own, exported = len(model.to_bytes()), len(to_bytes(model))
        allowed = int(RATIO * own + ROOM)
        lines.append(
            f"| {name} | {own:,} | {exported:,} |"
            f" {allowed:,}{'' if exported <= allowed else ', missed'} |"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())

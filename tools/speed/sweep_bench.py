"""Samples a second of `sna-edge sweep` beside the bare kernel, in turns; processor time, memory.

    python tools/speed/sweep_bench.py [--samples 1e8] [--workers 2] [--write]

Seven inputs, cubic, 32 modes, 64 rows a table (the model of bench_kernel.py). First blocks of one
process, sweep and kernel taking turns; then whole sweeps of two sizes by processes, each in a
driver of its own. Writes docs/tables/sweep.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench_kernel import model

import sna_edge
from sna_export.monte_carlo import sweep
from sna_export.monte_carlo.job import BLOCK
from sna_export.monte_carlo.native_route import NativeRoute, serves
from sna_export.monte_carlo.routes import NumpyRoute
from sna_export.monte_carlo.run import _job, looked
from sna_export.monte_carlo.tally import Tally

TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "sweep.md"
INPUTS, MODES, TURNS, WHOLE = 7, 32, 30, 10**9
DRAWN = {
    "uniform": "uniform",
    "normal, truncated": "truncated(0.5, 0.15, 0, 1)",
    "triangular": "triangular(0, 0.3, 1)",
}
SPECS = [("y", -0.5, 0.5)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=float, default=1e8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write docs/tables/sweep.md")
    parser.add_argument("--child", nargs=2, metavar=("SAMPLES", "DIST"))
    args = parser.parse_args()
    if args.child:
        print(json.dumps(whole(int(float(args.child[0])), args.child[1], args.workers)))
        return
    served = sna_edge.from_bytes(model(INPUTS, MODES), "auto")
    if not serves(served):
        sys.exit("sna-edge-native is not there, or is older than sweeps; build it first")
    lines = [*blocks(served), "", *sizes(int(args.samples), args.workers)]
    text = "\n".join(lines) + "\n"
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")


def blocks(served: sna_edge.Model) -> list[str]:
    """Nanoseconds of processor time a sample: kernel, drawing and all, in turns."""
    heads = ["inputs", "kernel alone", "drawing alone", "sweep", "sweep / kernel", "numpy sweep"]
    lines = [
        f"One process, {processor()}, {served.with_backend('native').backend.isa}; nanoseconds of"
        f" processor time a sample, least of {TURNS} turns.",
        "",
        *table_head(heads),
    ]
    for name, text in DRAWN.items():
        kernel, drawing, both, plain = (1e9 * t / BLOCK for t in least(served, text))
        cells = [name, *(f"{t:.1f}" for t in (kernel, drawing, both)), f"{both / kernel:.2f}"]
        lines.append("| " + " | ".join([*cells, f"{plain:.0f}"]) + " |")
    return lines


def least(served: sna_edge.Model, text: str) -> list[float]:
    """Seconds of a block: the kernel on samples, drawing them, the sweep, and that by numpy."""
    native = served.with_backend("native")
    job = looked(_job(native, {}, WHOLE, 0, text, SPECS, "native"), native)
    route, plain = NativeRoute(native, job), NumpyRoute(served.with_backend("numpy"), job)
    x, tally = route.draw(0, BLOCK), Tally.empty(1, 1)
    y, status = np.empty((BLOCK, 1), np.float32), np.empty(BLOCK, np.int8)
    library: Any = native.backend
    calls: list[Callable[[], Any]] = [
        lambda: library._model.value(x, y, status),
        lambda: route.draw(0, BLOCK),
        lambda: route.count(tally, 0, BLOCK),
    ]
    times = [min(spent(call) for _ in range(3)) for call in calls]
    for _ in range(TURNS - 3):
        times = [min(t, spent(call)) for t, call in zip(times, calls, strict=True)]
    return [*times, min(spent(lambda: plain.count(tally, 0, BLOCK)) for _ in range(3))]


def spent(call: Callable[[], Any]) -> float:
    """Seconds of the processor."""
    start = time.process_time()
    call()
    return time.process_time() - start


def sizes(samples: int, workers: int) -> list[str]:
    """Whole sweeps of a tenth of the samples and of all."""
    heads = ["inputs", "samples", "seconds of the processors", "by the clock", "memory", "1e9"]
    lines = [
        f"Whole sweeps by {workers} processes, from start to result. 1e9: seconds of {workers} free"
        " cores, by the processor time a sample of the row and what starting costs"
        f"{'' if samples >= WHOLE else ', extrapolated'}; load on the machine was"
        f" {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs.",
        "",
        *table_head(heads),
    ]
    for name, text in list(DRAWN.items())[:2]:
        few, many = (child(n, text, workers) for n in (samples // 10, samples))
        each = (many["processor"] - few["processor"]) / (samples - samples // 10)
        start = max(many["processor"] - each * samples, 0.0)
        for n, one in ((samples // 10, few), (samples, many)):
            cells = [name, f"{n:,}", f"{one['processor']:.1f}", f"{one['clock']:.1f} s"]
            all_of = f"{(each * WHOLE + start) / workers:.0f} s" if n == samples else ""
            lines.append("| " + " | ".join([*cells, f"{one['memory']:.0f} MB", all_of]) + " |")
    return lines


def child(samples: int, text: str, workers: int) -> dict[str, float]:
    """`whole` in a process of its own."""
    words = [sys.executable, __file__, "--workers", str(workers), "--child", str(samples), text]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def whole(samples: int, text: str, workers: int) -> dict[str, float]:
    """Processor seconds of driver and workers, seconds, MB of the largest of them."""
    served, start = sna_edge.from_bytes(model(INPUTS, MODES), "auto"), time.monotonic()
    sweep(served, {}, samples, rest=text, specs=SPECS, workers=workers)
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "processor": sum(u.ru_utime + u.ru_stime for u in used),
        "clock": time.monotonic() - start,
        "memory": max(u.ru_maxrss for u in used) / 1e3,
    }


def table_head(heads: list[str]) -> list[str]:
    return ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]


def processor() -> str:
    """Its name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "?")


if __name__ == "__main__":
    main()

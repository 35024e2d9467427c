"""Speed of the C library on this machine and its cost on emulated cores, as tables.

    python tools/speed/bench_kernel.py [--quick]

Writes docs/tables/kernel.md and docs/tables/firmware.md. Every figure of a row comes from one run,
contenders taking turns; beside ours runs plain_loop.c, what one would write by hand for one model.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bench_peers import empty_calls

import sna_edge
from sna_edge.core.basis import bspline, uniform_breaks

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "docs" / "tables"
HERE = Path(__file__).resolve().parent
INPUTS, ROWS, POINTS = 7, 64, 4000
FLAGS = ["-O3", "-march=native", "-ffast-math", "-shared", "-fPIC"]


def median_rates(calls: list[Callable[[], Any]], work: float, rounds: int) -> list[float]:
    """Work per second of each call, turn by turn; the 10th percentile of its times, because other
    work only slows."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, spent in zip(calls, times, strict=True):
            start = time.perf_counter()
            call()
            spent.append(time.perf_counter() - start)
    return [work / float(np.percentile(t, 10)) for t in times]


def model(
    inputs: int, modes: int, rows: int = ROWS, dtype: str = "float32", integers: bool = False
) -> bytes:
    rng = np.random.default_rng(0)
    axes = [
        sna_edge.Axis(f"x{d}", "", bspline(uniform_breaks(0.0, 1.0, rows - 3), 3))
        for d in range(inputs)
    ]
    tables = [rng.uniform(0.5, 0.999, (rows, modes)) for _ in axes]
    unit = {"int16": 2.0**-15, "int8": 2.0**-7}.get(dtype)
    tables = [t if unit is None else np.floor(t / unit) * unit for t in tables]
    made = sna_edge.Model(
        axes,
        sna_edge.CP.full(tables, rng.normal(size=(modes, 1))),
        [sna_edge.Output("y")],
        dtypes=[dtype] * inputs,
    )
    return made.replace(integer_path=integers).to_bytes()


def opened(data: bytes) -> Any:
    import sna_edge_native

    return sna_edge_native.Model(data)


def batch(native: Any, x: np.ndarray[Any, Any]) -> Callable[[], Any]:
    y, status = np.empty((len(x), 1), x.dtype), np.empty(len(x), np.int8)
    return lambda: native.value(x, y, status)


def aligned(count: int) -> np.ndarray[Any, Any]:
    room = np.zeros(count + 16, np.float32)
    start = (-room.ctypes.data // 4) % 16
    return room[start : start + count]


def compiled(source: str, folder: Path, *defines: str) -> ctypes.CDLL | None:
    """A C file of this folder as a library for this machine; None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    target = folder / f"{source}{''.join(defines)}.so"
    words = [compiler, *FLAGS, *defines, str(HERE / source), "-o", str(target)]
    subprocess.run(words, check=True)
    return ctypes.CDLL(str(target))


def plain_loop(folder: Path, modes: int) -> Callable[[], Any] | None:
    """The loop that one would write by hand for this number of modes."""
    library = compiled("plain_loop.c", folder, f"-DINPUTS={INPUTS}", f"-DMODES={modes}")
    if library is None:
        return None
    rng = np.random.default_rng(0)
    table, weights = aligned(INPUTS * ROWS * modes), aligned(modes)
    table[:], weights[:] = rng.random(table.size), 1.0
    x, y = rng.random((POINTS, INPUTS)).astype(np.float32), np.zeros(POINTS, np.float32)
    t, rows, w, out = (ctypes.c_void_p(a.ctypes.data) for a in (table, x, weights, y))

    def call(held: Any = (table, x, weights, y)) -> None:
        library.plain_loop(t, ROWS, rows, ctypes.c_size_t(POINTS), w, out)

    return call


def peak(folder: Path) -> float:
    """Fused multiply-adds of this machine, FLOP/s: a loop of independent ones."""
    width = 4 if platform.machine() != "x86_64" else 8
    if "avx512f" in Path("/proc/cpuinfo").read_text():
        width = 16
    library = compiled("peak.c", folder, f"-DVL={width}")
    if library is None:
        return float("nan")
    library.peak.restype = ctypes.c_double
    return float(library.peak())


def flops(inputs: int, modes: int) -> int:
    """Products and sums of one query in a large batch: a cubic and one product over axes, then the
    mixing."""
    return modes * (inputs * 7 + 2)


def batches(folder: Path, rounds: int) -> list[str]:
    top = peak(folder)
    x64 = np.random.default_rng(1).random((POINTS, INPUTS))
    lines = [f"Measured peak of this core: {top / 1e9:.0f} GFLOP/s of fused multiply-adds.", ""]
    lines += [
        (
            "| modes | million queries/s | float32 inputs | share of peak | plain vector loop |"
            " ratio |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for modes in (10, 16, 32, 64, 100, 128):
        native, other = (
            opened(model(INPUTS, modes)),
            (plain_loop(folder, modes) if modes % 16 == 0 else None),
        )
        calls = [
            batch(native, x64),
            batch(native, x64.astype(np.float32)),
            *([other] if other else []),
        ]
        rates = median_rates(calls, POINTS, rounds)
        share = f"{max(rates[:2]) * flops(INPUTS, modes) / top:.0%}"
        tail = (
            [f"{rates[2] / 1e6:.1f}", f"{max(rates[:2]) / rates[2]:.2f}"] if other else ["-", "-"]
        )
        lines.append(
            "| "
            + " | ".join(
                [str(modes), f"{rates[0] / 1e6:.1f}", f"{rates[1] / 1e6:.1f}", share, *tail]
            )
            + " |"
        )
    return [*lines, ""]


def nanoseconds(call: Callable[[], Any], count: int = 100, rounds: int = 3000) -> float:
    """One call, from short bursts: the 10th percentile, because other work on the machine only
    slows."""
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(count):
            call()
        spent.append((time.perf_counter() - start) / count)
    return float(np.percentile(spent, 10)) * 1e9


def singles() -> list[str]:
    """One query from Python, 7 inputs, 32 modes, beside numpy and the empty calls of other
    runtimes; ratios to `predict`."""
    data = model(INPUTS, 32)
    native, numpy_model = opened(data), sna_edge.from_bytes(data, "numpy")
    x = np.full(INPUTS, 0.37)
    one, wrapped = native.one, sna_edge.from_bytes(data, "native")
    rows = [
        ("native, `model.backend.predict(x)`", nanoseconds(lambda: one(x))),
        ("native, `model.value(x)`", nanoseconds(lambda: wrapped.value(x), 20, 2000)),
        ("numpy, `model.value(x)`", nanoseconds(lambda: numpy_model.value(x), 10, 1000)),
        *((name, nanoseconds(call, 20, 1000)) for name, call in empty_calls().items()),
        ("an empty Python call", nanoseconds(lambda: None)),
        ("the C call itself", c_call(data)),
    ]
    lines = ["| one query, 7 inputs, 32 modes | microseconds | ratio |", "|---|---|---|"]
    lines += [f"| {name} | {ns / 1e3:.3g} | {ns / rows[0][1]:.2g} |" for name, ns in rows]
    return [*lines, ""]


def c_call(data: bytes) -> float:
    """Nanoseconds of one query inside C: a batch of calls with one point each, from a program of
    its own."""
    compiler = shutil.which("cc")
    if compiler is None:
        return float("nan")
    flags = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-w"]
    with tempfile.TemporaryDirectory() as temporary:
        program, artifact = Path(temporary) / "one_call", Path(temporary) / "m.sna"
        artifact.write_bytes(data)
        words = [compiler, "-std=gnu11", *flags, f"-I{ROOT / 'firmware_bindings'}"]
        subprocess.run([*words, str(HERE / "one_call.c"), "-o", str(program)], check=True)
        done = [str(program), str(artifact)]
        return float(subprocess.run(done, check=True, capture_output=True, text=True).stdout)


def million() -> list[str]:
    """A million queries alone and by two threads: by the clock, and by the processor time of the
    busier thread, which other work on the machine does not lengthen."""
    native, count = opened(model(INPUTS, 32)), 1_000_000
    x = np.random.default_rng(0).random((count, INPUTS))
    y, status, busy = np.empty((count, 1)), np.empty(count, np.int8), {0: 0.0, 1: 0.0}
    halves = [slice(0, count // 2), slice(count // 2, count)]

    def share(i: int, rows: slice) -> None:
        start = time.thread_time()
        native.value(x[rows], y[rows], status[rows])
        busy[i] = time.thread_time() - start

    def two() -> None:
        threads = [threading.Thread(target=share, args=(i, h)) for i, h in enumerate(halves)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        spent.append(max(busy.values()))

    def alone() -> None:
        share(0, slice(0, count))
        single.append(busy[0])

    spent, single = list[float](), list[float]()
    one_rate, two_rate = median_rates([alone, two], 1.0, 40)
    return [
        (
            f"1,000,000 queries of 7 inputs, 32 modes: {1 / one_rate:.3f} s on one core,"
            f" {1 / two_rate:.3f} s on two threads ({two_rate / one_rate:.2f} x by the clock,"
            f" {min(single) / min(spent):.2f} x by processor time)."
        ),
        "",
    ]


def trains(quick: bool) -> list[str]:
    """Tensor trains, 7 inputs, cubic: microseconds per query in a batch."""
    lines = ["Microseconds per query in a batch, tensor trains of 7 inputs, 32 rows per core:", ""]
    lines += ["| rank | native value | native gradient | numpy value |", "|---|---|---|---|"]
    x = np.random.default_rng(0).random((2000, INPUTS))
    for rank in (4, 16) if quick else (4, 8, 16, 32):
        native, plain = (sna_edge.from_bytes(train(rank), b) for b in ("native", "numpy"))
        calls = [lambda b=m.backend: b.value(x) for m in (native, plain)]
        calls.insert(1, lambda b=native.backend: b.value_and_gradient(x))
        rates = median_rates(calls, len(x), 5)
        lines.append(f"| {rank} | " + " | ".join(f"{1e6 / r:.3g}" for r in rates) + " |")
    return [*lines, ""]


def train(rank: int) -> bytes:
    rng = np.random.default_rng(0)
    axes = [
        sna_edge.Axis(f"x{d}", "", bspline(uniform_breaks(0.0, 1.0, 29), 3)) for d in range(INPUTS)
    ]
    ranks = [1, *[rank] * INPUTS]
    cores = tuple(
        rng.uniform(-1, 1, (32, ranks[d], ranks[d + 1])) / np.sqrt(rank) for d in range(INPUTS)
    )
    work = sna_edge.TT(cores, rng.normal(size=(rank, 1)))
    return sna_edge.Model(
        axes, work, [sna_edge.Output("y")], dtypes=["float32"] * INPUTS
    ).to_bytes()


def scaling(quick: bool) -> list[str]:
    counts, ranks = (
        ((2, 7), (16, 64)) if quick else ((2, 4, 7, 16, 32, 50), (4, 16, 32, 64, 128, 256))
    )
    lines = ["Nanoseconds per query in a batch, by inputs and modes (32 rows per table):", ""]
    lines += ["| inputs | " + " | ".join(map(str, ranks)) + " |", "|---" * (len(ranks) + 1) + "|"]
    for inputs in counts:
        x = np.random.default_rng(0).random((2000, inputs))
        cells = [
            f"{1e9 / median_rates([batch(opened(model(inputs, r, 32)), x)], len(x), 15)[0]:.0f}"
            for r in ranks
        ]
        lines.append(f"| {inputs} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def kernel_page(quick: bool) -> str:
    with tempfile.TemporaryDirectory() as temporary:
        native = opened(model(INPUTS, 16))
        head = f"{platform.machine()}, {os.cpu_count()} CPUs, one thread, {native.isa}; "
        head += f"{INPUTS} inputs, cubic, {ROWS} rows per table, float32."
        parts = [
            [head, ""],
            batches(Path(temporary), 20 if quick else 150),
            singles(),
            million(),
            trains(quick),
            scaling(quick),
        ]
    return "\n".join(line for part in parts for line in part)


def firmware_page() -> str:
    """Exact costs on emulated cores: 7 inputs, cubic, 16 modes, 32 rows per table."""
    from sna_export.firmware import resources

    lines = [
        (
            "7 inputs, cubic, 16 modes, 32 rows per table; compiled with clang -Os, run on an"
            " emulated core, one query."
        ),
        "",
    ]
    for dtype in ("float32", "int16", "int8"):
        lines += [
            f"Tables in {dtype}:",
            "",
            resources.markdown(resources.report(model(7, 16, 32, dtype, integers=True))),
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer sizes and rounds, and print only"
    )
    args = parser.parse_args()
    pages = {"kernel": kernel_page(args.quick), "firmware": firmware_page()}
    for name, text in pages.items():
        print(text)
        if not args.quick:
            TABLES.mkdir(parents=True, exist_ok=True)
            (TABLES / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

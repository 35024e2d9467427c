"""What the cuda backend costs on a device, beside a kernel written for one model (plain_kernel.cu)
and the empty kernel, and how it agrees with the C library; a part of gpu.py."""

from __future__ import annotations

import ctypes
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sna_edge import BackendError, Model, from_bytes
from sna_edge.backends.cuda import CudaBackend, nvrtc
from sna_edge.backends.cuda.driver import Arguments, Device, Memory, Module, at
from sna_edge.calculus.moments import mean
from sna_edge.core.beside import Calibration, Companion, Coordinate, CoordinateSource, Role
from sna_edge.numerics.domain_points import domain_points
from sna_edge.uncertainty.interval import ends, residuals

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from model_kinds import KINDS, spline_model  # noqa: E402

PLAIN = Path(__file__).with_name("plain_kernel.cu")
ROWS, SAMPLES, BINS = 1 << 25, 1_000_000_000, 256
REPEATS, SINGLES = 9, 2001
"""Runs of which the median counts: of batches, of single queries."""
AGREE = 100_000  # points a model
FLOAT32 = 1e-6  # of the range
Row = tuple[str, str, str, bool]


def table() -> list[str]:
    """What was measured against its target. Raises BackendError where there is no device or no
    NVRTC."""
    model = spline_model(7, 64, 32)
    backend: Any = model.with_backend("cuda").backend
    rows = [*in_memory(model, backend), *intervals(), *single(model, backend)]
    rows += [sampled(backend), *agreement()]
    lines = [
        f"{backend.device.name}; 7 inputs, cubic, 64 rows a table, 32 modes, float32.",
        "",
        "| what | measured | target |",
        "|---|---|---|",
        *(f"| {what} | {found} | {told} |" for what, found, told, _ in rows),
    ]
    missed = [what for what, _, _, good in rows if not good]
    return [*lines, "", f"Missed: {'; '.join(missed) or 'none'}."]


def seconds(call: Callable[[], None], wait: Callable[[], None], repeats: int) -> float:
    """The median of so many runs that each end with `wait`; one before them is not counted."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        call()
        wait()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def in_memory(model: Model, backend: CudaBackend) -> list[Row]:
    """Queries a second with inputs and outputs in the device's memory, in turns."""
    device, (n, d) = backend.device, (ROWS, len(model.axes))
    lower, width = np.array([(a.lower, a.width) for a in model.axes], np.float32).T
    share = np.random.default_rng(0).random((n, d), np.float32)
    shares, x = written(device, share.T), written(device, lower + width * share)
    y, g = Memory(device, 4 * n), Memory(device, 4 * n * d)
    calls = (
        plain_call(device, shares, y, n),
        lambda: backend.value_at(x.address, y.address, n),
        lambda: backend.gradient_at(x.address, y.address, g.address, n),
    )
    runs = [[seconds(call, device.wait, 1) for call in calls] for _ in range(REPEATS)]
    plain, ours, slopes = n / np.median(runs, axis=0) / 1e9
    word = "thousand million queries/s"
    return [
        ("a kernel written for this model", f"{plain:.2f} {word}", "", True),
        ("value, in memory", f"{ours:.2f} {word}, {ours / plain:.2f} of that",
         "8, and 1.0 of that", bool(ours >= 8 and ours >= plain)),
        ("value and gradient, in memory", f"{slopes:.2f} {word}", "2", bool(slopes >= 2)),
    ]  # fmt: skip


def written(device: Device, rows: np.ndarray) -> Memory:
    """Rows as float32 on the device."""
    held = np.ascontiguousarray(rows, np.float32)
    memory = Memory(device, held.nbytes)
    memory.write(at(held), held.nbytes)
    return memory


def plain_call(device: Device, x: Memory, y: Memory, n: int) -> Callable[[], None]:
    """A launch of the yardstick, in the shape that keeps most threads on a processor."""
    module = Module(device, nvrtc.compiled(PLAIN.read_text(encoding="utf-8"), device.capability))
    values = np.random.default_rng(1).uniform(0.4, 1.2, 7 * 64 * 32).astype(np.float32)
    rows = written(device, values)
    kernel = module.kernel("plain", values.nbytes)
    found = [(t, device.blocks(kernel, t, values.nbytes)) for t in (256, 384, 512, 768, 1024)]
    threads, blocks = max(found, key=lambda pair: pair[0] * pair[1])
    given = Arguments(*(ctypes.c_uint64(v) for v in (rows.address, x.address, y.address, n)))

    def launch(alive: tuple[Any, ...] = (module, rows)) -> None:
        device.launch(kernel, blocks * device.processors, threads, values.nbytes, given)

    return launch


def widened(model: Model) -> Model:
    """The model with residuals whose scale is a function of all inputs."""
    narrow = spline_model(len(model.axes), 16, 8, seed=2)
    logs = narrow.replace(outputs=[replace(narrow.outputs[0], link="exp", offset=0.0)])
    given = tuple(Coordinate(CoordinateSource.INPUT, d) for d in range(len(model.axes)))
    told = Calibration(
        n_residuals=1000, quantiles=0.01 * np.arange(-16.0, 17.0)[None], floor=np.zeros(1)
    )
    beside = (Companion(Role.SCALE, logs, given),)
    return from_bytes(model.replace(companions=beside, calibration=told).to_bytes())


def intervals() -> list[Row]:
    """Ends of intervals a second, with everything in the device's memory, and beside numpy."""
    model = widened(spline_model(7, 64, 32))
    twin, judge = model.with_backend("cuda"), model.with_backend("numpy")
    backend: Any = twin.backend
    x = domain_points(model.axes, min(ROWS, AGREE))
    y = judge.backend.value(x)
    wanted, found = (ends(m, x, y, 0.9) for m in (judge, twin))
    off = max(np.abs(a - b).max() for a, b in zip(found, wanted)) / (wanted[1] - wanted[0]).max()
    n, quantiles = min(ROWS, 1 << 22), residuals(model, 0.9)[1:]
    rows = np.resize(x, (n, x.shape[1]))
    there = [
        written(backend.device, a) for a in (rows, np.resize(y, (n, 1)), *[np.zeros((n, 1))] * 2)
    ]
    addresses = [m.address for m in there]
    time_of = seconds(lambda: backend.around_at(*addresses, n, *quantiles), backend.device.wait, 5)
    return [
        ("ends of intervals, a scale of 8 modes, in memory",
         f"{n / time_of / 1e9:.2f} thousand million queries/s", "", True),
        ("ends of intervals beside numpy", f"{off:.1e} of the widest", "1e-05", off <= 1e-5),
    ]  # fmt: skip


def single(model: Model, backend: CudaBackend) -> list[Row]:
    """One query and the empty kernel, in turns."""
    x = np.array([a.lower + 0.3 * a.width for a in model.axes])
    empty, query = [], []
    for _ in range(SINGLES):
        for call, times in ((backend.launched, empty), (lambda: backend.single(x), query)):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
    bare, one = (1e6 * statistics.median(times) for times in (empty, query))
    ratio = one / bare
    return [
        ("an empty kernel, started and waited for", f"{bare:.1f} us", "", True),
        ("one query", f"{one:.1f} us, {ratio:.2f} of that", "1.3 of that", ratio <= 1.3),
    ]


def sampled(backend: CudaBackend) -> Row:
    """Seconds of moments and a histogram of many samples."""
    ends = backend.sampled(10_000)
    between = (float(ends.least[0]), float(ends.largest[0]))

    def call() -> None:
        backend.sampled(SAMPLES, bins=BINS, between=between)

    found = seconds(call, backend.device.wait, 3)
    what = f"moments and a histogram of {SAMPLES:,} samples"
    return (what, f"{found:.3f} s", "0.25 s", found <= 0.25)


def agreement() -> list[Row]:
    """The largest difference from the C library over all kinds of models that the kernel takes."""
    worst, tilt, judge = 0.0, 0.0, "native"
    for kind in (k for k in KINDS if not k.startswith("train")):
        model = from_bytes(KINDS[kind]().to_bytes())
        x = domain_points(model.axes, AGREE)
        try:
            y, slopes = model.with_backend("native").backend.value_and_gradient(x)
        except BackendError:
            judge = "numpy"
            y, slopes = model.with_backend("numpy").backend.value_and_gradient(x)
        z, found = model.with_backend("cuda").backend.value_and_gradient(x)
        size, width = np.ptp(y, axis=0), np.array([a.width or 1.0 for a in model.axes])
        worst = max(worst, float((np.abs(z - y) / size).max()))
        tilt = max(tilt, float((np.abs(found - slopes) * width / size[:, None]).max()))
    name = "the C library" if judge == "native" else "numpy (the C library is not installed)"
    return [
        (f"values beside {name}", f"{worst:.1e} of the range", f"{FLOAT32:.0e}", worst <= FLOAT32),
        (f"gradients beside {name}", f"{tilt:.1e} of range / width", f"{10 * FLOAT32:.0e}",
         tilt <= 10 * FLOAT32),
        moments(),
    ]  # fmt: skip


def moments() -> Row:
    """The mean of samples beside the exact one."""
    model = spline_model(7, 64, 32)
    backend: Any = model.with_backend("cuda").backend
    count = min(SAMPLES, 100_000_000)
    found, true = backend.sampled(count, seed=5), float(np.ravel(mean(model, None))[0])
    off = abs(float(found.mean[0]) - true) / float(np.sqrt(found.variance[0] / count))
    what = f"mean of {count:,} samples beside the exact one"
    return (what, f"{off:.1f} standard errors", "4", off <= 4)

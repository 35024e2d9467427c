"""What interval and familiarity cost, in the units of one query of the value, as a table.

    python tools/speed/beside_cost.py [--data FOLDER] [--print]

FOLDER holds uci_concrete/ and gas_turbine/ (shared/data beside the tree); models of tables that are
absent are left out. Writes docs/tables/beside_cost.md. Every ratio is of one run, its contenders
taking turns: C by a program of its own (beside_cost.c), a Cortex-M4F as instructions of an
emulated core, Python as `model.value` against `model.evaluate`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench_kernel import model as random_model
from numpy.typing import NDArray

import sna_edge
from sna_edge.core.beside import Role
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import with_familiarity
from sna_export.firmware import resources
from sna_export.firmware.cores import CORES
from sna_export.firmware.emulate import Firmware
from sna_export.firmware.toolchain import compile_image
from sna_export.fit import fit
from sna_export.table import read

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "beside_cost.md"
HERE = Path(__file__).resolve().parent
COMPILER = ["cc", "-O2", "-std=gnu11", "-w", f"-I{ROOT / 'firmware_bindings'}"]
LEVEL, BATCH, SOME = 0.9, 10_000, 12
HEAD = (
    "| model, query | value | with the interval | with familiarity | with both | both / value |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: |"
)

Row = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """A named model with rows of its table inside its domain."""

    name: str
    data: bytes
    rows: Row

    @property
    def limit(self) -> str:
        """Multiply-adds: what is left of the ratio where every one costs the same."""
        whole = sna_edge.from_bytes(self.data, "numpy")
        of = resources.multiply_adds
        value = of(whole)
        scale, density = (
            sum(of(c.model) for c in whole.companions if c.role == r)
            for r in (Role.SCALE, Role.FAMILIARITY)
        )
        weights = [len(z.weights) for c in whole.companions for z in c.coordinates]
        density += sum(weights)
        both = value + scale + density
        cells = value, value + scale, value + density, both
        return _row(f"{self.name}: multiply-adds", [f"{n:,}" for n in cells], both / value)


def models(data: Path) -> Iterator[Asked]:
    """Fits of measured tables, and a value that is small beside its densities."""
    for name, folder, target in (
        ("concrete, 8 inputs", "uci_concrete/concrete.csv", "strength_MPa"),
        ("turbine, 9 inputs", "gas_turbine/gas_turbine_2011.csv", "CO"),
    ):
        if (data / folder).exists():
            yield fitted(name, data / folder, target)
    yield small()


def fitted(name: str, path: Path, target: str) -> Asked:
    found = fit(read(path), [target])
    made, x = found.model, found.inputs
    if not made.calibration:
        made = calibrated(made, x, found.measured, found.predicted).model
    if not made.calibration.n_scores:
        made = with_familiarity(made, x)
    return Asked(name, made.to_bytes(), x)


def small() -> Asked:
    """7 inputs, 16 cubic modes in float32: the model of firmware.md."""
    made = sna_edge.from_bytes(random_model(7, 16, 32), "numpy")
    rng = np.random.default_rng(0)
    x = 0.7 * rng.random((2000, 1)) + 0.3 * rng.random((2000, 7))
    y = made.value(x)
    measured = y + (0.1 + x[:, :1]) * rng.normal(size=y.shape)
    made = with_familiarity(calibrated(made, x, measured, y).model, x)
    return Asked("7 inputs, 16 modes", made.to_bytes(), x)


def c_times(asked: Asked, *define: str) -> list[float]:
    """Nanoseconds of the value, with interval, with familiarity, with both."""
    with tempfile.TemporaryDirectory() as temporary:
        program, artifact, rows = (Path(temporary) / n for n in ("asked", "m.sna", "rows.f64"))
        artifact.write_bytes(asked.data)
        rows.write_bytes(np.ascontiguousarray(asked.rows[:512], "<f8").tobytes())
        source = str(HERE / "beside_cost.c")
        subprocess.run([*COMPILER, *define, source, "-o", str(program)], check=True)
        command = [str(program), str(artifact), str(rows)]
        best = [[float(v) for v in _output(command).split()] for _ in range(5)]
    return [min(column) for column in zip(*best, strict=True)]


def _output(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def instructions(asked: Asked, optimize: str) -> list[float]:
    """Of a Cortex-M4F, the mean of some rows."""
    core, counts = CORES["cortex-m4f"], []
    entries = ("sna_open", "sna_verify", "sna_eval", "sna_interval_at", "sna_familiarity")
    with tempfile.TemporaryDirectory() as temporary:
        image = compile_image(core, entries, Path(temporary), optimize=optimize)
        firmware = Firmware(core, image, asked.data)
        for x in asked.rows[:SOME]:
            y, value = firmware.value(x, count=True)
            interval = firmware.interval_at(x, y, LEVEL, count=True)[1]
            familiarity = firmware.familiarity(x, y, count=True)[1]
            counts.append([r.instructions for r in (value, interval, familiarity)])
    value, interval, familiarity = np.mean(counts, axis=0)
    return [value, value + interval, value + familiarity, value + interval + familiarity]


def python_times(asked: Asked, backend: str, rows: int) -> tuple[float, float]:
    """Microseconds of a row by `value`, and by `evaluate` with interval and familiarity."""
    model = sna_edge.from_bytes(asked.data, backend)
    x = np.ascontiguousarray(np.resize(asked.rows, (rows, len(model.axes))))
    query = x[0] if rows == 1 else x
    calls: list[Callable[[], Any]] = [
        lambda: model.value(query),
        lambda: model.evaluate(query, level=LEVEL),
    ]
    count, rounds = (20, 400) if rows == 1 else (1, 40)
    value, whole = (1e6 * t / count / rows for t in _in_turns(calls, count, rounds))
    return value, whole


def _in_turns(calls: list[Callable[[], Any]], count: int, rounds: int) -> list[float]:
    """Seconds of `count` calls each, the best of all rounds: other work only slows."""
    best = [np.inf] * len(calls)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            for _ in range(count):
                call()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def lines(asked: Asked) -> Iterator[str]:
    yield asked.limit
    yield from compiled(asked)
    for rows, what in ((1, "one point"), (BATCH, "10,000 rows, a row")):
        for backend in ("native", "numpy"):
            value, whole = python_times(asked, backend, rows)
            cells = [f"{value:.3g}", "-", "-", f"{whole:.3g}"]
            yield _row(f"{asked.name}: {backend}, {what}, us", cells, whole / value)


def compiled(asked: Asked) -> Iterator[str]:
    """C in double, in float, on a Cortex-M4F; the first alone where float carries no range."""
    for what, define in (("double", "-DSNA_DOUBLE"), ("float", "-DSNA_FLOAT")):
        try:
            found = c_times(asked, define)
        except subprocess.CalledProcessError:
            print(f"{asked.name}: {what} cannot carry its range", file=sys.stderr)
            return
        cells = [f"{ns:,.0f}" for ns in found]
        yield _row(f"{asked.name}: C, {what}, ns", cells, found[3] / found[0])
    for optimize in ("-Os", "-O2"):
        found = instructions(asked, optimize)
        cells = [f"{n:,.0f}" for n in found]
        yield _row(f"{asked.name}: Cortex-M4F {optimize}, instructions", cells, found[3] / found[0])


def _row(what: str, cells: list[str], ratio: float) -> str:
    return f"| {what} | {' | '.join(cells)} | {ratio:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--print", action="store_true", help="write no table")
    args = parser.parse_args()
    page = HEAD + "\n"
    for asked in models(args.data):
        for line in lines(asked):
            print(line, flush=True)
            page += line + "\n"
    if not args.print:
        TABLE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Speed of queries on this machine: backends side by side, sizes by storage type, cost by number of
inputs and modes.

    python tools/speed/bench.py [--quick]

Writes docs/tables/bench.md. Every figure of a row comes from one run; other work on the machine
shows in all of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

import numpy as np

import sna_edge
from sna_edge.backends import NAMES
from sna_edge.cli.words.bench import batch_rate, measure
from sna_edge.errors import BackendError
from sna_edge.numerics.domain_points import domain_points
from sna_export.quantize import quantize

TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "bench.md"
INPUTS, MODES, SPANS = 7, 32, 32
COUNTS, RANKS = (2, 4, 8, 16, 32, 50), (4, 16, 64, 256)
STORED = ("float32", "float16", "int16", "int8")


def model(inputs: int, modes: int, spans: int = SPANS, seed: int = 0) -> sna_edge.Model:
    """Random cubic CP model with atoms around one, so that products of many stay in range."""
    rng = np.random.default_rng(seed)
    axes = tuple(sna_edge.spline_axis(f"x{d}", "", 0.0, 1.0, spans=spans) for d in range(inputs))
    tables = tuple(rng.uniform(0.5, 1.5, (a.basis.n_rows, modes)) for a in axes)
    cp = sna_edge.CP(tables, (np.arange(modes),) * inputs, rng.normal(size=(modes, 1)))
    return sna_edge.Model(axes, cp, [sna_edge.Output("y")], dtypes=["float32"] * inputs)


def backends(path: Path) -> list[list[str]]:
    """One row per installed backend."""
    rows = []
    for name in NAMES:
        try:
            found = measure(str(path), name)
        except BackendError:
            continue
        times = [f"{found[k]:.2f}" for k in ("single_us_p50", "single_us_p99", "gradient_us_p50")]
        rows.append([name, *times, f"{found['batch_per_s'] / 1e6:.2f}", f"{found['load_ms']:.1f}"])
    return rows


def sizes(folder: Path) -> list[list[str]]:
    """Bytes of the whole file by storage type, 7 inputs x 32 modes x 32 spans."""
    start, rows = model(INPUTS, MODES), []
    for dtype in STORED:
        plain = dtype == "float32"
        stored = start.replace(dtypes=[dtype] * INPUTS) if plain else quantize(start, dtype)
        stored.save(folder / "size.sna")
        error = stored.certificate.get("max")
        rows.append(
            [
                dtype,
                str((folder / "size.sna").stat().st_size),
                "-" if error is None else f"{error:.1e}",
            ]
        )
    return rows


def scaling(backend: str, quick: bool) -> list[list[str]]:
    """Nanoseconds per query in batches, by inputs (rows) and modes (columns)."""
    rows = []
    for inputs in COUNTS[:3] if quick else COUNTS:
        cells = []
        for modes in RANKS[:2] if quick else RANKS:
            served = model(inputs, modes).with_backend(backend)
            points = domain_points(
                served.axes, 4096 if quick else max(4096, 2**21 // (inputs * modes))
            )
            cells.append(f"{1e9 / batch_rate(served, points):.0f}")
        rows.append([str(inputs), *cells])
    return rows


def markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    return [
        "| " + " | ".join(header) + " |",
        "|" + "---|" * len(header),
        *("| " + " | ".join(r) + " |" for r in rows),
        "",
    ]


def page(quick: bool) -> str:
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "bench.sna"
        model(INPUTS, MODES).save(path)
        found = backends(path)
        machine = f"{platform.machine()}, {os.cpu_count()} CPUs, one thread"
        lines = [f"{machine}; {INPUTS} inputs, cubic, {MODES} modes, {SPANS} spans, float32:", ""]
        lines += markdown(
            ["backend", "query us", "p99 us", "gradient us", "batch million/s", "load ms"], found
        )
        lines += [
            (
                f"The whole file of a model of {INPUTS} inputs, {MODES} modes and {SPANS} spans an"
                " input:"
            ),
            "",
        ]
        lines += markdown(["tables", "bytes", "measured error / range"], sizes(Path(temporary)))
        fastest = found[0][0]
        lines += [f"Nanoseconds per query in a batch ({fastest}), by inputs and modes:", ""]
        lines += markdown(
            ["inputs", *(f"{r} modes" for r in (RANKS[:2] if quick else RANKS))],
            scaling(fastest, quick),
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer sizes, and print only")
    args = parser.parse_args()
    text = page(args.quick)
    print(text)
    if not args.quick:
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

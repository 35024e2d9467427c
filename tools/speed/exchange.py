"""Every model kind x every export target x every runtime: agreement in docs/tables/exchange.md,
time in docs/tables/exchange_times.md.

    python tools/speed/exchange.py [--quick] [--agreement]

Columns: numpy, native, torch and the TFLite file in this environment, onnxruntime, the same TFLite
file in tflite-runtime (.venv-runtime) and on an emulated aarch64, the file that onnx2tf makes of
the ONNX graphs (.venv-tflite), and the C library as WebAssembly in node. A column without its
environment stays empty. Times are those of a quiet machine: on a busy one `--agreement` leaves
their table as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT), str(ROOT / "tests")]

from exchange_runtime import BATCH, compare, microseconds, points_of  # noqa: E402
from model_kinds import KINDS  # noqa: E402

import sna_edge  # noqa: E402

TABLES = ROOT / "docs" / "tables"
SECONDS = 0.3
QUICK = ("cp float32", "cp int8", "sparse", "mixed axes")
Cells = dict[str, dict[str, float]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="four kinds, no converter, no emulation, nothing kept"
    )
    parser.add_argument("--agreement", action="store_true", help="no times: on a busy machine")
    args = parser.parse_args()
    kinds = QUICK if args.quick else tuple(KINDS)
    columns = measured(kinds, 0.0 if args.agreement else SECONDS, args.quick)
    tables = {"exchange": agreement(columns, kinds)}
    if not args.agreement:
        tables["exchange_times"] = times(columns, kinds)
    for name, text in tables.items():
        print(text, end="\n\n")
        if not args.quick:
            (TABLES / f"{name}.md").write_text(text + "\n", encoding="utf-8")
    bad = [
        f"{kind} in {column}"
        for column, cells in columns.items()
        for kind, c in cells.items()
        if not good(c)
    ]
    if bad:
        print("beyond the tolerance: " + ", ".join(bad), file=sys.stderr)
    return 1 if bad else 0


def measured(kinds: tuple[str, ...], seconds: float, quick: bool) -> dict[str, Cells]:
    """Columns by runtime; each time is taken over `seconds`."""
    columns: dict[str, Cells] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, kinds)
        asked: dict[str, Callable[[], Cells]] = {
            backend: partial(runtime, folder, backend, [sys.executable], seconds)
            for backend in ("numpy", "native", "torch", "tflite")
        }
        asked["onnxruntime"] = partial(onnx_column, folder, seconds)
        asked["node"] = partial(javascript, folder)
        small = [str(ROOT / ".venv-runtime/bin/python")]
        asked["tflite-runtime"] = partial(runtime, folder, "tflite", small, seconds)
        if not quick:
            asked["tflite on aarch64"] = partial(aarch64, folder, seconds)
            asked["onnx2tf"] = partial(converted, folder, kinds, seconds)
        for column, ask in asked.items():
            columns[column] = ask()
            say(column, columns[column])
    return columns


def stem(kind: str) -> str:
    return kind.replace(" ", "_")


def prepare(folder: Path, kinds: tuple[str, ...]) -> None:
    """An artifact and its TFLite file for every kind."""
    from sna_export.tflite import export

    for kind in kinds:
        KINDS[kind]().save(folder / f"{stem(kind)}.sna")
        export(
            sna_edge.load(folder / f"{stem(kind)}.sna", backend="numpy"), folder, stem=stem(kind)
        )


def runtime(
    folder: Path,
    backend: str,
    python: list[str],
    seconds: float,
    environment: dict[str, str] | None = None,
) -> Cells:
    """tools/speed/exchange_runtime.py in another interpreter; nothing where it cannot run."""
    if not Path(python[-1]).exists():
        return {}
    variables = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
    command = [*python, str(ROOT / "tools" / "speed" / "exchange_runtime.py"), str(folder), backend]
    command.append(str(seconds))
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    if done.returncode:
        print(
            f"{backend}: {(done.stderr.strip().splitlines() or ['no output'])[-1]}", file=sys.stderr
        )
        return {}
    for line in done.stderr.splitlines():
        if ": " in line and not line.startswith(("INFO", "W0", "I0")):
            print(f"{backend}, {line}", file=sys.stderr)
    cells: Cells = json.loads(done.stdout.strip().splitlines()[-1])
    return cells


def onnx_column(folder: Path, seconds: float) -> Cells:
    """Both ONNX graphs in onnxruntime."""
    try:
        import onnxruntime

        from sna_export.onnx import proto, run
    except ModuleNotFoundError:
        return {}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    out = {}
    for path in sorted(folder.glob("*.sna")):
        model = sna_edge.load(path, backend="numpy")
        blobs = [proto(model, gradient).SerializeToString() for gradient in (False, True)]
        forward, both = (
            onnxruntime.InferenceSession(b, options, providers=["CPUExecutionProvider"])
            for b in blobs
        )
        points, k = points_of(model), len(model.outputs)
        answers = run(both, points)
        found = compare(
            model, points, np.stack(run(forward, points), axis=1), np.stack(answers[k:], axis=1)
        )
        out[path.stem] = {**found, **_times(forward, points, run, seconds)}
    return out


def _times(session: Any, points: np.ndarray, run: Any, seconds: float) -> dict[str, float]:
    single = microseconds(lambda: run(session, points[:1]), seconds)
    return {
        "single_us": single,
        "batch_us": microseconds(lambda: run(session, points[:BATCH]), seconds) / BATCH,
    }


def javascript(folder: Path) -> Cells:
    """The files themselves through the C library as WebAssembly, in node."""
    from exchange_javascript import cells

    node = shutil.which("node")
    return {p.stem: cells(node, p) for p in sorted(folder.glob("*.sna"))} if node else {}


def aarch64(folder: Path, seconds: float) -> Cells:
    """The TFLite files in ai-edge-litert for aarch64, under an emulator of the processor."""
    target = Path(tempfile.gettempdir()) / "sna-python-aarch64"
    if not (target / "ready").exists():
        done = subprocess.run(
            [str(ROOT / "tools" / "release" / "arm_python.sh"), str(target)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            print(
                f"aarch64: {(done.stderr.strip().splitlines() or ['no emulator'])[-1]}",
                file=sys.stderr,
            )
            return {}
    few = folder / "few"  # an emulated core is a hundred times slower
    few.mkdir(exist_ok=True)
    for kind in QUICK:
        for ending in (".sna", ".tflite"):
            (few / (stem(kind) + ending)).write_bytes((folder / (stem(kind) + ending)).read_bytes())
    site = {"PYTHONPATH": str(target / "site")}
    return runtime(few, "tflite", [str(target / "python")], seconds, site)


def converted(folder: Path, kinds: tuple[str, ...], seconds: float) -> Cells:
    """The files onnx2tf makes, measured as the others in this environment."""
    python = ROOT / ".venv-tflite/bin/python"
    if not python.exists():
        return {}
    with tempfile.TemporaryDirectory() as name:
        target = Path(name)
        variables = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / '.venv' / 'types'}:{ROOT}",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        for kind in kinds:
            source = folder / f"{stem(kind)}.sna"
            (target / source.name).write_bytes(source.read_bytes())
            command = [str(python), "-m", "sna_edge.cli.main", "export", str(target / source.name)]
            command = [
                str(python),
                "-c",
                "import sys; from sna_edge.cli import main; sys.exit(main(sys.argv[1:]))",
                *command[3:],
            ]
            options = [
                "--to",
                "tflite",
                "-o",
                str(target),
                "--converter",
                "onnx2tf",
                "--batch",
                "1",
            ]
            done = subprocess.run(
                [*command, *options], capture_output=True, text=True, env=variables, check=False
            )
            if done.returncode:
                print(
                    f"onnx2tf, {kind}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}",
                    file=sys.stderr,
                )
                (target / source.name).unlink()
        return runtime(target, "tflite", [sys.executable], seconds)


def good(cell: dict[str, float]) -> bool:
    """Within 4e-6 of the range for values, 1e-5 of range / width for gradients (kappa divided
    out)."""
    return cell["value"] <= 4e-6 + 2.0**-22 and cell["gradient"] <= 1e-5


def say(column: str, cells: Cells) -> None:
    print(f"{column}: {len(cells)} models" if cells else f"{column}: not here", file=sys.stderr)


def agreement(columns: dict[str, Cells], kinds: tuple[str, ...]) -> str:
    """Rows: kinds; cells: value error. Below: the largest gradient error of each runtime."""
    worst = {c: max(v["gradient"] for v in cells.values()) for c, cells in columns.items() if cells}
    slopes = ", ".join(f"{c} {v:.1e}" for c, v in worst.items())
    head = "Value error over the range (kappa divided out)."
    table = markdown(head, columns, kinds, lambda cell: f"{cell['value']:.0e}")
    return f"{table}\n\nLargest gradient error over range / width: {slopes}."


def times(columns: dict[str, Cells], kinds: tuple[str, ...]) -> str:
    """Rows: kinds; cells: microseconds of one query / of one in a batch of 4,096."""
    head = "Microseconds for one query · and for one in a batch of 4,096."
    return markdown(
        head, columns, kinds, lambda cell: f"{cell['single_us']:.0f} · {cell['batch_us']:.2f}"
    )


def markdown(
    head: str,
    columns: dict[str, Cells],
    kinds: tuple[str, ...],
    told: Callable[[dict[str, float]], str],
) -> str:
    """A row per kind, a column per runtime that is here."""
    there = [c for c in columns if columns[c]]
    lines = [head, "", "| model | " + " | ".join(there) + " |", "| --- |" + " --- |" * len(there)]
    for kind in kinds:
        found = [columns[c].get(stem(kind)) for c in there]
        cells = ["" if cell is None else told(cell) for cell in found]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

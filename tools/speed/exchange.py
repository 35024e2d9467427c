"""Every model kind x every export target x every runtime: agreement and time, as one table in
docs/tables/exchange.md.

    python tools/speed/exchange.py [--quick]

Columns: numpy, native, torch and the TFLite file in this environment, onnxruntime, the same TFLite
file in tflite-runtime (.venv-runtime) and on an emulated aarch64, the file that onnx2tf makes of
the ONNX graphs (.venv-tflite), and the C library as WebAssembly in node. A column without its
environment stays empty.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tests")]

from exchange_runtime import BATCH, compare, microseconds, points_of  # noqa: E402
from model_kinds import KINDS  # noqa: E402

import sna_edge  # noqa: E402

QUICK = ("cp float32", "cp int8", "sparse", "mixed axes")
Cells = dict[str, dict[str, float]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="four kinds, no converter, no emulation"
    )
    quick = parser.parse_args().quick
    kinds = QUICK if quick else tuple(KINDS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, kinds)
        columns: dict[str, Cells] = {}
        for backend in ("numpy", "native", "torch", "tflite"):
            columns[backend] = runtime(folder, backend, [sys.executable])
            say(backend, columns[backend])
        columns["onnxruntime"] = onnx_column(folder)
        say("onnxruntime", columns["onnxruntime"])
        columns["node"] = javascript(folder)
        say("node", columns["node"])
        columns["tflite-runtime"] = runtime(
            folder, "tflite", [str(ROOT / ".venv-runtime/bin/python")]
        )
        say("tflite-runtime", columns["tflite-runtime"])
        if not quick:
            columns["tflite on aarch64"] = aarch64(folder)
            say("aarch64", columns["tflite on aarch64"])
            columns["onnx2tf"] = converted(folder, kinds)
            say("onnx2tf", columns["onnx2tf"])
    text = markdown(columns, kinds)
    print(text)
    if not quick:
        path = ROOT / "docs" / "tables" / "exchange.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    bad = [
        f"{kind} in {column}"
        for column, cells in columns.items()
        for kind, c in cells.items()
        if not good(c)
    ]
    if bad:
        print("beyond the tolerance: " + ", ".join(bad), file=sys.stderr)
    return 1 if bad else 0


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
    folder: Path, backend: str, python: list[str], environment: dict[str, str] | None = None
) -> Cells:
    """tools/speed/exchange_runtime.py in another interpreter; nothing where it cannot run."""
    if not Path(python[-1]).exists():
        return {}
    variables = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
    command = [*python, str(ROOT / "tools" / "speed" / "exchange_runtime.py"), str(folder), backend]
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


def onnx_column(folder: Path) -> Cells:
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
        out[path.stem] = {**found, **_times(forward, points, run)}
    return out


def _times(session: Any, points: np.ndarray, run: Any) -> dict[str, float]:
    single = microseconds(lambda: run(session, points[:1]))
    return {
        "single_us": single,
        "batch_us": microseconds(lambda: run(session, points[:BATCH])) / BATCH,
    }


def javascript(folder: Path) -> Cells:
    """The files themselves through the C library as WebAssembly, in node."""
    from exchange_javascript import cells

    node = shutil.which("node")
    return {p.stem: cells(node, p) for p in sorted(folder.glob("*.sna"))} if node else {}


def aarch64(folder: Path) -> Cells:
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
    return runtime(few, "tflite", [str(target / "python")], {"PYTHONPATH": str(target / "site")})


def converted(folder: Path, kinds: tuple[str, ...]) -> Cells:
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
        return runtime(target, "tflite", [sys.executable])


def good(cell: dict[str, float]) -> bool:
    """Within 4e-6 of the range for values, 1e-5 of range / width for gradients (kappa divided
    out)."""
    return cell["value"] <= 4e-6 + 2.0**-22 and cell["gradient"] <= 1e-5


def say(column: str, cells: Cells) -> None:
    print(f"{column}: {len(cells)} models" if cells else f"{column}: not here", file=sys.stderr)


def markdown(columns: dict[str, Cells], kinds: tuple[str, ...]) -> str:
    """Rows: kinds; cells: value error / microseconds of one query / of one in a batch of 4,096."""
    there = [c for c in columns if columns[c]]
    lines = [
        (
            "Value error over the range (kappa divided out) · microseconds for one query · and for"
            " one in a batch of 4,096."
        ),
        "",
        "| model | " + " | ".join(there) + " |",
        "| --- |" + " --- |" * len(there),
    ]
    for kind in kinds:
        cells = [_cell(columns[c].get(stem(kind))) for c in there]
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    worst = {c: max((v["gradient"] for v in columns[c].values()), default=0.0) for c in there}
    lines += [
        "",
        "Largest gradient error over range / width: "
        + ", ".join(f"{c} {v:.1e}" for c, v in worst.items())
        + ".",
    ]
    return "\n".join(lines)


def _cell(cell: dict[str, float] | None) -> str:
    return (
        ""
        if cell is None
        else f"{cell['value']:.0e} · {cell['single_us']:.0f} · {cell['batch_us']:.2f}"
    )


if __name__ == "__main__":
    sys.exit(main())

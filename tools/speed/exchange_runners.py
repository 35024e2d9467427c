"""Every export target, made by `sna-edge export` and asked in its own language.

A runner takes a Case and answers columns [N] by name: an output, its `_lower` and `_upper`,
`familiarity`. It answers nothing ({}) where what runs it is not here, and raises where it fails.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sna_edge
from sna_edge.artifact.integer_section import of_artifact
from sna_edge.cli import main as sna_edge_main
from sna_edge.model import Model
from sna_export.fmu.variables import asked
from sna_export.integers import Query, Whole
from sna_export.integers.share import ONE_P

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
LEVEL = 0.9
Floats = NDArray[np.float64]
Columns = dict[str, Floats]
PROJECT = """cmake_minimum_required(VERSION 3.15)
project(ask C)
find_package(sna REQUIRED)
add_executable(ask ask.c)
target_link_libraries(ask PRIVATE sna::m)
"""


@dataclass(frozen=True)
class Case:
    """A model in folder / "m.sna", a folder of its own for each target, and rows x [N, asked]:
    inputs that no formula computes, then raw readings, levels as indices."""

    folder: Path
    model: Model
    x: Floats

    def exported(self, target: str, *options: str, name: str = "") -> Path:
        """The folder that the command line wrote."""
        place = self.folder / (name or target)
        words = ["export", str(self.folder / "m.sna"), "--to", target, "-o", str(place), *options]
        said = StringIO()
        with redirect_stdout(said):
            code = sna_edge_main(words)
        if code not in (0, 3):
            raise RuntimeError(f"export --to {target} ended with {code}: {said.getvalue()}")
        return place


def run(words: list[Any], **more: Any) -> str:
    """What a program prints; raises with its last words where it fails."""
    done = subprocess.run(
        list(map(str, words)), capture_output=True, text=True, check=False, **more
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}: {done.stderr[-1500:]}")
    return done.stdout


# ------------------------------------------------------------------------------------------- C


def readings(case: Case) -> str:
    """The rows as exchange_ask.c reads them; what a formula computes is 0 there."""
    slots = [slot for slot, _ in asked(case.model)]
    raw = case.model.readings.raw if case.model.readings else ()
    rows = np.zeros((len(case.x), len(case.model.axes) + len(raw)))
    rows[:, slots] = case.x
    lines = [" ".join(f"{v!r}" for v in row) for row in rows.tolist()]
    return "\n".join([str(len(rows)), *lines, ""])


def columns_of(case: Case, text: str) -> Columns:
    """Of the lines that exchange_ask prints."""
    found = np.array([[float(v) for v in line.split()] for line in text.splitlines()])
    columns = {"familiarity": found[:, -1]}
    for k, name in enumerate(case.model.output_names):
        for i, end in enumerate(("", "_lower", "_upper")):
            columns[f"{name}{end}"] = found[:, 3 * k + i]
    return columns


def installed(case: Case) -> Path:
    """What `cmake --install` makes of the folder of `--to c`."""
    prefix = case.folder / "prefix"
    if not prefix.exists():
        folder, build = case.exported("c", name="firmware"), case.folder / "build"
        run(["cmake", "-S", folder, "-B", build])
        run(["cmake", "--build", build])
        run(["cmake", "--install", build, "--prefix", prefix])
    return prefix


def cmake(case: Case) -> Columns:
    """A project of another folder that finds the package."""
    if not (shutil.which("cmake") and shutil.which("cc")):
        return {}
    prefix, project = installed(case), case.folder / "project"
    project.mkdir()
    shutil.copy(HERE / "exchange_ask.c", project / "ask.c")
    (project / "CMakeLists.txt").write_text(PROJECT)
    run(["cmake", "-S", project, "-B", project / "b", f"-DCMAKE_PREFIX_PATH={prefix}"])
    run(["cmake", "--build", project / "b"])
    return columns_of(case, run([project / "b" / "ask"], input=readings(case)))


def pkg_config(case: Case) -> Columns:
    """C++ with spans, by the flags of pkg-config."""
    if not all(map(shutil.which, ("cmake", "g++", "pkg-config"))):
        return {}
    where = {**os.environ, "PKG_CONFIG_PATH": str(installed(case) / "lib" / "pkgconfig")}
    flags = run(["pkg-config", "--cflags", "--libs", "sna_m"], env=where).split()
    program = case.folder / "ask_cpp"
    run(["g++", "-std=c++20", HERE / "exchange_ask.cpp", *flags, "-o", program])
    return columns_of(case, run([program], input=readings(case)))


def whole_numbers(case: Case) -> Columns:
    """sna_fixed_answer at the nearest counts of the sensors."""
    if not shutil.which("cc"):
        return {}
    place, program = (
        case.exported("c", "--level", str(LEVEL), name="whole"),
        case.folder / "whole_c",
    )
    sources = [HERE / "exchange_ask_whole.c", place / "m.c", place / "sna.c"]
    run(["cc", "-std=c99", "-O1", f"-I{place}", *sources, "-lm", "-o", program])
    rows = [" ".join(map(str, row)) for row in counts_of(case).tolist()]
    return columns_of(case, run([program], input="\n".join([str(len(rows)), *rows, ""])))


def counts_of(case: Case) -> NDArray[np.int64]:
    """[N, D] of the rows, on the integer path of the file."""
    path = of_artifact((case.folder / "m.sna").read_bytes())
    found = np.rint(case.x).astype(np.int64)
    for d, (axis, fixed) in enumerate(zip(case.model.axes, path.axes, strict=True)):
        if not fixed.categorical:
            share = (case.x[:, d] - axis.lower) / axis.width
            span = fixed.count_upper - fixed.count_lower
            found[:, d] = fixed.count_lower + np.rint(np.clip(share, 0.0, 1.0) * span)
    return found


# ------------------------------------------------------------------------------------ simulators


def fmu(fmi: int) -> Callable[[Case], Columns]:
    """Its reference results and what FMPy's co-simulation differs from them by."""

    def asked_by_fmpy(case: Case) -> Columns:
        python = ROOT / ".venv-fmu" / "bin" / "python"
        if not python.exists():
            return {}
        place = case.exported("fmu", "--fmi", str(fmi), "--level", str(LEVEL), name=f"fmu{fmi}")
        script = ROOT / "tests" / "export" / "fmu" / "simulate.py"
        told = json.loads(run([python, script, place, "m"]).strip().splitlines()[-1])
        if told["problems"]:
            raise RuntimeError(f"fmpy validate: {told['problems']}")
        with (place / "m_ref.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        worst = {
            name: max(told[kind][name] for kind in ("CoSimulation", "ModelExchange"))
            for name in rows[0]
            if name not in ("time", "status")
        }
        return {n: np.array([float(row[n]) for row in rows]) + off for n, off in worst.items()}

    return asked_by_fmpy


# ---------------------------------------------------------------------------------------- graphs


def onnx(case: Case) -> Columns:
    """The forward file in onnxruntime."""
    try:
        import onnxruntime
    except ModuleNotFoundError:
        return {}
    place = case.exported("onnx", "--with", "interval,familiarity", "--level", str(LEVEL))
    session = onnxruntime.InferenceSession(
        str(place / "m_forward.onnx"), providers=["CPUExecutionProvider"]
    )
    types = {"tensor(double)": np.float64}
    feed = {
        i.name: case.x[:, d].astype(types.get(i.type, np.float32))
        for d, i in enumerate(session.get_inputs())
    }
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, map(_wide, session.run(None, feed)), strict=True))


def tflite(case: Case) -> Columns:
    """The file in the TFLite runtime of this environment."""
    from sna_edge.backends.tflite import interpreter_class

    place = case.exported("tflite", "--with", "interval,familiarity", "--level", str(LEVEL))
    try:
        runner = interpreter_class()(str(place / "m.tflite")).get_signature_runner("forward")
    except ModuleNotFoundError:
        return {}
    feed = {a.name: case.x[:, d].astype(np.float32) for d, a in enumerate(case.model.axes)}
    return {name: _wide(column) for name, column in runner(**feed).items()}


def _wide(column: Any) -> Floats:
    return np.asarray(column, dtype=float)


def torch(case: Case) -> Columns:
    """The torch backend, as inside a loss: tensors."""
    try:
        import torch as library
    except ModuleNotFoundError:
        return {}
    from sna_export.torch_side import Beside

    model = sna_edge.load(case.folder / "m.sna", backend="torch")
    beside = Beside(model)
    x = library.tensor(case.x)
    with library.no_grad():
        parts = model.backend.tensor(x), *beside.interval(x, LEVEL)
        found = {"familiarity": beside.familiarity(x).numpy()}
    for tail, part in zip(("", "_lower", "_upper"), parts, strict=True):
        for k, name in enumerate(case.model.output_names):
            found[name + tail] = part[:, k].numpy()
    return found


# ------------------------------------------------------------------------------- Structured Text


def structured_text(case: Case) -> Columns:
    """The block in REAL, its tokens as those of C; its outputs stand in a fixed order."""
    return _block(case, "m.st", "sna_m", case.x)


def structured_text_whole(case: Case) -> Columns:
    """The block in whole numbers at the nearest counts of the sensors."""
    told = _block(case, "m_int.st", "sna_m_int", counts_of(case).astype(float))
    if not told:
        return {}
    artifact = (case.folder / "m.sna").read_bytes()
    whole = Whole(Query(sna_edge.from_bytes(artifact, backend="numpy"), LEVEL),
                  of_artifact(artifact))  # fmt: skip
    bits = {"familiarity": ONE_P}
    for k, name in enumerate(case.model.output_names):
        bits[name] = whole.path.outputs[k].exponent
        bits |= {f"{name}{end}": whole.ends[k].exponent for end in ("_lower", "_upper")}
    return {name: np.ldexp(column, -bits[name]) for name, column in told.items()}


def _block(case: Case, file: str, block: str, x: Floats) -> Columns:
    compiler = shutil.which("cc")
    if compiler is None:
        return {}
    sys.path.insert(0, str(ROOT / "tests" / "export" / "st"))
    from through_c import Compiled

    place = case.exported("st", "--level", str(LEVEL))
    told = Compiled(compiler, (place / file).read_text(), place).call(block, x)
    names = case.model.output_names
    ends = [f"{name}{end}" for name in names for end in ("_lower", "_upper")]
    return dict(zip([*names, *ends, "familiarity"], told.values(), strict=False))


# ------------------------------------------------------------------------------------ JavaScript


def node(case: Case) -> Columns:
    """The folder of `--to wasm` in node."""
    program = shutil.which("node")
    if program is None:
        return {}
    place, rows = case.exported("wasm"), case.folder / "rows.json"
    rows.write_text(json.dumps(case.x.tolist()))
    script = ROOT / "tests" / "export" / "wasm" / "ask.mjs"
    words = [program, script, place / "sna.js", place / "sna.wasm", place / "m.sna", rows, LEVEL]
    return _told(case, json.loads(run(words)))


def page(case: Case) -> Columns:
    """The page in Chromium, which has replayed the golden vectors before it is ready."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return {}
    if found is None:
        return {}
    place = case.exported("page")
    words = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=words)
        seen = browser.new_page()
        seen.goto((place / "m.html").as_uri())
        seen.wait_for_selector('body[data-state="ready"]')
        told = seen.evaluate(
            """([rows, level]) => {
              const { model } = window.sna, all = rows.flat(), n = rows.length;
              const ends = model.intervals(all, n, level);
              return { values: [...model.values(all, n)], lower: [...ends.lower],
                       upper: [...ends.upper], p: [...model.familiarities(all, n)] };
            }""",
            [case.x.tolist(), LEVEL],
        )
        browser.close()
    return _told(case, told)


def _told(case: Case, told: dict[str, Any]) -> Columns:
    """Of answers to all rows in one call: values and ends [N * K], familiarity [N]."""
    columns = {"familiarity": np.array(told["p"], dtype=float)}
    names = case.model.output_names
    for end, key in (("", "values"), ("_lower", "lower"), ("_upper", "upper")):
        table = np.array(told[key], dtype=float).reshape(len(case.x), len(names))
        columns |= {f"{name}{end}": table[:, k] for k, name in enumerate(names)}
    return columns


def said(error: Exception) -> None:
    """One line of what went wrong."""
    print((str(error).strip().splitlines() or [repr(error)])[-1], file=sys.stderr)

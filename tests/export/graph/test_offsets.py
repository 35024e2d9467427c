"""Inputs and outputs far from zero beside their range: Unix seconds of a minute, a pressure of
101325 +- 1, y = 1e9 + a little.

Every target is right in float64 or says why it is not: none agrees where float32 cannot carry the
numbers.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Axis, InputError, Model, Output, spline_axis
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.golden import ranges
from sna_edge.artifact.integer_section import of_model
from sna_edge.cli import main
from sna_edge.core.basis import bspline, graded_breaks, periodic_bspline, uniform_breaks
from sna_edge.core.float32 import carried, not_carried, step32
from sna_export.firmware import source

SOURCE = Path(__file__).resolve().parents[3] / "firmware_bindings"
DAY = 86400.0
#: name -> ends of two inputs, offset and scale of y, its link, which names float32 does not carry
CASES: dict[str, tuple[tuple[float, float], tuple[float, float], float, float, str, set[str]]] = {
    "unix seconds of a minute": ((1.6e9, 1.6e9 + 60), (0.0, 1.0), 0.0, 1.0, "identity", {"t"}),
    "y = 1e9 + a little": ((0.0, 1.0), (0.0, 1.0), 1e9, 1.0, "identity", {"y"}),
    "both": ((1.6e9, 1.6e9 + 60), (0.0, 1.0), 1e9, 1.0, "identity", {"t", "y"}),
    "two inputs": ((1.6e9, 1.6e9 + 60), (101324.0, 101326.0), 0.0, 1.0, "identity", {"t", "b"}),
    "negative offsets": (
        (-5e7, -5e7 + 3),
        (-1e6, -1e6 + 1),
        -3e8,
        2.0,
        "identity",
        {"t", "b", "y"},
    ),
    "days since 1970": ((19700.0, 19700.5), (0.0, 1.0), 0.0, 1.0, "identity", {"t"}),
    "nanoseconds since 1970": ((1.7e18, 1.7e18 + 60e9), (0.0, 1.0), 0.0, 1.0, "identity", {"t"}),
    "an absolute position": (
        (4321000.0, 4321000.25),
        (0.0, 1.0),
        4321000.0,
        1e-3,
        "identity",
        {"t", "y"},
    ),
    "an exponential far up": ((0.0, 1.0), (0.0, 1.0), 1e8, 1.0, "exp", {"y"}),
    "a share of a large sum": ((0.0, 1.0), (0.0, 1.0), -1e7, 1.0, "logistic", {"y"}),
    "graded seconds": ((1.6e9, 1.6e9 + 60), (0.0, 1.0), 0.0, 1.0, "graded", {"t"}),
    "periodic seconds": ((1.6e9, 1.6e9 + 60), (0.0, 1.0), 0.0, 1.0, "periodic", {"t"}),
    "kelvin is carried": ((288.15, 303.15), (0.0, 1.0), 300.0, 10.0, "identity", set()),
    "hectopascal are carried": ((950.0, 1050.0), (0.0, 1.0), 0.0, 1.0, "identity", set()),
}


def model_of(name: str, dtype: str = "float32") -> Model:
    first, second, offset, scale, kind, _ = CASES[name]
    a = spline_axis("t", "s", *first, spans=6)
    if kind == "graded":
        a = Axis(
            "t", "s", bspline(first[0] + (first[1] - first[0]) * graded_breaks(0.0, 1.0, 6, 0.3), 3)
        )
    if kind == "periodic":
        a = Axis("t", "s", periodic_bspline(uniform_breaks(*first, 6), 3))
    axes = [a, spline_axis("b", "", *second, spans=5)]
    rng = np.random.default_rng(0)
    grids = [np.linspace(0, 1, x.basis.n_rows)[:, None] for x in axes]
    unit = {"int16": 2.0**-15}.get(dtype, 2.0**-24)
    waves = [0.9 * np.sin(3 * g * [1, 0.7, 0.4] + [0, 1, 2]) for g in grids]
    tables = [np.rint(w / unit)[x.basis.tie] * unit for w, x in zip(waves, axes, strict=True)]
    link = kind if kind in ("exp", "logistic") else "identity"
    output = Output("y", "mm", link=link, scale=scale, offset=offset)
    return Model(axes, CP.full(tables, rng.normal(size=(3, 1))), [output], dtypes=[dtype] * 2)


@pytest.fixture
def saved(tmp_path: Path) -> Any:
    def save(name: str) -> tuple[Path, Model, np.ndarray, np.ndarray, float]:
        path = tmp_path / "m.sna"
        model_of(name).save(path)
        model = sna_edge.load(path, backend="numpy")
        rng = np.random.default_rng(1)
        x = np.stack([rng.uniform(a.lower, a.upper, 500) for a in model.axes], axis=1)
        y = model.value(x)
        return path, model, x, y, float(np.ptp(y))

    return save


@pytest.mark.parametrize("name", CASES)
def test_the_criterion_names_what_float32_does_not_carry(name: str) -> None:
    model = sna_edge.from_bytes(model_of(name).to_bytes(), backend="numpy")
    said = not_carried(model.axes, model.outputs, [o.range for o in model.outputs])
    assert len(said) == len(CASES[name][5])
    assert all(any(repr(n) in text and "steps of" in text for text in said) for n in CASES[name][5])
    assert carried(0.0, 1.0) and carried(5.0, 5.0) and step32(1.6e9, 1.6e9 + 60) == 128


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("backend", ["native", "torch"])
def test_backends_in_float64(name: str, backend: str, saved: Any) -> None:
    if backend == "torch":
        pytest.importorskip("torch")
    _, model, x, y, width = saved(name)
    try:
        twin = model.with_backend(backend)
        got = twin.value(x)
    except sna_edge.BackendError:
        pytest.skip("not built here")
    assert np.abs(got - y).max() <= 1e-5 * width + 4 * np.spacing(np.abs(y).max())
    assert np.abs(twin.value(x[0]) - y[0]).max() <= 1e-5 * width + 4 * np.spacing(np.abs(y).max())


@pytest.mark.parametrize("name", CASES)
def test_onnx_takes_and_gives_float64_where_it_must(
    name: str, saved: Any, tmp_path: Path, capsys: Any
) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    path, model, x, y, width = saved(name)
    assert main(["export", str(path), "--to", "onnx", "-o", str(tmp_path)]) == 0
    assert "agrees" in capsys.readouterr().out
    session = onnxruntime.InferenceSession(
        str(tmp_path / "m_forward.onnx"), providers=["CPUExecutionProvider"]
    )
    wide = {
        i.name
        for i in [*session.get_inputs(), *session.get_outputs()]
        if i.type == "tensor(double)"
    }
    assert wide == CASES[name][5]
    feed = {
        a.name: x[:, d].astype(np.float64 if a.name in wide else np.float32)
        for d, a in enumerate(model.axes)
    }
    assert np.abs(session.run(None, feed)[0] - y[:, 0]).max() <= 1e-4 * width


@pytest.mark.parametrize("name", CASES)
def test_tflite_without_the_offset_and_the_backend_adds_it(
    name: str, saved: Any, tmp_path: Path, capsys: Any
) -> None:
    pytest.importorskip("ai_edge_litert")
    path, model, x, y, width = saved(name)
    assert main(["export", str(path), "--to", "tflite", "-o", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "agrees" in out and all(f"{n!r} in float64" in out for n in CASES[name][5])
    served = sna_edge.load(path, backend="tflite")
    assert np.abs(served.value(x) - y).max() <= 1e-4 * width
    assert np.abs(served.value(x[3]) - y[3]).max() <= 1e-4 * width
    slope = model.gradient(x)
    assert np.abs(served.gradient(x) - slope).max() <= 1e-3 * np.abs(slope).max()
    end = np.array([a.upper for a in model.axes])
    assert np.abs(served.value(end) - model.value(end)).max() <= 1e-4 * width
    if CASES[name][5]:
        blob = (tmp_path / "m.tflite").read_bytes()
        (tmp_path / "m.tflite").write_bytes(blob.replace(b'put_offset":', b'put_effsat":'))
        with pytest.raises(sna_edge.BackendError, match="export it again"):
            sna_edge.load(path, backend="tflite").value(x)


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("name", CASES)
def test_c_in_double_answers_and_in_float_says_why_not(name: str, tmp_path: Path) -> None:
    model = sna_edge.from_bytes(model_of(name).to_bytes(), backend="numpy")
    made = source.generate(model.artifact or b"", model, "m")
    (tmp_path / "m.h").write_text(made.header)
    (tmp_path / "m.c").write_text(made.source)
    x = np.array([a.lower + 0.7 * a.width for a in model.axes])
    (tmp_path / "main.c").write_text(
        '#include "m.h"\n#include <stdio.h>\nstatic double work[512];\nint main(void) { sna_model'
        " m; int status = (int)m_self_test(&m, work, sizeof work);\n  double x[2] ="
        f" {{{float(x[0])!r}, {float(x[1])!r}}}, y[1] = {{0}};\n  if (!status) status ="
        ' (int)sna_eval(&m, 0, x, y, work, sizeof work);\n  printf("%d %.17g", status, y[0]);'
        " return 0; }\n"
    )
    files = [str(tmp_path / "m.c"), str(tmp_path / "main.c"), str(SOURCE / "sna.c")]
    subprocess.run(
        [
            "cc",
            "-Wall",
            "-Wextra",
            "-Wconversion",
            "-Werror",
            f"-I{SOURCE}",
            *files,
            "-o",
            str(tmp_path / "run"),
        ],
        check=True,
    )
    status, y = subprocess.run(
        [str(tmp_path / "run")], capture_output=True, text=True, check=True
    ).stdout.split()
    assert status == "0" and abs(float(y) - model.value(x)[0]) <= 1e-9 * abs(float(y))
    single = [
        "cc",
        "-DSNA_FLOAT",
        f"-I{SOURCE}",
        "-c",
        str(tmp_path / "m.c"),
        "-o",
        str(tmp_path / "m.o"),
    ]
    done = subprocess.run(single, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not CASES[name][5])
    assert all(repr(n) in done.stderr and "steps of" in done.stderr for n in CASES[name][5])


@pytest.mark.parametrize("name", [n for n in CASES if "y" in CASES[n][5]])
def test_the_integer_path_names_an_output_too_far_from_zero(name: str) -> None:
    model = model_of(name, "int16")
    try:
        step = 2.0 ** -of_model(as_stored(model)).outputs[0].exponent
    except InputError as error:
        assert "'y'" in str(error) and "moves in steps of" in str(error)
        return
    assert carried(*ranges(model)[0], step=step)

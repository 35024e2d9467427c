"""Ends of intervals, scale and familiarity as outputs of a graph, in onnxruntime and in a TFLite
runtime, against float64."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, InputError, Interval, Model, Output, load, spline_axis
from sna_edge.cli import main
from sna_edge.core.beside import Calibration, Companion, Coordinate, CoordinateSource, Role
from sna_edge.numerics.domain_points import domain_points
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import with_familiarity
from sna_export.graph import FORWARD
from sna_export.graph.beside_agreement import compare_beside
from sna_export.graph.extras import KINDS, NOTHING, Extras

from ...model_kinds import sparse
from ...sna_edge import beside_models

Runner = Callable[[str, np.ndarray], list[np.ndarray]]


def onnx_runner(model: Model, extras: Extras, batch: int | None = None) -> Runner:
    runtime = pytest.importorskip("onnxruntime")
    from sna_export.onnx import proto, run

    blob = proto(model, batch=batch, extras=extras).SerializeToString()
    session = runtime.InferenceSession(blob)
    return lambda _, x: run(session, x)


def tflite_runner(model: Model, extras: Extras, batch: int | None = None) -> Runner:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    from sna_export.tflite import to_bytes
    from sna_export.tflite.export import run

    interpreter = litert.Interpreter(model_content=to_bytes(model, batch, extras))
    runner = interpreter.get_signature_runner(FORWARD)
    return lambda _, x: run(runner, model, x, extras)


RUNTIMES = pytest.mark.parametrize("made", [onnx_runner, tflite_runner])


@cache
def fitted(n: int = 600, offset: float = 0.0) -> Model:
    """A product of two correlated inputs whose noise grows with it, calibrated on n rows; the
    first input and the output may lie far from zero."""
    rng = np.random.default_rng(0)
    a = rng.uniform(size=n)
    x = np.c_[offset + a, np.clip(a + 0.1 * rng.normal(size=n), 0, 1)]
    axes = [
        spline_axis("time", "s", offset, offset + 1, spans=4, degree=2),
        spline_axis("b", "", 0, 1, spans=1, degree=1),
    ]
    tables = [rng.uniform(0.5, 1.5, (6, 1)), np.array([[1.0], [3.0]])]
    model = Model(axes, CP.full(tables), [Output("depth", "um", bias=offset)])
    p = model.value(x)
    y = p + 0.2 * (p - offset) * rng.normal(size=p.shape)
    return with_familiarity(calibrated(model, x, y, p).model, x)


@RUNTIMES
@pytest.mark.parametrize("dtype", ["float32", "float16", "int16", "int8"])
@pytest.mark.parametrize("level", [None, 0.5, 0.99])
def test_everything_agrees(made: Any, dtype: str, level: float | None) -> None:
    model = beside_models.whole(dtype)
    extras = Extras.of(model, KINDS, level)
    found = compare_beside(model, extras, made(model, extras), None, 2000)
    assert 0 < found.ends <= 4e-6
    assert found.p <= 1e-6


@RUNTIMES
@pytest.mark.parametrize("batch", [None, 1, 700])
@pytest.mark.parametrize("offset", [0.0, 1.6e9])
def test_a_calibrated_fit_agrees(made: Any, batch: int | None, offset: float) -> None:
    model = fitted(offset=offset)
    assert {c.role for c in model.companions} == {Role.SCALE, Role.FAMILIARITY}
    extras = Extras.of(model, KINDS, 0.9)
    samples = 64 if batch == 1 else 3000
    found = compare_beside(model, extras, made(model, extras, batch), batch, samples)
    assert found.ends <= 1e-5
    assert found.p <= 1e-4


@RUNTIMES
def test_familiar_and_strange_points_are_told_apart(made: Any) -> None:
    model = fitted()
    extras = Extras.of(model, ["familiarity"])
    _, p = made(model, extras)(FORWARD, np.array([[0.5, 0.5], [0.1, 0.9], [1.5, 0.5]]))
    assert p[0] > 0.05
    assert p[1] <= model.calibration.least_p
    assert np.isnan(p[2])


@RUNTIMES
def test_values_are_the_same_bits_with_and_without(made: Any) -> None:
    for model in (beside_models.whole("int8"), fitted(), fitted(offset=1.6e9)):
        x = domain_points(model.axes, 500)
        k = len(model.outputs)
        alone = made(model, NOTHING)(FORWARD, x)
        more = made(model, Extras.of(model, KINDS))(FORWARD, x)
        assert len(alone) == k < len(more)
        for one, other in zip(alone, more, strict=False):
            np.testing.assert_array_equal(one, other)


@RUNTIMES
@pytest.mark.parametrize(
    ("space", "link", "scale"),
    [("output", "identity", 1.0), ("link", "identity", -2.0), ("output", "exp", 3.0),
     ("link", "exp", -1.0), ("link", "logistic", 1.0), ("output", "logistic", 0.5)],
)  # fmt: skip
def test_an_interval_of_the_output_itself(made: Any, space: str, link: str, scale: float) -> None:
    rng = np.random.default_rng(3)
    axes = [spline_axis("a", "", 0, 1, spans=3), spline_axis("b", "", -2, 5, spans=2)]
    tables = [rng.normal(size=(a.basis.n_rows, 2)) for a in axes]
    interval = Interval(0.8, 0.1, 0.2, space)
    output = Output("y", link=link, scale=scale, offset=0.25, bias=0.5, interval=interval)
    model = Model(axes, CP.full(tables), [output])
    extras = Extras.of(model, ["interval"])
    assert compare_beside(model, extras, made(model, extras), None, 2000).ends <= 1e-5


@RUNTIMES
def test_equal_scores_and_scores_below_all_have_the_p_of_the_page(made: Any) -> None:
    """Scores that are equal up to the middle: p jumps there, and ends at 1 / (n + 1)."""
    line = spline_axis("a", "", 0, 1, spans=1, degree=1)
    density = Model([line], CP.full([[[0.25], [1.0]]]), [Output("p")])
    companion = Companion(
        Role.FAMILIARITY, density, (Coordinate(CoordinateSource.INPUT, 0),), weight=1.0
    )
    scores = np.log(np.r_[np.full(17, 0.5), np.linspace(0.5, 0.9, 16)])
    calibration = Calibration(n_scores=100, scores=scores, least_p=0.05)
    model = Model([line], CP.full([[[0.0], [1.0]]]), [Output("y")])
    model = model.replace(companions=[companion], calibration=calibration)
    x = np.linspace(0, 1, 41)[:, None]
    extras = Extras.of(model, ["familiarity"])
    got = made(model, extras)(FORWARD, x)[1]
    np.testing.assert_allclose(got, model.familiarity(x).p, atol=2e-6)
    assert got.min() == pytest.approx(1 / 101)


@pytest.mark.parametrize(
    ("kinds", "level", "words"),
    [
        (["width"], None, "none of what stands beside"),
        (["familiarity"], 0.9, "ask for it by --with interval"),
        (["interval"], 0.999, "calibration rows"),
        (["scale"], None, "no output of this model has a scale"),
        (["familiarity"], None, "does not say how familiar"),
    ],
)
def test_what_a_model_has_not_is_refused_by_name(kinds: list, level: Any, words: str) -> None:
    model = beside_models.whole()
    if level is None:
        model = model.replace(companions=[], calibration=None)
    with pytest.raises(InputError, match=words):
        Extras.of(model, kinds, level)


def test_outputs_without_an_interval_and_names_that_are_taken_are_refused() -> None:
    plain = sparse()
    plain = plain.replace(outputs=[replace(o, interval=None) for o in plain.outputs])
    with pytest.raises(InputError, match="has no interval"):
        Extras.of(plain, ["interval"])
    model = fitted()
    with pytest.raises(InputError, match="of its own"):
        axes = [replace(model.axes[0], name="familiarity"), model.axes[1]]
        Extras.of(model.replace(axes=axes), ["familiarity"])


@pytest.mark.parametrize("target", ["onnx", "tflite"])
def test_the_command_writes_and_names_them(target: str, tmp_path, capsys) -> None:
    pytest.importorskip("onnxruntime" if target == "onnx" else "ai_edge_litert")
    fitted().save(tmp_path / "m.sna")
    options = ["--with", "interval,familiarity", "--level", "95%"]
    assert (
        main(["export", str(tmp_path / "m.sna"), "--to", target, "-o", str(tmp_path), *options])
        == 0
    )
    said = capsys.readouterr().out
    assert "ends and scale to" in said and "familiarity to" in said and "left out" not in said
    if target == "onnx":
        onnx = pytest.importorskip("onnx")
        proto = onnx.load(tmp_path / "m_forward.onnx")
        names = [o.name for o in proto.graph.output]
        facts = {p.key: p.value for p in proto.metadata_props}
        assert names == ["depth", "depth_lower", "depth_upper", "familiarity"]
        assert json.loads(facts["levels"]) == {"depth": 0.95}
        assert json.loads(facts["unfamiliar_at_most"]) == 0.005
    else:
        served = load(tmp_path / "m.sna", backend="tflite")
        x = domain_points(served.axes, 50)
        np.testing.assert_allclose(
            served.value(x), served.with_backend("numpy").value(x), rtol=1e-5
        )

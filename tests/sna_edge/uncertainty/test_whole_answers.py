"""`evaluate` of one point, of batches, by numpy and by the C library: the same answer with interval
and familiarity, whichever way it takes."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Model
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import with_familiarity

from ...c_library import KEPT_1_1
from ..beside_models import function

NATIVE = importlib.util.find_spec("sna_edge_native") is not None
BACKENDS = ["numpy", pytest.param("native", marks=pytest.mark.skipif(not NATIVE, reason="none"))]
LEVELS = (None, 0.5, 0.9)


def fitted() -> Model:
    """Two outputs, one of them behind a link, of correlated rows."""
    rng = np.random.default_rng(0)
    x = 0.8 * rng.uniform(size=(700, 1)) + 0.2 * rng.uniform(size=(700, 6))
    axes = [sna_edge.spline_axis(f"x{d}", "m", 0, 1, spans=4) for d in range(6)]
    outputs = [sna_edge.Output("a"), sna_edge.Output("b", link="exp")]
    model = function(axes, outputs, 3)
    y = model.value(x)
    measured = y * (1 + (0.01 + 0.1 * x[:, :1]) * rng.normal(size=y.shape))
    return with_familiarity(calibrated(model, x, measured, y).model, x)


DATA = {**{p.stem: p.read_bytes() for p in KEPT_1_1}, "fitted": fitted().to_bytes()}


def points(model: Model, count: int = 60) -> np.ndarray[Any, Any]:
    """Inside, at ends, and some outside; indices of levels."""
    rng = np.random.default_rng(7)
    x = np.stack(
        [
            rng.integers(0, a.basis.n_spans, count).astype(float)
            if a.kind == "categorical"
            else a.lower + a.width * rng.random(count)
            for a in model.axes
        ],
        axis=1,
    )
    x[-20:] = x[-20:, :1] if model.axes[0].name == "x0" else x[-20:]
    x[0], x[1] = [a.lower for a in model.axes], [a.upper for a in model.axes]
    x[2, 0], x[3, 0] = model.axes[0].upper + 1, np.nan
    return x


def same(found: sna_edge.Evaluation, expected: sna_edge.Evaluation, near: float) -> None:
    assert found.status.tolist() == expected.status.tolist()
    assert found.axis.tolist() == expected.axis.tolist()
    for name in ("value", "lower", "upper", "excess"):
        a, b = getattr(found, name), getattr(expected, name)
        np.testing.assert_allclose(a, b, rtol=near, atol=near, err_msg=name)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", DATA)
def test_one_point_and_a_batch_say_the_same(name: str, backend: str) -> None:
    model = sna_edge.from_bytes(DATA[name], backend)
    plain = sna_edge.from_bytes(DATA[name], "numpy")
    x, near = points(model), 1e-12 if backend == "numpy" else 2e-5
    supported = plain.calibration is not None and plain.calibration.n_residuals > 30
    for level in LEVELS if supported else LEVELS[:1]:
        expected = plain.evaluate(x, level_index=True, level=level)
        same(model.evaluate(x, level_index=True, level=level), expected, near)
        for i, row in enumerate(x):
            one = plain.evaluate(row[None][[0, 0]], level_index=True, level=level)
            alone = model.evaluate(row, level_index=True, level=level)
            same(alone, type(one)(*(v[:1] for v in list(vars(one).values())[:6])), near)
            assert alone.status[0] == expected.status[i]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_point_takes_the_short_way(backend: str) -> None:
    model = sna_edge.from_bytes(DATA["fitted"], backend)
    x = np.full(6, 0.4)
    model.evaluate(x)
    if getattr(model.backend, "answer", True) is None:
        pytest.skip("a library without the function")
    assert model._whole is not None and model._whole.answer(x, level=0.8) is not None
    assert model._whole.answer(x) is not None
    same(model.evaluate(x, level=0.8), model.evaluate(np.stack([x] * 1), level=0.8), 1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("level", [0.9999, 0.0, 1, "0.9", -1.0])
def test_a_level_that_is_none_is_refused_the_short_way_too(level: Any, backend: str) -> None:
    model = sna_edge.from_bytes(DATA["fitted"], backend)
    said = set()
    for x in (np.full(6, 0.4), np.full((3, 6), 0.4)):
        with pytest.raises(sna_edge.InputError) as caught:
            model.evaluate(x, level=level)
        said.add(str(caught.value))
    assert len(said) == 1


def test_familiarity_that_evaluate_marks_is_that_of_the_verb() -> None:
    model = sna_edge.from_bytes(DATA["fitted"], "numpy")
    x = points(model, 300)
    assert model.evaluate(x).status.tolist() == model.familiarity(x).status.tolist()
    assert len(set(model.evaluate(x).status.tolist())) >= 3

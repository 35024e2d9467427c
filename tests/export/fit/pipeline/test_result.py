"""Assembly and report of the chosen candidate; noise is not interpolated."""

from __future__ import annotations

import numpy as np
import pytest

import sna_edge
from sna_edge.status import Status
from sna_export.fit import AxisSpec, fit_arrays


def table_of_two(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = np.c_[rng.random(count), rng.integers(0, 3, count), rng.uniform(2.0, 5.0, count)]
    level = np.array([0.0, 1.0, 3.0])[x[:, 1].astype(int)]
    y = np.c_[2.0 * x[:, 0] + level, np.exp(x[:, 2] - 3.0) * (1.0 + x[:, 0])]
    return x, y + 0.05 * rng.standard_normal(y.shape)


@pytest.fixture(scope="module")
def two() -> tuple:
    rng = np.random.default_rng(0)
    x, y = table_of_two(240, rng)
    axes = [
        AxisSpec("a", "mm"),
        AxisSpec("metal", levels=("steel", "brass", "zinc")),
        AxisSpec("c", domain=(1.0, 5.0)),
    ]
    return fit_arrays(x, y, axes, ["p", "q"], seed=3), axes, x, y


def test_several_outputs_and_a_categorical_axis(two: tuple) -> None:
    found, _, x, y = two
    fresh, truth = table_of_two(400, np.random.default_rng(9))
    error = np.sqrt(
        np.mean(
            (found.model.evaluate(fresh, extrapolate=True, level_index=True).value - truth) ** 2,
            axis=0,
        )
    )
    assert np.all(error < 0.065)
    assert [a.kind for a in found.model.axes] == ["continuous", "categorical", "continuous"]
    assert (found.model.axes[2].lower, found.model.axes[2].upper) == (1.0, 5.0)
    assert found.model.axes[0].unit == "mm"
    assert found.model.value({"a": 0.5, "metal": "zinc", "c": 3.0}).shape == (2,)


def test_report_and_provenance(two: tuple) -> None:
    found, _, x, y = two
    kept = found.model.metadata["fit"]
    assert kept["rows"] == 240 and kept["seed"] == 3
    assert "why" not in kept and "cross-validated" in found.report["why"]
    assert set(found.report["outputs"]) == {"p", "q"}
    for k, name in enumerate(("p", "q")):
        score = found.report["outputs"][name]
        residual = found.measured[:, k] - found.predicted[:, k]
        assert score["rmse"] == pytest.approx(np.sqrt(np.mean(residual**2)))
        assert 0.88 <= score["coverage"] <= 0.93
    assert found.inputs.shape == (240, 3)
    assert {c["kind"] for c in found.report["candidates"]} <= {
        "teacher",
        "direct",
        "baseline",
        "polynomial chaos",
    }


def test_support_counts_rows_per_span(two: tuple) -> None:
    found, _, x, _ = two
    axis = found.model.axes[1]
    assert list(axis.support) == [min(255, int((x[:, 1] == level).sum())) for level in range(3)]


def test_same_seed_same_bytes(two: tuple) -> None:
    found, axes, x, y = two
    again = fit_arrays(x, y, axes, ["p", "q"], seed=3)
    assert again.model.to_bytes() == found.model.to_bytes()


def test_the_file_gives_the_model_back(two: tuple) -> None:
    found, _, x, _ = two
    loaded = sna_edge.from_bytes(found.model.to_bytes())
    # float32 tables: 4e-6 of the output range
    again, before = (m.value(x, level_index=True) for m in (loaded, found.model))
    np.testing.assert_allclose(again, before, rtol=0.0, atol=4e-6 * np.ptp(found.measured))
    assert loaded.outputs[0].interval is not None


def test_noise_is_not_interpolated() -> None:
    rng = np.random.default_rng(4)
    x = rng.random((150, 2))
    truth = 3.0 * x[:, 0] + np.sin(6.0 * x[:, 1])
    found = fit_arrays(x, truth + 0.5 * rng.standard_normal(150))
    assert np.sqrt(np.mean((found.model.value(x)[:, 0] - truth) ** 2)) < 0.25
    fresh = rng.random((2000, 2))
    answer = found.model.evaluate(fresh, extrapolate=True)
    new = 3.0 * fresh[:, 0] + np.sin(6.0 * fresh[:, 1]) + 0.5 * rng.standard_normal(2000)
    inside = answer.status != Status.EXTRAPOLATED
    assert (
        0.84 < np.mean(((new >= answer.lower[:, 0]) & (new <= answer.upper[:, 0]))[inside]) < 0.96
    )

"""A model with its rows in, intervals at any level out: through the file, for every link."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, InputError, Model, Output
from sna_edge.core.beside import CoordinateSource, Role
from sna_edge.core.output import Interval
from sna_edge.files import from_bytes
from sna_edge.uncertainty.companions import sigma
from sna_export.calibrate import calibrated

from .rows import inputs, noise, plane

N = 1500


def wide(x: np.ndarray) -> np.ndarray:
    return 0.05 * np.exp(2.5 * x[:, 0])


def made(n: int = N, seed: int = 0) -> tuple[Model, np.ndarray, np.ndarray]:
    model, x = plane(), inputs(n, 2, seed)
    return model, x, model.value(x) + (wide(x) * noise(n, seed))[:, None]


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_every_quarter_is_covered(level: float) -> None:
    model, x, y = made()
    found = calibrated(model, x, y, model.value(x)).model
    new, truth = made(20_000, 1)[1:]
    ends = found.interval_at(new, level)
    inside = ((truth >= ends.lower) & (truth <= ends.upper))[:, 0]
    quarter = np.digitize(new[:, 0], [0.25, 0.5, 0.75])
    for q in range(4):
        assert abs(inside[quarter == q].mean() - level) < 0.045


def test_the_scale_is_the_size_of_the_residuals() -> None:
    model, x, y = made(6000)
    found = calibrated(model, x, y, model.value(x)).model
    new = inputs(2000, 2, 5)
    ratio = sigma(found, new, found.value(new))[:, 0] / wide(new)
    assert np.std(np.log(ratio)) < 0.1


def test_a_file_says_the_same() -> None:
    model, x, y = made()
    found = calibrated(model, x, y, model.value(x)).model
    again = from_bytes(found.to_bytes())
    assert again.to_bytes() == found.to_bytes()
    new = inputs(300, 2, 9)
    one, other = found.interval_at(new, 0.9), again.interval_at(new, 0.9)
    assert np.allclose(one.upper, other.upper, rtol=0, atol=1e-6) and np.isfinite(other.upper).all()


def test_the_file_grows_little() -> None:
    """Nine inputs, all of which change sigma."""
    model, x = plane("abcdefghi"), inputs(N, 9, 0)
    y = model.value(x) + (np.exp(x @ np.linspace(0.5, 1.5, 9)) * noise(N, 0))[:, None]
    found = calibrated(model, x, y, model.value(x)).model
    assert len(found.to_bytes()) - len(model.to_bytes()) < 3000


def test_even_residuals_leave_the_interval_and_give_quantiles() -> None:
    model = plane()
    model = model.replace(outputs=[Output("y", "m", interval=Interval(0.9, 0.2, 0.2))])
    x = inputs(400, 2, 0)
    y = model.value(x) + 0.1 * noise(400, 3)[:, None]
    found = calibrated(model, x, y, model.value(x), local=False).model
    assert found.companions == () and found.outputs == model.outputs
    assert found.calibration is not None and found.calibration.n_residuals == 400
    assert np.isfinite(found.interval_at(x, 0.8).upper).all()


def test_shares_stay_shares() -> None:
    model, x = plane(link="logistic"), inputs(N, 2, 0)
    p = model.value(x)
    y = np.clip(p + (wide(x) * noise(N, 0))[:, None], 0, 1)
    ends = calibrated(model, x, y, p).model.interval_at(x, 0.99)
    assert ends.lower.min() >= 0 and ends.upper.max() <= 1


def test_relative_errors_under_a_link() -> None:
    """Residuals of the linear part whose size the second input changes."""
    model, x = plane(link="exp"), inputs(N, 2, 0)
    model = model.replace(outputs=[Output("y", "m", "exp", interval=Interval(0.9, 1, 1, "link"))])
    p = model.value(x)
    y = p * np.exp(0.05 * np.exp(2 * x[:, 1]) * noise(N, 0))[:, None]
    found = calibrated(model, x, y, p).model
    assert found.calibration is not None and found.calibration.spaces == ("link",)
    assert found.outputs[0].interval is None
    at = np.array([[0.5, 0.05], [0.5, 0.95]])
    ends = found.interval_at(at, 0.9)
    half = np.log(ends.upper / ends.lower)[:, 0] / 2
    assert np.allclose(half, 1.645 * 0.05 * np.exp(2 * at[:, 1]), rtol=0.2)


def test_levels_may_differ() -> None:
    model = plane(levels=("A", "B"))
    x = np.column_stack([inputs(N, 2, 0), np.arange(N) % 2])
    p = model.value(x, level_index=True)
    y = p + (np.array([0.1, 0.5])[np.arange(N) % 2] * noise(N, 0))[:, None]
    found = calibrated(model, x, y, p).model
    ends = found.interval_at({"a": [0.5, 0.5], "b": [0.5, 0.5], "machine": ["A", "B"]}, 0.9)
    assert np.allclose((ends.upper - ends.lower)[:, 0], 3.29 * np.array([0.1, 0.5]), rtol=0.15)
    again = from_bytes(found.to_bytes())
    assert 2 in [c.index for c in again.companions[0].coordinates]


def test_outputs_have_scales_of_their_own_and_a_correlation() -> None:
    base, x = plane(), inputs(N, 2, 0)
    work = base.interaction
    assert isinstance(work, CP)
    two = CP(work.tables, work.modes, np.ones((2, 2)))
    model = base.replace(interaction=two, outputs=[Output("u"), Output("v")])
    common = noise(N, 0)
    y = model.value(x) + np.stack([wide(x) * common, 0.1 * (0.6 * common + 0.8 * noise(N, 7))], 1)
    found = calibrated(model, x, y, model.value(x))
    assert [c.output for c in found.model.companions] == [0]
    assert [s.kind for s in found.scales][1] == "constant"
    calibration = found.model.calibration
    assert calibration is not None and abs(calibration.correlation[0] - 0.6) < 0.06
    assert found.model.companions[0].role == Role.SCALE


def test_the_prediction_as_a_coordinate() -> None:
    model, x = plane("abcdef"), inputs(N, 6, 0)
    p = model.value(x)
    found = calibrated(model, x, p + np.exp(p) * noise(N, 0)[:, None], p).model
    sources = [c.source for c in found.companions[0].coordinates]
    assert sources == [CoordinateSource.PREDICTION]


def test_again_replaces_what_was_there() -> None:
    model, x, y = made()
    once = calibrated(model, x, y, model.value(x)).model
    twice = calibrated(once, x, y, model.value(x)).model
    assert twice.to_bytes() == once.to_bytes()


def test_rows_that_do_not_fit_are_refused() -> None:
    model, x, y = made(100)
    p = model.value(x)
    with pytest.raises(InputError, match="do not fit a model of 2 inputs"):
        calibrated(model, x[:, :1], y, p)
    with pytest.raises(InputError, match="finite"):
        calibrated(model, x, np.where(y > 1, np.nan, y), p)
    with pytest.raises(InputError, match="as many folds"):
        calibrated(model, x, y, p, folds=np.zeros(3))


def test_a_level_beyond_the_rows_is_refused() -> None:
    model, x, y = made(100)
    found = calibrated(model, x, y, model.value(x)).model
    with pytest.raises(InputError, match="needs 199 calibration rows"):
        found.interval_at(x[:1], 0.99)


def test_a_loaded_file_is_answered_by_one_backend() -> None:
    """Companions are served by what serves the values."""
    pytest.importorskip("sna_edge_native")
    model, x, y = made()
    data = calibrated(model, x, y, model.value(x)).model.to_bytes()
    slow, fast = (from_bytes(data, backend=name) for name in ("numpy", "native"))
    assert fast.companions[0].model.backend.name == "native"
    assert from_bytes(data).companions[0].model.backend.name == "native"
    one, other = slow.evaluate(x), fast.evaluate(x)
    assert np.allclose(one.upper, other.upper, rtol=1e-5)
    assert np.isfinite(other.upper).all()

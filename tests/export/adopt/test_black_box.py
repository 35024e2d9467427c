"""Any black box: asked no more often than allowed, met to the error that is measured on points of
its own, refused with its reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_export.adopt import Domain, distil

Floats = NDArray[np.float64]
UNIT = {"a": (0.0, 1.0), "b": (0.0, 1.0), "c": (0.0, 1.0)}


class Box:
    """A function with the interface of scikit-learn that counts how often it is asked."""

    def __init__(self, function: Callable[[Floats], Floats]) -> None:
        self.function, self.calls, self.x = function, 0, np.empty((0, 0))

    def predict(self, x: Floats) -> Floats:
        self.calls += len(x)
        self.x = x if not self.x.size else np.concatenate([self.x, x])
        return self.function(x)


def smooth(x: Floats) -> Floats:
    return np.asarray(np.exp(x[:, 0] * x[:, 1]) + np.sin(3.0 * x[:, 2]))


def stepped(x: Floats) -> Floats:
    return np.asarray((x[:, 0] > 0.37) + np.floor(7.0 * x[:, 1]) * (x[:, 2] < 0.61) / 7.0)


def test_a_smooth_box_needs_few_calls_and_the_error_is_that_of_new_points() -> None:
    box = Box(smooth)
    found = distil(box, UNIT, error=1e-3, calls=2000)
    assert found.reached and found.calls == box.calls < 1000
    x = np.random.default_rng(5).random((1000, 3))
    y = smooth(x)
    error = np.sqrt(np.mean((found.model.backend.value(x)[:, 0] - y) ** 2)) / np.ptp(y)
    assert error < 2.0 * found.rms + 1e-9
    assert found.model.certificate["adoption_rms"] == pytest.approx(found.rms, rel=0.01)


def test_steps_use_every_call_and_what_is_missed_is_said() -> None:
    box = Box(stepped)
    found = distil(box, UNIT, error=1e-6, calls=1500)
    assert not found.reached and found.calls == box.calls <= 1500
    assert "single inputs" in found.tried[-1][0]
    assert found.rms < 0.08
    assert len(np.unique(box.x, axis=0)) == len(box.x)


def test_more_points_lie_where_the_model_errs() -> None:
    box = Box(stepped)
    distil(box, UNIT, error=1e-6, calls=1500)
    near = np.abs(box.x[:, 0] - 0.37) < 0.05
    assert near.mean() > 0.12


def test_levels_and_several_outputs() -> None:
    domain = [Domain("a", "mm", 0.0, 2.0), Domain("lot", "", 0.0, 0.0, ("x", "y", "z"))]

    def two(x: Floats) -> Floats:
        lot = np.array([1.0, -2.0, 0.5])[x[:, 1].astype(int)]
        return np.c_[x[:, 0] ** 2 * lot, np.sign(x[:, 0] - 0.7) + lot]

    found = distil(two, domain, error=1e-9, calls=600, outputs=("p", "q"))
    assert [o.name for o in found.model.outputs] == ["p", "q"]
    assert found.rms < 0.05
    value = found.model({"a": 1.5, "lot": "y"})
    np.testing.assert_allclose(value, [-4.5, -1.0], atol=3.0 * found.rms * 12.0)


def test_with_rows_points_keep_to_them() -> None:
    t = np.random.default_rng(0).random((300, 1))
    rows = np.c_[t, t, t] + 0.01 * np.random.default_rng(1).random((300, 3))
    box = Box(smooth)
    distil(box, dict.fromkeys("abc", (0.0, 1.01)), rows, error=1e-3, calls=1000)
    far = np.abs(box.x[:, 0] - box.x[:, 1]) > 0.1
    assert 0.05 < far.mean() < 0.75


@pytest.mark.parametrize(
    ("predict", "said"),
    [
        (lambda x: np.full(len(x), 2.0), "is 2 everywhere"),
        (lambda x: np.log(x[:, 0] - 0.5), "finite numbers"),
        (lambda x: np.zeros(3), "the shape"),
        (3, "not int"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_cannot_be_learned_is_refused(predict: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        distil(predict, UNIT, calls=400)


def test_names_and_domains_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="1 outputs, not the 2 named"):
        distil(smooth, UNIT, calls=400, outputs=("p", "q"))
    with pytest.raises(InputError, match="no input"):
        distil(smooth, [], calls=400)
    with pytest.raises(InputError, match="10 say nothing"):
        distil(smooth, UNIT, np.full((2, 3), 0.5), calls=400)


def test_too_few_calls_and_rows_elsewhere_are_refused() -> None:
    with pytest.raises(InputError, match="200 calls"):
        distil(smooth, UNIT, calls=10)
    with pytest.raises(InputError, match="widen the domain"):
        distil(smooth, UNIT, np.full((50, 3), 2.0))
    with pytest.raises(InputError, match="a column per input"):
        distil(smooth, UNIT, np.zeros((50, 2)))

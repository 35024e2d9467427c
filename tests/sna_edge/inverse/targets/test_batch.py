"""Batch inversion: every planted target is met to 1e-10, on every backend, and what cannot be met
says so."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, InputError, Model, Output, Status, spline_axis
from sna_edge.backends import create
from sna_edge.errors import BackendError
from sna_edge.inverse import invert_batch

LINKS = ("identity", "exp", "logistic")


def smooth(seed: int, *, link: str = "identity", outputs: int = 2, modes: int = 6) -> Model:
    rng = np.random.default_rng(seed)
    axes = [spline_axis(n, "", -1.0, 2.0, spans=7) for n in "abcd"]
    x = np.linspace(0, 1, 10)[:, None]
    tables = [
        1 + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.6, modes) * x + rng.uniform(size=modes)))
        for _ in axes
    ]
    made = [
        Output(f"y{k}", link=link, scale=2.0 - 3 * k, offset=0.5, bias=0.1) for k in range(outputs)
    ]
    return Model(axes, CP.full(tables, rng.normal(size=(modes, outputs)) / np.sqrt(modes)), made)


def on(model: Model, backend: str) -> Model:
    try:
        create(backend, model)
    except BackendError:
        pytest.skip(f"backend {backend} is not installed")
    return model.with_backend(backend)


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("targets", [1, 2])
def test_planted_targets_are_met(backend: str, link: str, targets: int) -> None:
    model, rng = on(smooth(3, link=link), backend), np.random.default_rng(0)
    x = rng.uniform(-1.0, 2.0, (400, 4))
    y = model.with_backend("numpy").value(x)
    found = invert_batch(
        model, {f"y{k}": y[:, k] for k in range(targets)}, ["c", "a"], {"b": x[:, 1], "d": x[:, 3]}
    )
    assert found.solved > 0.99
    full = np.column_stack([found.x[:, 1], x[:, 1], found.x[:, 0], x[:, 3]])
    back = model.with_backend("numpy").value(full)[:, :targets]
    exact = found.miss <= 1e-10
    assert exact.mean() > 0.99
    assert np.abs(back - y[:, :targets])[exact].max() <= 1e-9 * np.ptp(y)
    assert found.miss[found.status == Status.OK].max() <= 1e-7
    assert found.x.min() >= -1.0 and found.x.max() <= 2.0


def test_numpy_and_native_solve_the_same_rows() -> None:
    model, rng = smooth(5), np.random.default_rng(1)
    x = rng.uniform(-1.0, 2.0, (300, 4))
    y = model.value(x)
    known = {"b": x[:, 1], "d": x[:, 3]}
    a, b = (
        invert_batch(on(model, n), {"y0": y[:, 0], "y1": y[:, 1]}, ["a", "c"], known)
        for n in ("numpy", "native")
    )
    assert np.mean(a.status == b.status) > 0.99
    same = np.abs(a.x - b.x).max(axis=1) < 1e-6
    assert same.mean() > 0.95  # a row may have several solutions


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_rows_that_cannot_be_answered_say_why(backend: str) -> None:
    model = on(smooth(3, link="exp", outputs=1), backend)
    inside = float(model.value([0.5, 0.5, 0.5, 0.5])[0])
    targets = np.array([inside, 1e9, -5.0, np.nan, inside, inside])
    known = {"b": np.array([0.5, 0.5, 0.5, 0.5, 9.0, np.nan]), "d": 0.5}
    found = invert_batch(model, targets, ["a", "c"], known)
    names = [Status(s).label for s in found.status]
    assert names == ["ok", "unreachable", "unreachable", "bad_input", "out_of_domain", "bad_input"]
    assert np.isfinite(found.x[:2]).all() and np.isnan(found.x[2:]).all()
    assert found.miss[1] > 1e-3 and found.solved == pytest.approx(1 / 6)
    assert found.to_dict()["status"] == names


def test_errors_of_names_and_lengths(tracks: Model) -> None:
    model = smooth(1)
    for call in (
        lambda: invert_batch(model, [1.0], ["a"], {"b": 0.0, "c": 0.0, "d": 0.0}),
        lambda: invert_batch(model, {"z": [1.0]}, ["a"], {"b": 0.0, "c": 0.0, "d": 0.0}),
        lambda: invert_batch(model, {"y0": [1.0]}, ["a"], {"b": 0.0, "c": 0.0}),
        lambda: invert_batch(model, {"y0": [1.0]}, ["a", "b"], {"b": 0.0, "c": 0.0, "d": 0.0}),
        lambda: invert_batch(
            model, {"y0": [1.0, 2.0]}, ["a"], {"b": [0.0] * 3, "c": 0.0, "d": 0.0}
        ),
        lambda: invert_batch(tracks, {"width": [90.0]}, ["alloy"], {"power": 200.0, "speed": 1.0}),
    ):
        with pytest.raises(InputError):
            call()

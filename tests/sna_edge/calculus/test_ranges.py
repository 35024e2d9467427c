"""The range of an output: no point of the domain leaves the enclosure, and what is said to be
reached is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, TT, Interval, Model, Output, level_axis, spline_axis
from sna_edge.artifact import from_bytes
from sna_edge.calculus.ranges import ranges
from sna_edge.cli import main

from ...clock import Clock

CASES = [
    (kind, axes, seed)
    for kind in ("cp", "tt")
    for axes in ("mixed", "smooth")
    for seed in (0, 1, 2)
]


def peak(width: float = 0.004) -> Model:
    """A bump between the points that are sampled: the stored range is exceeded."""
    axes = [spline_axis(n, "", 0.0, 1.0, spans=200, degree=3) for n in "ab"]
    middle = [
        np.exp(-0.5 * ((np.linspace(0, 1, 203) - at) / width) ** 2)[:, None]
        for at in (0.2371, 0.7713)
    ]
    return Model(axes, CP.full(middle), [Output("y")])


def corner(degree: int) -> Model:
    """y = prod x_d^p over eight inputs: the largest value is at a corner that samples do not
    meet."""
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=1, degree=degree) for d in range(8)]
    return Model(
        axes,
        CP.full([np.eye(degree + 1)[:, -1:] for _ in axes]),
        [Output("y", scale=3.0, offset=-1.0)],
    )


def checked(model: Model, x: np.ndarray) -> list[Any]:
    found = ranges(model, seconds=3.0)
    y = model.with_backend("numpy").backend.value(x)
    for k, r in enumerate(found):
        assert r.within[0] <= y[:, k].min() and y[:, k].max() <= r.within[1]
        assert r.within[0] <= r.reached[0] <= r.reached[1] <= r.within[1]
        span = float(np.ptp(y[:, k]))
        assert (
            r.reached[0] <= y[:, k].min() + 0.03 * span
            and r.reached[1] >= y[:, k].max() - 0.03 * span
        )
    return found


@pytest.mark.parametrize("kind,axes,seed", CASES)
def test_no_point_leaves_the_enclosure(build: Any, kind: str, axes: str, seed: int) -> None:
    model = getattr(build, kind)(getattr(build, f"{axes}_axes")(), seed=seed)
    found = checked(model, build.points(model, 20_000))
    if kind == "cp":
        assert all(r.within[1] - r.within[0] <= 2.0 * (r.reached[1] - r.reached[0]) for r in found)


@pytest.mark.parametrize("spans,degree", [(20, 3), (20, 1), (3, 2), (40, 4)])
@pytest.mark.parametrize("kind", ["cp", "tt"])
def test_rough_functions_of_one_input_are_enclosed_closely(
    kind: str, spans: int, degree: int
) -> None:
    """Pieces of the one axis are looked at to the end: none is left whose enclosure is forgotten,
    and nothing is added to them."""
    axis = spline_axis("a", "", 0.0, 1.0, spans=spans, degree=degree)
    x = np.linspace(0.0, 1.0, 5001)[:, None]
    for seed in range(6):
        table = np.random.default_rng(seed).standard_normal((axis.basis.n_rows, 1))
        interaction = (
            CP.full([table]) if kind == "cp" else TT((table[:, :, None],), np.ones((1, 1)))
        )
        r = checked(Model([axis], interaction, [Output("y")]), x)[0]
        assert r.within[1] - r.within[0] <= 1.05 * (r.reached[1] - r.reached[0])


@pytest.mark.parametrize("seed", range(6))
def test_modes_that_leave_axes_out_are_enclosed(seed: int) -> None:
    """Sums of functions of one and of two inputs: an axis that a mode does not use multiplies it by
    one."""
    rng = np.random.default_rng(seed)
    axes = [spline_axis(n, "", 0.0, 1.0, spans=3, degree=2) for n in "abc"]
    used = (np.array([0, 3, 4]), np.array([1, 3]), np.array([2, 4]))
    tables = tuple(rng.uniform(0.5, 2.0, (5, len(m))) for m in used)
    model = Model(axes, CP(tables, used, rng.uniform(0.5, 1.5, (5, 1))), [Output("y")])
    r = checked(model, rng.random((5000, 3)))[0]
    assert r.within[1] - r.within[0] <= 1.1 * (r.reached[1] - r.reached[0])


@pytest.mark.parametrize("scale,offset", [(1.0, 0.0), (-2.0, 5.0), (1e-30, 0.0), (1.0, 1e9)])
@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_links_and_scales(build: Any, link: str, scale: float, offset: float) -> None:
    model = build.linked(link)
    model = model.replace(outputs=[replace(model.outputs[0], scale=scale, offset=offset)])
    r = checked(model, build.points(model, 5000))[0]
    assert model.outputs[0].ends[0] <= r.within[0] and r.within[1] <= model.outputs[0].ends[1]


def test_a_peak_between_the_samples_is_found_and_enclosed() -> None:
    """`info` said a range that was exceeded inside the domain."""
    model = peak()
    stored = from_bytes(model.to_bytes(), "numpy").outputs[0].range
    design = model.axes[0].basis.design(np.linspace(0, 1, 20_001))
    truth = float(np.prod([(design @ table).max() for table in model.interaction.tables]))
    assert stored is not None and stored[1] < 0.9 * truth
    r = ranges(model)[0]
    assert r.reached[1] >= 0.999 * truth and truth <= r.within[1] <= 1.05 * truth


@pytest.mark.parametrize("degree", [1, 2, 3, 5, 7])
def test_a_corner_is_reached(degree: int) -> None:
    r = ranges(corner(degree))[0]
    assert abs(r.reached[0] + 1.0) < 1e-9 and abs(r.reached[1] - 2.0) < 1e-9
    assert -1.001 < r.within[0] <= r.reached[0] and r.reached[1] <= r.within[1] < 2.001


def test_models_without_modes_and_of_levels_only() -> None:
    axes = [level_axis("c", ("p", "q", "r")), spline_axis("x", "", 0.0, 1.0)]
    empty = CP(
        (np.empty((3, 0)), np.empty((axes[1].basis.n_rows, 0))),
        (np.array([], int),) * 2,
        np.empty((0, 1)),
    )
    r = ranges(Model(axes, empty, [Output("y", bias=2.0)]))[0]
    assert r.reached == (2.0, 2.0) and r.within[0] <= 2.0 <= r.within[1] < 2.0 + 1e-9
    one = Model(axes[:1], CP.full([np.array([[1.0], [-4.0], [2.5]])]), [Output("y")])
    r = ranges(one)[0]
    assert (
        r.reached == (-4.0, 2.5) and abs(r.within[0] + 4) < 1e-9 and abs(r.within[1] - 2.5) < 1e-9
    )


@pytest.mark.parametrize("outputs", [1, 3, 40])
def test_the_time_is_kept(build: Any, outputs: int) -> None:
    model = build.cp(build.mixed_axes(), 1, outputs=outputs, rank=40)
    clock = Clock()
    found = ranges(model, seconds=0.1)
    assert clock.seconds < 1.0 and len(found) == outputs


def test_info_says_both(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m.sna"
    peak().replace(outputs=[Output("y", interval=Interval(0.9, 0.1, 0.1))]).save(path)
    assert main(["info", str(path)]) == 0
    said = capsys.readouterr().out
    assert (
        "range reached" in said and "guaranteed range" in said and "range in the domain" not in said
    )

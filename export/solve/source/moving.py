"""A beam on a path as a load: a sum of products of functions of x, t and y."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..weak_form.axes import ProblemAxis
from ..weak_form.errors import ProblemError
from ..weak_form.forms import Expression
from ..weak_form.separate import separate
from .path import Moving, Path
from .shapes import Shape

Floats = NDArray[np.float64]
LOOKED_AT = 2000  # times at which a path is looked at
COARSEST = 1.0  # of the beam's detail: the widest span under the path
FASTEST = 2.0  # of it: how far the beam may move in a span of time


def moving_source(
    path: Path | Callable[[Floats], Sequence[ArrayLike]],
    shape: Shape,
    axes: Sequence[ProblemAxis],
    tolerance: float = 1e-3,
) -> Expression:
    """density(x - x_s(t), y - y_s(t)), 1/m2, while the beam is on, as a sum of products to the
    relative L2 error `tolerance`: times a power it is a heat flux, times `v * on(z, ..)` a load.

    `path`: tracks, a polyline, or a function t -> (x, y); `axes` (x, t, y). A shape that is a
    product of functions of x and of y gives a product of two sums, over x and t and over y and t;
    others go through cross approximation with points of the path as seeds. Raises ProblemError for
    a path that leaves the axes and for meshes too coarse for the beam.

    >>> from sna_export.solve import gaussian, moving_source, polyline, space
    >>> path = polyline([(2e-4, 3e-4), (8e-4, 3e-4)], speed=1.0)
    >>> x, y = space("x", 0.0, 1e-3, spans=20), space("y", 0.0, 6e-4, spans=12)
    >>> heat = moving_source(path, gaussian(8e-5), (x, path.time_axis(spans=20), y))
    """
    x, t, y = _three(axes)
    route = path if isinstance(path, Path) else Moving(path)
    _need_inside(route, x, t, y)
    _need_fine(route, shape, x, t, y)
    if shape.parts is None:
        return _crossed(route, shape, x, t, y, tolerance)
    f, g = shape.parts

    def over_x(x_: Floats, t_: Floats) -> Floats:
        return np.asarray(f(x_ - route.at(t_)[0]) * route.on(t_))

    def over_y(y_: Floats, t_: Floats) -> Floats:
        return np.asarray(g(y_ - route.at(t_)[1]))

    return separate(over_x, (x, t), tolerance / 2) * separate(over_y, (y, t), tolerance / 2)


def _crossed(
    route: Path | Moving,
    shape: Shape,
    x: ProblemAxis,
    t: ProblemAxis,
    y: ProblemAxis,
    tolerance: float,
) -> Expression:
    def density(x_: Floats, t_: Floats, y_: Floats) -> Floats:
        xs, ys = route.at(t_)
        return np.asarray(shape.density(x_ - xs, y_ - ys) * route.on(t_))

    times = _times(route, t)[:: LOOKED_AT // 50]
    seeds = np.stack([route.at(times)[0], times, route.at(times)[1]], axis=1)
    return separate(density, (x, t, y), tolerance, seeds=seeds)


def _three(axes: Sequence[ProblemAxis]) -> tuple[ProblemAxis, ProblemAxis, ProblemAxis]:
    roles = [a.role for a in axes]
    if roles != ["space", "time", "space"]:
        raise ProblemError(
            f"a moving source stands on axes (x, t, y), space, time and space; got {roles}"
        )
    x, t, y = axes
    return x, t, y


def _times(route: Path | Moving, t: ProblemAxis) -> Floats:
    """Times of the axis at which the beam is on. Raises ProblemError where there are none."""
    even = np.linspace(t.basis.lower, t.basis.upper, LOOKED_AT)
    found = np.sort(np.r_[even, route.switches])
    found = found[(found >= t.basis.lower) & (found <= t.basis.upper)]
    found = found[route.on(found)]
    if not found.size:
        raise ProblemError(
            f"the beam is off on all of {t.name!r}, {t.basis.lower:g} to {t.basis.upper:g} s; let"
            " the path begin within it"
        )
    return found


def _need_inside(route: Path | Moving, x: ProblemAxis, t: ProblemAxis, y: ProblemAxis) -> None:
    times = _times(route, t)
    for axis, places in zip((x, y), route.at(times), strict=True):
        out = ~((places >= axis.basis.lower) & (places <= axis.basis.upper))  # NaN too
        if out.any():
            first = int(np.argmax(out))
            raise ProblemError(
                f"the path leaves the part: at {times[first]:.4g} s {axis.name} ="
                f" {places[first]:.4g}, outside [{axis.basis.lower:g}, {axis.basis.upper:g}]; move"
                " the path, or make the part larger"
            )


def _need_fine(
    route: Path | Moving, shape: Shape, x: ProblemAxis, t: ProblemAxis, y: ProblemAxis
) -> None:
    times = _times(route, t)
    places = route.at(times)
    for axis, along in zip((x, y), places, strict=True):
        width = float(_span_at(axis, along).max())
        if width > COARSEST * shape.detail:
            raise ProblemError(
                f"the beam is finer than the mesh: it has details of {shape.detail:.3g} m and meets"
                f" spans of {width:.3g} m along {axis.name!r}; give breaks of"
                f" {0.3 * shape.detail:.2g} m under the path (path.breaks)"
            )
    steps = np.diff(times)
    near = steps < 1.5 * (t.basis.upper - t.basis.lower) / LOOKED_AT  # not across a pause
    jump = np.hypot(*(np.diff(c) for c in places)) / np.maximum(steps, 1e-300)
    if not near.any():
        return
    moved = float(np.median(jump[near]) * np.median(_span_at(t, times)))
    if moved > FASTEST * shape.detail:
        raise ProblemError(
            f"the beam moves {moved:.3g} m in a span of {t.name!r}, with details of"
            f" {shape.detail:.3g} m; give at least"
            f" {int(np.ceil(t.basis.n_spans * moved / (0.5 * shape.detail)))} spans"
        )


def _span_at(axis: ProblemAxis, places: Floats) -> Floats:
    """Widths of the spans at places."""
    span = np.searchsorted(axis.basis.breaks, places, side="right") - 1
    return np.asarray(np.diff(axis.basis.breaks)[np.clip(span, 0, axis.basis.n_spans - 1)])

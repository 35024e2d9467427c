"""`Forms`, `Sought`, `Misfit`, `zeros`, `thin` and `mixture` as the compiled extension has them,
through ctypes."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, Structure, byref, c_double, c_int, c_size_t, c_void_p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fallback import LIBRARY as C

Array = NDArray[Any]


def _record(name: str, fields: dict[str, Any]) -> type[Structure]:
    return type(name, (Structure,), {"_fields_": list(fields.items())})


_P, _N, _D = c_void_p, c_size_t, c_double
_Forms = _record(
    "_Forms",
    dict.fromkeys(("poly", "breaks", "rate", "base", "spans", "weights", "bias"), _P)
    | dict.fromkeys(("n_axes", "n_outputs", "rank", "order"), c_int),
)
_Zeros = _record(
    "_Zeros", {"x": _P, "tangent": _P, "intervals": _P, "n": c_int, "n_intervals": c_int}
)
_Sought = _record(
    "_Sought",
    {
        "unknown": _P,
        "outputs": _P,
        "n_unknowns": c_int,
        "n_targets": c_int,
        "rounds": c_int,
        "lower": _P,
        "width": _P,
        "tolerance": _P,
    },
)
_Misfit = _record(
    "_Misfit",
    {
        "forms": POINTER(_Forms),
        **dict.fromkeys(("rows", "columns", "right", "lower", "width"), _P),
        "constant": _D,
        "n_rows": c_int,
    },
)


def _declare() -> None:
    forms, sought, misfit = POINTER(_Forms), POINTER(_Sought), POINTER(_Misfit)
    C.sna_line.argtypes, C.sna_line.restype = [forms, c_int, c_int, _P, _P], None
    C.sna_line_work.argtypes, C.sna_line_work.restype = [c_int], _N
    C.sna_line_zeros.argtypes, C.sna_line_zeros.restype = (
        [
            _P,
            _P,
            c_int,
            c_int,
            _D,
            POINTER(_Zeros),
            _P,
        ],
        None,
    )
    C.sna_walks.argtypes, C.sna_walks.restype = (
        [
            forms,
            sought,
            _P,
            _P,
            _P,
            _N,
            _P,
            _P,
            _P,
            _N,
            _D,
        ],
        _N,
    )
    C.sna_invert.argtypes, C.sna_invert.restype = (
        [
            forms,
            sought,
            _N,
            _P,
            _P,
            _P,
            _P,
            c_int,
            c_int,
            _P,
            _P,
        ],
        None,
    )
    C.sna_misfit_work.argtypes, C.sna_misfit_work.restype = [misfit], _N
    C.sna_misfit_value.argtypes, C.sna_misfit_value.restype = [misfit, _N, *[_P] * 3], None
    C.sna_misfit_local.argtypes, C.sna_misfit_local.restype = [misfit, _N, *[_P] * 5], None
    C.sna_onto_ridge.argtypes, C.sna_onto_ridge.restype = [misfit, _N, *[_P] * 5], None
    C.sna_descend.argtypes = [misfit, _N, *[_P] * 6, c_int, _D, _D, c_int, _D, _D, _P]
    C.sna_descend.restype = None
    C.sna_thin.argtypes, C.sna_thin.restype = [_P, _N, c_int, _N, _D, _D, _P, _P, POINTER(_D)], _N
    C.sna_mixture.argtypes, C.sna_mixture.restype = [_P, _N, c_int, _P, _P, _P, c_int, _P], None


_declare()


def _at(*arrays: Array) -> tuple[int, ...]:
    """Addresses of C-contiguous arrays."""
    if not all(a.flags.c_contiguous for a in arrays):
        raise ValueError("the arrays of an inverse query must be C-contiguous")
    return tuple(a.ctypes.data for a in arrays)


def _work(size: int) -> Array:
    return np.empty(size // 8 + 8)


def _search(
    breaks: Array, coefficients: Array, target: float, x: Array, tangent: Array, intervals: Array
) -> tuple[int, int]:
    spans, order = coefficients.shape
    found = _Zeros(*_at(x, tangent, intervals), 0, 0)
    work = _work(C.sna_line_work(spans))
    C.sna_line_zeros(
        *_at(breaks, coefficients), spans, order, target, byref(found), work.ctypes.data
    )
    return found.n, found.n_intervals


def zeros(
    breaks: Array, coefficients: Array, target: float, x: Array, tangent: Array, intervals: Array
) -> tuple[int, int]:
    """Numbers of isolated roots and of intervals, written into x, tangent and intervals."""
    return _search(breaks, coefficients, target, x, tangent, intervals)


class Sought:
    """struct sna_sought."""

    def __init__(
        self,
        unknown: Array,
        outputs: Array,
        lower: Array,
        width: Array,
        tolerance: Array,
        rounds: int,
    ) -> None:
        self.arrays = unknown, outputs, lower, width, tolerance
        u, t, low, wide, slack = _at(*self.arrays)
        self.record = _Sought(u, t, len(unknown), len(outputs), rounds, low, wide, slack)


class Forms:
    """struct sna_forms."""

    def __init__(
        self,
        poly: Array,
        breaks: Array,
        rate: Array,
        base: Array,
        spans: Array,
        weights: Array,
        bias: Array,
    ) -> None:
        self.arrays = poly, breaks, rate, base, spans, weights, bias
        self.record = _Forms(*_at(*self.arrays), len(rate), len(bias), poly.shape[2], poly.shape[1])

    def roots(
        self,
        axis: int,
        output: int,
        at: Array,
        target: float,
        x: Array,
        tangent: Array,
        intervals: Array,
    ) -> tuple[int, int]:
        """All x of input `axis` that give the target, the other inputs as in `at`; returns how
        many roots and intervals were written."""
        poly, breaks, _, base, spans, _, _ = self.arrays
        line = np.empty((int(spans[axis]), poly.shape[1]))
        C.sna_line(byref(self.record), axis, output, *_at(at, line))
        start = int(base[axis]) + axis
        return _search(breaks[start : start + len(line) + 1], line, target, x, tangent, intervals)

    def walks(
        self,
        q: Sought,
        x: Array,
        goal: Array,
        unit: Array,
        z: Array,
        r: Array,
        done: Array,
        enough: int,
        seconds: float,
    ) -> int:
        """Walks z [N, U] to the goal until `enough` are there; returns how many were tried."""
        start, end = _at(x, goal, unit), _at(z, r, done)
        return int(
            C.sna_walks(byref(self.record), byref(q.record), *start, len(z), *end, enough, seconds)
        )

    def invert(
        self,
        q: Sought,
        x: Array,
        goal: Array,
        grid: Array,
        products: Array,
        tries: int,
        miss: Array,
        done: Array,
    ) -> None:
        """Per row of x [N, D] unknowns that give the goal of the row, written into x."""
        points = _at(x, goal, grid, products)
        C.sna_invert(
            byref(self.record), byref(q.record), len(x), *points, len(grid), tries, *_at(miss, done)
        )


class Misfit:
    """struct sna_misfit."""

    def __init__(
        self,
        forms: Forms,
        rows: Array,
        columns: Array,
        right: Array,
        lower: Array,
        width: Array,
        constant: float,
    ) -> None:
        self.kept = forms, rows, columns, right, lower, width
        self.record = _Misfit(
            ctypes.pointer(forms.record),
            *_at(rows, columns, right, lower, width),
            constant,
            len(right),
        )

    def _room(self) -> Array:
        return _work(C.sna_misfit_work(byref(self.record)))

    def value(self, z: Array, energy: Array) -> None:
        """Writes energy [N] = |A P(z) - c|^2 / 2 + constant of z [N, U]."""
        work = self._room()
        C.sna_misfit_value(byref(self.record), len(z), *_at(z, energy), work.ctypes.data)

    def local(self, z: Array, energy: Array, slope: Array, curvature: Array) -> None:
        """As `value`, with slope [N, U] and curvature [N, U, U], both exact."""
        work = self._room()
        C.sna_misfit_local(
            byref(self.record), len(z), *_at(z, energy, slope, curvature), work.ctypes.data
        )

    def ridge(self, z: Array, energy: Array, slope: Array, curvature: Array) -> None:
        """Newton steps of z [N, U] across the narrow directions."""
        work = self._room()
        C.sna_onto_ridge(
            byref(self.record), len(z), *_at(z, energy, slope, curvature), work.ctypes.data
        )

    def descend(
        self,
        z: Array,
        energy: Array,
        slope: Array,
        curvature: Array,
        state: Array,
        radius: Array,
        rounds: int,
        gain: float,
        band: float,
        thin: bool,
        best: float,
        seconds: float,
    ) -> None:
        """Trust-region Newton walks of z [N, U]; state [N]: 1 converged, 0 not, -1 given up."""
        arrays = _at(z, energy, slope, curvature, state, radius)
        work = self._room()
        C.sna_descend(
            byref(self.record),
            len(z),
            *arrays,
            rounds,
            gain,
            band,
            thin,
            best,
            seconds,
            work.ctypes.data,
        )


def thin(
    columns: Array, taken: Array, distance: Array, separation: float, seconds: float
) -> tuple[int, float]:
    """Number of points taken and the largest distance left."""
    fill = c_double()
    d, n = columns.shape
    count = (
        C.sna_thin(
            columns.ctypes.data,
            n,
            d,
            len(taken),
            separation,
            seconds,
            *_at(taken, distance),
            byref(fill),
        )
        if n
        else 0
    )
    return int(count), float(fill.value)


def mixture(z: Array, mean: Array, back: Array, scale: Array, density: Array) -> None:
    """Writes density [N] of z [N, U]: a sum of t distributions with 6 degrees of freedom."""
    points, parts = _at(z, mean, back, scale), len(mean)
    C.sna_mixture(points[0], len(z), z.shape[1], *points[1:], parts, *_at(density))

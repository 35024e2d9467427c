"""The reference evaluation in float64: one query in a dozen array calls, batches as matrix
products."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.basis.span import DENSE_ROWS
from ..core.interaction import CP, TT
from ..core.output import values
from ..core.record import ModelRecord
from .light import Linear, light
from .power_table import SpanSearch, first_rows, span_polynomials, stacked_polynomials

Floats = NDArray[np.float64]

CHUNK = 2048  # points per block: keeps N x R work arrays inside a 1 MB cache
SINGLE_BYTES = 64 << 20  # largest expanded table the one-query path may build


class Reference:
    """Value and gradient of a CP or TT model in float64."""

    name = "numpy"

    def __init__(self, model: ModelRecord) -> None:
        self._axes = model.axes
        self._outputs = model.outputs
        self._interaction = model.interaction
        self._bias = np.array([o.bias for o in model.outputs])
        self._scale = np.array([o.scale for o in model.outputs])
        self._offset = np.array([o.offset for o in model.outputs])
        self._plain = all(o.link == "identity" for o in model.outputs)

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        if len(x) == 1 and self._single is not None:
            single = self._single.linear(x[0])
            if single is not None:
                return self._output(single)[None]
        f = np.empty((len(x), len(self._outputs)))
        for start in range(0, len(x), CHUNK):
            f[start : start + CHUNK] = self._linear(x[start : start + CHUNK])
        return self._output(f)

    def inside(self, x: Floats) -> Floats:
        """`value` of x [N, D] of which every row is inside the domain: quicker for what stands
        beside other models."""
        if len(x) == 1 or self._light is None:
            return self.value(x)
        return self._output(self._light(x))

    def row(self, x: Floats) -> Floats | None:
        """y [K] of one point x [D]; None outside the domain, and where only batches are served."""
        single = None if self._single is None else self._single.linear(x)
        return None if single is None else self._output(single)

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        f, g = self._all_gradients(x)
        if self._plain:
            return self._output(f), g * self._scale[:, None]
        slope = np.stack([o.slope(f[:, j]) for j, o in enumerate(self._outputs)], axis=1)
        return self._output(f), g * slope[:, :, None]

    def _all_gradients(self, x: Floats) -> tuple[Floats, Floats]:
        n, k, d = len(x), len(self._outputs), len(self._axes)
        if n == 1 and self._single is not None:
            single = self._single.linear_and_gradient(x[0])
            if single is not None:
                return single[0][None], single[1][None]
        f, g = np.empty((n, k)), np.empty((n, k, d))
        for start in range(0, n, CHUNK):
            part = slice(start, start + CHUNK)
            f[part], g[part] = self._linear_and_gradient(x[part])
        return f, g

    def _output(self, f: Floats) -> Floats:
        if self._plain:
            return np.asarray(f * self._scale + self._offset)
        return values(self._outputs, f)

    @cached_property
    def _light(self) -> Linear | None:
        return light(self._axes, self._interaction, self._bias)

    @cached_property
    def _single(self) -> SingleQuery | None:
        if not isinstance(self._interaction, CP) or not self._interaction.rank:
            return None
        spans = [a.basis for a in self._axes if not _taken_by_row(a)]
        if not spans:
            return None
        degree = max(b.degree for b in spans)
        cells = sum(b.n_spans for b in spans) * (degree + 1) * self._interaction.rank
        return (
            SingleQuery(self._axes, self._interaction, self._bias)
            if cells * 8 <= SINGLE_BYTES
            else None
        )

    def _atoms(self, d: int, x: Floats, nu: int = 0) -> Floats:
        """Atoms of axis d (or their derivatives), [N, columns]."""
        return self._axes[d].basis.expand(x, self._interaction.rows(d), nu)

    def _linear(self, x: Floats) -> Floats:
        if isinstance(self._interaction, TT):
            v: Floats = np.ones((len(x), 1, 1))
            for d in range(len(self._axes)):
                v = v @ self._atoms(d, x[:, d]).reshape(len(x), v.shape[2], -1)
            return np.asarray(self._bias + v[:, 0] @ self._interaction.weights)
        product = np.ones((len(x), self._interaction.rank))
        for d, modes in enumerate(self._interaction.modes):
            if len(modes) == self._interaction.rank:
                product *= self._atoms(d, x[:, d])
            elif len(modes):
                product[:, modes] *= self._atoms(d, x[:, d])
        return np.asarray(self._bias + product @ self._interaction.weights)

    def _linear_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        if isinstance(self._interaction, TT):
            return self._tt_gradient(x, self._interaction)
        cp, n = self._interaction, len(x)
        axes = [d for d in range(len(self._axes)) if len(cp.modes[d])]
        atoms = {d: self._full_atoms(d, x[:, d]) for d in axes}
        suffix = [np.ones((n, cp.rank))]
        for d in reversed(axes):
            suffix.append(suffix[-1] * atoms[d])
        f = self._bias + suffix[-1] @ cp.weights
        gradient = np.zeros((n, len(self._outputs), len(self._axes)))
        prefix = np.ones((n, cp.rank))
        for step, d in enumerate(axes):
            modes = cp.modes[d]
            others = prefix * suffix[len(axes) - 1 - step]
            gradient[:, :, d] = (others[:, modes] * self._atoms(d, x[:, d], 1)) @ cp.weights[modes]
            prefix *= atoms[d]
        return f, gradient

    def _full_atoms(self, d: int, x: Floats) -> Floats:
        modes, atoms = self._interaction.modes[d], self._atoms(d, x)  # type: ignore[union-attr]
        if atoms.shape[1] == self._interaction.rank:
            return atoms
        full = np.ones((len(x), self._interaction.rank))
        full[:, modes] = atoms
        return full

    def _tt_gradient(self, x: Floats, tt: TT) -> tuple[Floats, Floats]:
        n, count, ranks = len(x), len(self._axes), tt.ranks
        mats = [self._atoms(d, x[:, d]).reshape(n, ranks[d], -1) for d in range(count)]
        suffix = [np.broadcast_to(tt.weights, (n, *tt.weights.shape))]
        for mat in reversed(mats):
            suffix.append(mat @ suffix[-1])
        gradient = np.empty((n, len(self._outputs), count))
        prefix = np.ones((n, 1, 1))
        for d in range(count):
            slope = self._atoms(d, x[:, d], 1).reshape(n, ranks[d], -1)
            gradient[:, :, d] = (prefix @ slope @ suffix[count - 1 - d])[:, 0]
            prefix = prefix @ mats[d]
        return self._bias + suffix[-1][:, 0], gradient


class SingleQuery:
    """One query of a CP model: gather D span polynomials, D small products, one product over axes;
    of an axis with many levels one row.

    phi_{d,r}(u) = sum_k u^k P[base_d + s_d, k, r], modes that do not use d have P = (1, 0, ..).
    """

    def __init__(self, axes: tuple[Axis, ...], cp: CP, bias: Floats) -> None:
        self._cp, self._bias, self._count = cp, bias, len(axes)
        self._by_row = [(d, axes[d].upper) for d in range(len(axes)) if _taken_by_row(axes[d])]
        by_row = {d for d, _ in self._by_row}
        kept = [d for d in range(len(axes)) if d not in by_row]
        self._kept = np.array(kept) if by_row else None
        bases = [axes[d].basis for d in kept]
        self._locate = SpanSearch([axes[d] for d in kept]).one
        self._base = first_rows(bases)
        modes = [cp.modes[d] for d in kept]
        polynomials = [span_polynomials(axes[d].basis, np.asarray(cp.rows(d)[:])) for d in kept]
        self._poly = stacked_polynomials(polynomials, modes, cp.rank)
        self._order = np.arange(1.0, self._poly.shape[1])[:, None]

    def linear(self, x: Floats) -> Floats | None:
        """f [K], or None when a coordinate is outside the domain (the batch path answers that)."""
        weights = self._weights(x)
        found = self._locate(x if self._kept is None else x[self._kept])
        if found is None or weights is None:
            return None
        span, u, _ = found
        atoms = self._atoms(self._poly[self._base + span], u)
        f: Floats = np.multiply.reduce(atoms, axis=0) @ weights + self._bias
        return f

    def linear_and_gradient(self, x: Floats) -> tuple[Floats, Floats] | None:
        """f [K] and df/dx [K, D]; products of all other axes by prefix and suffix products."""
        weights = self._weights(x)
        found = self._locate(x if self._kept is None else x[self._kept])
        if found is None or weights is None:
            return None
        span, u, rate = found
        poly = self._poly[self._base + span]
        atoms = self._atoms(poly, u)
        slopes = (
            self._atoms(poly[:, 1:] * self._order, u) if poly.shape[1] > 1 else np.zeros_like(atoms)
        )
        ones = np.ones((1, atoms.shape[1]))
        before = np.multiply.accumulate(np.concatenate([ones, atoms[:-1]]), axis=0)
        after = np.multiply.accumulate(np.concatenate([ones, atoms[:0:-1]]), axis=0)[::-1]
        gradient = (((slopes * before * after) @ weights) * rate[:, None]).T
        f: Floats = (before[-1] * atoms[-1]) @ weights + self._bias
        return f, gradient if self._kept is None else self._spread(gradient)

    def _weights(self, x: Floats) -> Floats | None:
        """W [R, K] times the rows of the axes with many levels; None outside them."""
        weights = self._cp.weights
        for d, last in self._by_row:
            if not 0.0 <= x[d] <= last:
                return None
            row, modes = self._cp.rows(d)[round(x[d])], self._cp.modes[d]
            if len(modes) < len(weights):
                row, some = np.ones(len(weights)), row
                row[modes] = some
            weights = weights * row[:, None]
        return weights

    def _spread(self, gradient: Floats) -> Floats:
        """[K, D] of the slopes along the axes kept; 0 along levels."""
        every = np.zeros((len(gradient), self._count))
        every[:, self._kept] = gradient
        return every

    def _atoms(self, poly: Floats, u: Floats) -> Floats:
        """sum_k u_d^k poly[d, k, r], [D, R]."""
        powers = np.ones((len(u), poly.shape[1]))
        powers[:, 1:] = u[:, None]
        np.multiply.accumulate(powers, axis=1, out=powers)
        atoms: Floats = np.matmul(powers[:, None, :], poly)[:, 0]
        return atoms


def _taken_by_row(axis: Axis) -> bool:
    """Whether an axis has so many levels that a query takes its row from the table itself."""
    return axis.kind == "categorical" and axis.basis.n_rows > DENSE_ROWS

"""Evaluation on integers only. Every step is the one of FORMAT.md section 13; int32 results are
taken modulo 2^32."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.basis.span import span_of
from ...status import Status

Ints = NDArray[np.int64]
ONE = 1 << 15  # 1 in Q15


def wrap32(v: Ints) -> Ints:
    """v modulo 2^32 as a signed number."""
    return ((v + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def rounded(v: Ints, bits: int) -> Ints:
    """(v + 2^(bits-1)) >> bits on int32: half up."""
    return wrap32(v + (1 << (bits - 1))) >> bits


@dataclass(frozen=True, eq=False)
class FixedAxis:
    """One axis: coefficients C [M, p+1, p+1] with q fraction bits, table T [n_d, columns] with t,
    counts to places."""

    coefficients: Ints
    q: int
    table: Ints
    t: int
    first_row: Ints
    matrix_id: Ints
    count_lower: int
    count_upper: int
    shift: int
    multiplier: int  # uniform axes, else 0
    breaks: Ints  # counts [S+1] of listed axes, else empty
    multipliers: Ints  # [S] of listed axes, else empty
    categorical: bool

    @property
    def n_spans(self) -> int:
        """S."""
        return len(self.first_row)

    def locate(self, counts: Ints) -> tuple[Ints, Ints, Ints]:
        """Span [N], u in Q15 [N] and status [N] of raw sensor counts [N]."""
        c = np.asarray(counts, dtype=np.int64)
        status = np.where(
            (c < self.count_lower) | (c > self.count_upper), int(Status.OUT_OF_DOMAIN), 0
        )
        c = np.clip(c, self.count_lower, self.count_upper)
        if self.categorical:
            return c, np.zeros_like(c), status
        if len(self.breaks):
            span = span_of(self.breaks, c)
            v = _scaled(c - self.breaks[span], self.multipliers[span], self.shift)
        else:
            v = _scaled(c - self.count_lower, np.full_like(c, self.multiplier), self.shift)
            span = np.minimum(v >> 15, self.n_spans - 1)
            v = v - (span << 15)
        return span, np.minimum(v, ONE), status

    def basis(self, span: Ints, u: Ints) -> Ints:
        """b [N, p+1], Q15: Horner's rule with a rounded product after every step."""
        c = self.coefficients[self.matrix_id[span]]
        h = c[..., -1]
        for k in range(c.shape[-1] - 2, -1, -1):
            h = wrap32(wrap32((h * u[:, None] + (1 << 14)) >> 15) + c[..., k])
        return rounded(h, self.q - 15)

    def atoms(self, span: Ints, u: Ints) -> Ints:
        """phi [N, columns], Q15."""
        b, row = self.basis(span, u), self.first_row[span]
        total = np.zeros((len(span), self.table.shape[1]), dtype=np.int64)
        for i in range(b.shape[1]):
            total += b[:, i : i + 1] * self.table[row + i]
        return rounded(wrap32(total), self.t)


def _scaled(distance: Ints, multiplier: Ints, shift: int) -> Ints:
    """(distance * multiplier) >> shift on unsigned 64 bits."""
    product = distance.astype(np.uint64) * multiplier.astype(np.uint64)
    return (product >> np.uint64(shift)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class FixedOutput:
    """bias in units of the sum, shift of the sum, y * 2^-exponent, and the table of a link (empty:
    identity)."""

    bias: int
    shift: int
    exponent: int
    table: Ints
    table_shift: int
    table_lower: int

    def linear(self, total: Ints) -> Ints:
        """The place v [N] of the sums [N]: before the table of a link, and y without one."""
        return np.asarray((total + (1 << (self.shift - 1))) >> self.shift)

    def value(self, total: Ints) -> Ints:
        """y int32 [N] of the sums [N]."""
        v = self.linear(total)
        if not len(self.table):
            return wrap32(v)
        z, b, last = v - self.table_lower, self.table_shift, len(self.table) - 1
        j = np.clip(z >> b, 0, last - 1)
        slope = (self.table[j + 1] - self.table[j]) * (np.clip(z, 0, last << b) - (j << b))
        between = self.table[j] + ((slope + ((1 << b) >> 1)) >> b)
        return wrap32(
            np.where(z < 0, self.table[0], np.where(z >> b >= last, self.table[last], between))
        )


@dataclass(frozen=True, eq=False)
class FixedPath:
    """The model on integers: `groups` = (axes of the group, columns per axis, rows of W); W int32
    [R, K]."""

    axes: tuple[FixedAxis, ...]
    groups: tuple[tuple[tuple[int, ...], tuple[slice, ...], slice], ...]
    weights: Ints
    outputs: tuple[FixedOutput, ...]

    def evaluate(self, places: NDArray[np.uint16]) -> NDArray[np.int32]:
        """y int32 [N, K] of places [N, D, 2] = (span, u in Q15); spans and u must be inside their
        axes."""
        total = self._sums(places)
        return np.stack([o.value(total[:, k]) for k, o in enumerate(self.outputs)], axis=1).astype(
            np.int32
        )

    def linear(self, places: NDArray[np.uint16]) -> Ints:
        """Places before the links [N, K] of places [N, D, 2]."""
        total = self._sums(places)
        return np.stack([o.linear(total[:, k]) for k, o in enumerate(self.outputs)], axis=1)

    def _sums(self, places: NDArray[np.uint16]) -> Ints:
        wide: Ints = np.asarray(places, dtype=np.int64)
        atoms = [
            a.atoms(wide[:, d, 0], wide[:, d, 1]) if a.table.size else None
            for d, a in enumerate(self.axes)
        ]
        total = np.tile(np.array([o.bias for o in self.outputs], dtype=np.int64), (len(places), 1))
        for used, columns, rows in self.groups:
            mode = None
            for d, part in zip(used, columns, strict=True):
                phi = atoms[d][:, part]  # type: ignore[index]
                mode = phi if mode is None else rounded(wrap32(mode * phi), 15)
            total += mode @ self.weights[rows]  # type: ignore[operator]
        return total

    def locate(self, counts: NDArray[np.int64]) -> tuple[NDArray[np.uint16], NDArray[np.int8]]:
        """Places [N, D, 2] and status [N, D] of raw sensor counts [N, D]."""
        found = [a.locate(np.asarray(counts)[:, d]) for d, a in enumerate(self.axes)]
        places = np.stack([np.stack([s, u], axis=-1) for s, u, _ in found], axis=1)
        return places.astype(np.uint16), np.stack(
            [status for _, _, status in found], axis=1
        ).astype(np.int8)

    def decoded(self, y: NDArray[np.int32]) -> NDArray[np.float64]:
        """Outputs as real numbers: y * 2^-exponent."""
        return np.asarray(np.ldexp(y.astype(float), [-o.exponent for o in self.outputs]))

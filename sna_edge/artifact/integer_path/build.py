"""From a model with integer tables to its integer path, with the proof that nothing wraps."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, comb, floor, log2
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.float32 import carried
from ...core.interaction import CP
from ...core.output import Output
from ...core.record import ModelRecord
from ...errors import InputError
from .evaluation import ONE, FixedAxis, FixedOutput, FixedPath, Ints

Floats = NDArray[np.float64]
COUNTS = (0, 65535)  # sensor counts of lower and upper where the metadata says nothing
ENTRIES = 1025  # of a link table: relative error below (range / 1024)^2 / 8
TABLE_SHIFT = 16
LIMIT31, LIMIT62 = 1 << 31, 1 << 62
FRACTION = {"int16": 15, "int8": 7}


@dataclass(frozen=True)
class Parts:
    """What the writer has laid out already: padded tables as integers, W padded, groups as slices,
    dtypes."""

    tables: list[Ints]
    weights: Floats
    groups: tuple[tuple[tuple[int, ...], tuple[slice, ...], slice], ...]


def build(model: ModelRecord, parts: Parts) -> tuple[FixedPath, NDArray[np.uint16]]:
    """The integer path and golden places of a model in canonical form. Raises InputError naming the
    axis whose bound fails."""
    if not isinstance(model.interaction, CP):
        raise InputError("a tensor train has no integer path; export to a core with an FPU")
    counts = model.metadata.get("counts", {})
    axes = tuple(
        _axis(a, t, dtype, tuple(counts.get(a.name, COUNTS)))
        for a, t, dtype in zip(model.axes, parts.tables, model.dtypes, strict=True)
    )
    bounds = _mode_bounds(model.axes, axes, parts)
    made = [_output(o, parts.weights[:, k], bounds) for k, o in enumerate(model.outputs)]
    weights = np.stack([w for _, w in made], axis=1) if made else np.zeros((0, 0), np.int64)
    return FixedPath(axes, parts.groups, weights, tuple(o for o, _ in made)), golden_places(axes)


def _axis(axis: Axis, table: Ints, dtype: str, counts: tuple[int, ...]) -> FixedAxis:
    basis = axis.basis
    if table.size and dtype not in FRACTION:
        raise InputError(
            f"axis {axis.name!r} is stored as {dtype}; quantize the model to int16 or int8 for the"
            " integer path"
        )
    largest = float(np.abs(basis.matrices).sum(axis=2).max())
    q = min(30, floor(log2((LIMIT31 - 64) / largest)))
    if q < 16:
        raise InputError(
            f"axis {axis.name!r}: its span matrices reach {largest:.3g}, too large for the integer"
            " path; use a lower degree"
        )
    coefficients = np.rint(basis.matrices * 2.0**q).astype(np.int64)
    categorical = axis.kind == "categorical"
    lower, upper = (0, basis.n_spans - 1) if categorical else (int(counts[0]), int(counts[1]))
    shift, multiplier, breaks, multipliers = 0, 0, np.zeros(0, np.int64), np.zeros(0, np.int64)
    if not categorical and basis.uniform:
        shift, scaled = _multipliers(np.array([basis.n_spans / (upper - lower)]))
        multiplier = int(scaled[0])
    elif not categorical:
        share = (basis.breaks - axis.lower) / (axis.upper - axis.lower)
        breaks = np.rint(lower + share * (upper - lower)).astype(np.int64)
        if not np.all(np.diff(breaks) > 0):
            raise InputError(
                f"axis {axis.name!r}: spans are narrower than one sensor count; give it more counts"
                " in the metadata"
            )
        shift, multipliers = _multipliers(1.0 / np.diff(breaks))
    return FixedAxis(
        coefficients, q, table, FRACTION.get(dtype, 15), basis.first_row, basis.matrix_id,
        lower, upper, shift, multiplier, breaks, multipliers, categorical,
    )  # fmt: skip


def _multipliers(rates: Floats) -> tuple[int, Ints]:
    """Common shift and u32 multipliers for `rates` spans per count: v = count * multiplier >> shift
    in Q15."""
    shift = min(32, floor(log2((2.0**32 - 2) / (ONE * float(rates.max())))))
    return shift, np.rint(rates * ONE * 2.0**shift).astype(np.int64)


def atom_bound(axis: FixedAxis) -> Ints:
    """Bound of |phi_c| as computed, Q15, per column: the largest Bernstein coefficient of its span
    polynomials, plus 2 (p + 1) + 1 for the rounding of the basis values (each by less than 2) and
    of the atom."""
    order = axis.coefficients.shape[-1]
    to_bernstein = np.array(
        [[comb(j, k) / comb(order - 1, k) for j in range(order)] for k in range(order)]
    )
    basis = (axis.coefficients / 2.0**axis.q @ to_bernstein)[axis.matrix_id]  # [S, i, j]
    rows = axis.table[axis.first_row[:, None] + np.arange(order)]  # [S, i, columns]
    peak = np.abs(np.einsum("sij,sic->sjc", basis, rows)).max(axis=(0, 1))
    return np.asarray(np.ceil(peak * 2.0 ** (15 - axis.t)) + 2 * order + 1, dtype=np.int64)


def _mode_bounds(axes: tuple[Axis, ...], fixed: tuple[FixedAxis, ...], parts: Parts) -> Floats:
    """Bound of |m_r| per row of W, Q15; proves every row sum and partial product on the way."""
    atoms: list[Ints] = []
    for axis, f in zip(axes, fixed, strict=True):
        atoms.append(atom_bound(f) if f.table.size else np.zeros(0, np.int64))
        _prove(atoms[-1] << f.t, axis.name, "a sum of table rows")
    bounds = np.zeros(len(parts.weights))
    for used, columns, rows in parts.groups:
        mode: Ints | None = None
        for d, part in zip(used, columns, strict=True):
            if mode is None:
                mode = atoms[d][part]
                continue
            product = mode * atoms[d][part] + (1 << 14)
            _prove(product, axes[d].name, "a product")
            mode = (product >> 15) + 1
        bounds[rows] = mode
    return bounds


def _prove(values: Ints, name: str, what: str) -> None:
    if values.size and int(values.max()) >= LIMIT31:
        raise InputError(
            f"axis {name!r}: {what} may leave 32 bits; use B-splines or fewer modes for the integer"
            " path"
        )


def _output(output: Output, weights: Floats, bounds: Floats) -> tuple[FixedOutput, Ints]:
    """Output record and W mantissas [R] of one output. `bounds` [R] of the modes in Q15."""
    plain = output.link == "identity"
    factor, bias = (
        (output.scale, output.bias * output.scale + output.offset) if plain else (1.0, output.bias)
    )
    w = weights * factor
    spread = float(np.abs(w) @ bounds) / ONE
    reach = abs(bias) + spread
    bits = _bits(float(np.abs(w).max(initial=0.0)), reach)
    mantissas = np.rint(np.ldexp(w, bits)).astype(np.int64)
    if plain:
        exponent = min(29 - ceil(log2(max(reach, 1e-30))), 64, bits + 14)
        exponent = max(exponent, bits + 15 - 62)
        table, lower = np.zeros(0, np.int64), 0
        fraction, shift_of_table = exponent, 0
    else:
        low, high = _link_range(output, bias, spread)
        fraction = floor(log2((ENTRIES - 1) * 2.0**TABLE_SHIFT / (high - low)))
        fraction = min(fraction, bits + 14)
        lower, shift_of_table = floor(low * 2.0**fraction), TABLE_SHIFT
        count = min(ENTRIES, ceil((high * 2.0**fraction - lower) / 2.0**TABLE_SHIFT) + 1)
        f = (lower + np.arange(max(count, 2)) * 2.0**TABLE_SHIFT) / 2.0**fraction
        y = output.value(np.asarray(f, dtype=np.float64))
        exponent = min(29 - ceil(log2(max(float(np.abs(y).max()), 1e-30))), 64)
        table = np.rint(np.ldexp(y, exponent)).astype(np.int64)
    shift = bits + 15 - fraction
    if not (1 <= shift <= 62 and -64 <= exponent <= 64 and abs(lower) < LIMIT31):
        raise InputError(
            f"output {output.name!r}: its numbers do not fit the integer path; rescale the output"
        )
    if output.range is not None and not carried(*output.range, step=2.0**-exponent):
        low, high = output.range
        raise InputError(
            f"output {output.name!r} runs over {high - low:.3g} {output.unit} at"
            f" {max(abs(low), abs(high)):.6g}, where the integer path moves in steps of"
            f" {2.0**-exponent:.3g}; subtract the offset before fitting, or use a core with double"
            " precision"
        )
    total = abs(bias) * 2.0 ** (bits + 15) + float(np.abs(mantissas.astype(float)) @ bounds)
    if total >= LIMIT62:
        raise InputError(
            f"output {output.name!r}: the sum of its modes may leave 62 bits; use fewer modes"
        )
    record = FixedOutput(
        round(bias * 2.0 ** (bits + 15)), shift, exponent, table, shift_of_table, lower
    )
    return record, mantissas


def _bits(largest: float, reach: float) -> int:
    """Fraction bits of W: mantissas below 2^30 and the whole sum below 2^61."""
    return floor(min(30 - log2(max(largest, 1e-30)), 60 - 15 - log2(max(reach, 1e-30))))


def _link_range(output: Output, bias: float, spread: float) -> tuple[float, float]:
    """Linear parts the table covers: what the bounds allow, at most twice the sampled width beyond
    the sampled range."""
    low, high = bias - spread, bias + spread
    if output.link == "logistic":
        low, high = max(low, -24.0), min(high, 24.0)  # 1 / (1 + exp(-24)) is 1 to 2^-34
    if output.range is not None:
        f = np.sort(output.linear_of(np.array(output.range)))
        width = float(f[1] - f[0])
        if np.isfinite(width) and width > 0:
            low, high = max(low, float(f[0]) - 2 * width), min(high, float(f[1]) + 2 * width)
    return (low, high) if high > low else (low - 1.0, low + 1.0)


def golden_places(axes: tuple[FixedAxis, ...]) -> NDArray[np.uint16]:
    """Places [G, D, 2] that touch every span of every axis, both ends of u among them."""
    count = max([8, *(a.n_spans for a in axes)])
    g = np.arange(count)
    places = np.zeros((count, len(axes), 2), np.uint16)
    for d, axis in enumerate(axes):
        places[:, d, 0] = (g * _stride(axis.n_spans, d)) % axis.n_spans
        if not axis.categorical:
            places[:, d, 1] = np.where(
                g % 8 == d % 8, (g & 1) * ONE, (g * (12347 + 2 * d) + 4099 * d) % (ONE + 1)
            )
    return places


def _stride(spans: int, d: int) -> int:
    step = 1 + 2 * d
    while np.gcd(step, spans) != 1:
        step += 1
    return step


def provable(model: ModelRecord) -> bool:
    """Worth trying: CP with every used table in int16 or int8."""
    work: Any = model.interaction
    return isinstance(work, CP) and all(
        d in FRACTION or not t.size for d, t in zip(model.dtypes, work.tables, strict=True)
    )

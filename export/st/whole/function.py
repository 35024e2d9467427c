"""An integer path at sensor counts (FORMAT.md section 13): DINT, sums and products in LINT, equal
in every bit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.integer_path import FixedAxis, FixedOutput, FixedPath
from sna_edge.errors import InputError

from ..places import bisect, picked
from ..text import Block, long

LIFT = 55
"""Numbers above -2^55 are divided after adding 2^55: whole division cuts towards 0, and the rule
wants it towards below. The largest, a step of a link's table, stay below 2^51."""


def rounded(term: str, bits: int) -> str:
    """(term + 2^(bits - 1)) >> bits, of terms within 2^54."""
    lifted = (1 << LIFT) + (1 << bits >> 1)
    return f"({term} + {long(lifted)}) / {long(1 << bits)} - {long(1 << LIFT - bits)}"


def floored(block: Block, name: str, term: str, bits: int) -> None:
    """Sets `name` to term >> bits, of terms within 2^63; gap is used."""
    if not bits:
        block.say(f"{name} := {term};")
        return
    unit = long(1 << bits)
    block.say(f"gap := {term};", f"{name} := gap / {unit};")
    block.say(f"IF {name} * {unit} > gap THEN {name} := {name} - {long(1)}; END_IF;")


def looked_up(block: Block, name: str, count: int, bits: int) -> None:
    """Sets v to the table of `count` entries, 2^bits apart, at the place gap, which is kept within
    them."""
    last, step = count - 1, 1 << bits
    block.say(
        f"IF gap < {long(0)} THEN gap := {long(0)}; END_IF;",
        f"IF gap > {long(last * step)} THEN gap := {long(last * step)}; END_IF;",
        f"j := LINT_TO_DINT(gap / {long(step)});",
        f"IF j > {last - 1} THEN j := {last - 1}; END_IF;",
        f"gap := gap - DINT_TO_LINT(j) * {long(step)};",
        f"v := DINT_TO_LINT({name}[j]);",
        f"gap := (DINT_TO_LINT({name}[j + 1]) - v) * gap;",
        f"v := v + {rounded('gap', bits)};" if step > 1 else "v := v + gap;",
    )


@dataclass
class Room:
    """What the work arrays of a block must hold."""

    basis: int = 1
    rows: int = 1
    sums: int = 1

    def declare(self, block: Block) -> None:
        """Work variables of whole arithmetic."""
        for name in ("span", "count", "half", "i", "j", "mode", "c"):
            block.work(name, "DINT")
        for name in ("gap", "u", "v", "prod"):
            block.work(name, "LINT")
        block.work("b", "LINT", self.basis)
        block.work("a", "DINT", self.rows)
        block.work("f", "LINT", self.sums)


@dataclass
class Function:
    """Writes an integer path into a block: `x` are the counts, kept on their axes, `prefix` begins
    its tables; `seen`: of every axis, which spans had training rows (others set the status)."""

    block: Block
    room: Room
    path: FixedPath
    x: list[str]
    prefix: str = ""
    seen: tuple[NDArray[np.bool_], ...] = ()

    def write(self) -> None:
        """Statements that set f[0 .. K - 1], with their biases."""
        path = self.path
        for d, axis in enumerate(path.axes):
            self._axis(d, axis)
        self.room.rows = max(self.room.rows, len(path.axes))
        self.room.basis = max(self.room.basis, self._first(len(path.axes)))
        self.room.sums = max(self.room.sums, len(path.outputs))
        self.block.say(*(f"f[{k}] := {long(o.bias)};" for k, o in enumerate(path.outputs)))
        self.block.table(f"{self.prefix}weight", "DINT", path.weights)
        for axes, columns, rows in path.groups:
            self._group(axes, columns, rows)

    def _name(self, d: int) -> str:
        return f"{self.prefix}a{d + 1}"

    def _first(self, d: int) -> int:
        """Where basis values of axis d begin in b."""
        return sum(a.coefficients.shape[-1] for a in self.path.axes[:d])

    def _axis(self, d: int, axis: FixedAxis) -> None:
        """Span and place u in Q15, then basis values b[..] and the row of the table."""
        block, name, order = self.block, self._name(d), axis.coefficients.shape[-1]
        _place(block, axis, self.x[d], name)
        if self.seen and not self.seen[d].all():
            block.table(f"{name}_seen", "SINT", self.seen[d].astype(int))
            block.say(f"IF {name}_seen[span] = 0 THEN status := 4; END_IF;")
        if not axis.table.size:
            return
        block.table(f"{name}_basis", "DINT", axis.coefficients)
        block.say(f"j := {picked(block, axis.matrix_id, f'{name}_matrix', order * order)};")
        for i in range(order):
            last = i * order + order - 1
            block.say(f"v := DINT_TO_LINT({name}_basis[j + {last}]);")
            for k in range(last - 1, i * order - 1, -1):
                block.say(f"v := {rounded('v * u', 15)} + DINT_TO_LINT({name}_basis[j + {k}]);")
            block.say(f"b[{self._first(d) + i}] := {rounded('v', axis.q - 15)};")
        columns = axis.table.shape[1]
        block.say(f"a[{d}] := {picked(block, axis.first_row, f'{name}_row', columns)};")
        block.table(f"{name}_table", _kind(axis), axis.table)

    def _group(self, axes: tuple[int, ...], columns: tuple[slice, ...], rows: slice) -> None:
        """Modes that multiply the same axes: f[k] += W[r][k] m_r."""
        say, outputs = self.block.say, len(self.path.outputs)
        say(f"FOR mode := 0 TO {rows.stop - rows.start - 1} DO")
        for n, (d, part) in enumerate(zip(axes, columns, strict=True)):
            say(f"    j := a[{d}] + {part.start} + mode;")
            say(f"    v := {rounded(self._atom(d), self.path.axes[d].t)};")
            say(f"    prod := {rounded('prod * v', 15)};" if n else "    prod := v;")
        say(f"    j := (mode + {rows.start}) * {outputs};")
        say(f"    FOR c := 0 TO {outputs - 1} DO")
        say(f"        f[c] := f[c] + DINT_TO_LINT({self.prefix}weight[j + c]) * prod;")
        say("    END_FOR;", "END_FOR;")

    def _atom(self, d: int) -> str:
        axis, at = self.path.axes[d], self._first(d)
        stride, kind, table = axis.table.shape[1], _kind(axis), f"{self._name(d)}_table"
        return " + ".join(
            f"b[{at + i}] * {kind}_TO_LINT({table}[j + {i * stride}])"
            for i in range(axis.coefficients.shape[-1])
        )


def _kind(axis: FixedAxis) -> str:
    return "INT" if axis.t == 15 else "SINT"


def _place(block: Block, axis: FixedAxis, x: str, name: str) -> None:
    last, shift = axis.n_spans - 1, long(1 << axis.shift)
    if axis.categorical:
        block.say(f"span := {x};", f"u := {long(0)};")
        return
    _need_products(axis)
    if len(axis.breaks):
        block.table(f"{name}_break", "DINT", axis.breaks)
        block.table(f"{name}_rate", "LINT", axis.multipliers)
        bisect(block, f"{name}_break", x, axis.n_spans)
        block.say(f"gap := DINT_TO_LINT({x}) - DINT_TO_LINT({name}_break[span]);")
        block.say(f"u := gap * {name}_rate[span] / {shift};")
    else:
        block.say(f"gap := DINT_TO_LINT({x}) - {long(axis.count_lower)};")
        block.say(f"u := gap * {long(axis.multiplier)} / {shift};")
        block.say(f"span := LINT_TO_DINT(u / {long(32768)});")
        block.say(f"IF span > {last} THEN span := {last}; END_IF;")
        block.say(f"u := u - DINT_TO_LINT(span) * {long(32768)};")
    block.say(f"IF u > {long(32768)} THEN u := {long(32768)}; END_IF;")


def _need_products(axis: FixedAxis) -> None:
    """InputError where a place leaves LINT."""
    wide = np.diff(axis.breaks).tolist() or [axis.count_upper - axis.count_lower]
    rates = axis.multipliers.tolist() or [axis.multiplier]
    if max(w * r for w, r in zip(wide, rates, strict=True)) >= 1 << 63:
        raise InputError("sensor counts of an axis leave LINT; use fewer counts, or --float-only")


def output_of(block: Block, k: int, output: FixedOutput, name: str, linear: str = "") -> None:
    """Sets v to output k of f[k]: round(f, shift), or what the table `name` of the link gives at
    that place, which is kept in `linear` where there is such a name."""
    half = long(1 << output.shift - 1)
    floored(block, "v", f"f[{k}] + {half}", output.shift)
    if linear:
        block.say(f"{linear} := v;")
    if len(output.table):
        block.table(name, "DINT", output.table)
        block.say(f"gap := v - {long(output.table_lower)};")
        looked_up(block, name, len(output.table), output.table_shift)

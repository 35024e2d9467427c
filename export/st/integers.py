"""The function block of a model in whole numbers (FORMAT.md section 13): DINT, sums and products in
LINT, equal to the integer path in every bit."""

from __future__ import annotations

import numpy as np

from sna_edge.artifact import integer_section
from sna_edge.artifact.integer_path import FixedAxis, FixedOutput, FixedPath
from sna_edge.errors import InputError
from sna_edge.values.naming import labelled

from .block import UNRUN, Plan
from .places import bisect, picked
from .text import Block, long

LIFT = 55
"""Numbers above -2^55 are divided after adding 2^55: whole division cuts towards 0, and the rule
wants it towards below. The largest, a step of a link's table, stay below 2^51."""
NOTHING = "-2147483647"


def path_of(plan: Plan) -> FixedPath | None:
    """The integer path of the file, None without one."""
    try:
        return integer_section.of_artifact(plan.artifact)
    except InputError:
        return None


def rounded(term: str, bits: int) -> str:
    """(term + 2^(bits - 1)) >> bits, of terms within 2^54."""
    lifted = (1 << LIFT) + (1 << bits >> 1)
    return f"({term} + {long(lifted)}) / {long(1 << bits)} - {long(1 << LIFT - bits)}"


def integer_block(plan: Plan, path: FixedPath) -> Block:
    """The block: sensor counts in, whole numbers out."""
    block = Block(f"{plan.name}_int", _title(plan))
    _declare(block, plan, path)
    block.say("status := 0; valid := FALSE; outside := 0;")
    block.say(*(f"{name} := {NOTHING};" for name in plan.outputs))
    at = 0
    for d, (axis, name) in enumerate(zip(path.axes, plan.inputs, strict=True)):
        low, high = axis.count_lower, axis.count_upper
        leave = f"status := -1; outside := {d + 1}; RETURN; END_IF;"
        block.say(f"IF {name} < {low} OR {name} > {high} THEN {leave}")
        _axis(block, plan, d, axis, at)
        at += axis.coefficients.shape[-1]
    block.say(*(f"f[{k}] := {long(o.bias)};" for k, o in enumerate(path.outputs)))
    block.table("weight", "DINT", path.weights)
    for axes, columns, rows in path.groups:
        _group(block, path, axes, columns, rows)
    for k, (output, name) in enumerate(zip(path.outputs, plan.outputs, strict=True)):
        _output(block, k, output, name)
    block.say("valid := TRUE;")
    return block


def _title(plan: Plan) -> str:
    names = ", ".join(plan.model.output_names)
    return (
        f"{names} in whole numbers, from model {plan.digest} by sna-edge: FORMAT.md section 13,"
        f" equal in every bit. {UNRUN} Needs LINT."
    )


def _declare(block: Block, plan: Plan, path: FixedPath) -> None:
    for axis, fixed, name in zip(plan.model.axes, path.axes, plan.inputs, strict=True):
        ends = f"{fixed.count_lower} .. {fixed.count_upper}"
        meant = f"{axis.lower:g} .. {axis.upper:g} {axis.unit}"
        levels = ", ".join(axis.level_names[:40])
        note = f"{axis.name}: {levels}" if fixed.categorical else f"{axis.name} {meant} as {ends}"
        block.declare("VAR_INPUT", name, "DINT", note)
    for output, fixed_output, name in zip(
        plan.model.outputs, path.outputs, plan.outputs, strict=True
    ):
        note = f"{labelled(output.name, output.unit)}, times 2^{fixed_output.exponent}"
        block.declare("VAR_OUTPUT", name, "DINT", note + plan.shares.get(name, ""))
    block.declare("VAR_OUTPUT", "status", "INT", "0 ok, 4 edge; -1 no value: outside")
    block.declare("VAR_OUTPUT", "valid", "BOOL", "the outputs hold values")
    block.declare("VAR_OUTPUT", "outside", "INT", "the first input outside its domain, 0: none")
    for name in ("span", "count", "half", "i", "j", "mode", "c"):
        block.work(name, "DINT")
    for name in ("gap", "u", "v", "prod"):
        block.work(name, "LINT")
    block.work("b", "LINT", sum(a.coefficients.shape[-1] for a in path.axes))
    block.work("a", "DINT", len(path.axes))
    block.work("f", "LINT", len(path.outputs))


def _axis(block: Block, plan: Plan, d: int, axis: FixedAxis, at: int) -> None:
    """Span and place u in Q15, then basis values b[at ..] and the row of the table."""
    name, order = f"a{d + 1}", axis.coefficients.shape[-1]
    _place(block, axis, plan.inputs[d], name)
    support = plan.model.axes[d].support
    if not support.all():
        block.table(f"{name}_seen", "SINT", (support > 0).astype(int))
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
        block.say(f"b[{at + i}] := {rounded('v', axis.q - 15)};")
    columns = axis.table.shape[1]
    block.say(f"a[{d}] := {picked(block, axis.first_row, f'{name}_row', columns)};")
    block.table(f"{name}_table", _kind(axis), axis.table)


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


def _group(
    block: Block,
    path: FixedPath,
    axes: tuple[int, ...],
    columns: tuple[slice, ...],
    rows: slice,
) -> None:
    """Modes that multiply the same axes: f[k] += W[r][k] m_r."""
    say, outputs = block.say, len(path.outputs)
    say(f"FOR mode := 0 TO {rows.stop - rows.start - 1} DO")
    for n, (d, part) in enumerate(zip(axes, columns, strict=True)):
        axis = path.axes[d]
        say(f"    j := a[{d}] + {part.start} + mode;")
        say(f"    v := {rounded(_atom(path, d), axis.t)};")
        say(f"    prod := {rounded('prod * v', 15)};" if n else "    prod := v;")
    say(f"    j := (mode + {rows.start}) * {outputs};")
    say(f"    FOR c := 0 TO {outputs - 1} DO")
    say("        f[c] := f[c] + DINT_TO_LINT(weight[j + c]) * prod;", "    END_FOR;", "END_FOR;")


def _atom(path: FixedPath, d: int) -> str:
    axis = path.axes[d]
    at = sum(a.coefficients.shape[-1] for a in path.axes[:d])
    stride, kind = axis.table.shape[1], _kind(axis)
    return " + ".join(
        f"b[{at + i}] * {kind}_TO_LINT(a{d + 1}_table[j + {i * stride}])"
        for i in range(axis.coefficients.shape[-1])
    )


def _output(block: Block, k: int, output: FixedOutput, name: str) -> None:
    """v = round(f, shift), which is the output, or its place in the table of the link."""
    unit, half = long(1 << output.shift), long(1 << output.shift - 1)
    block.say(f"gap := f[{k}] + {half};", f"v := gap / {unit};")
    block.say(f"IF v * {unit} > gap THEN v := v - {long(1)}; END_IF;")
    if not len(output.table):
        block.say(f"{name} := LINT_TO_DINT(v);")
        return
    table, last = f"link{k + 1}", len(output.table) - 1
    block.table(table, "DINT", output.table)
    step = 1 << output.table_shift
    block.say(
        f"gap := v - {long(output.table_lower)};",
        f"IF gap < {long(0)} THEN gap := {long(0)}; END_IF;",
        f"IF gap > {long(last * step)} THEN gap := {long(last * step)}; END_IF;",
        f"j := LINT_TO_DINT(gap / {long(step)});",
        f"IF j > {last - 1} THEN j := {last - 1}; END_IF;",
        f"gap := gap - DINT_TO_LINT(j) * {long(step)};",
        f"v := DINT_TO_LINT({table}[j]);",
        f"gap := (DINT_TO_LINT({table}[j + 1]) - v) * gap;",
        f"v := v + {rounded('gap', output.table_shift)};" if step > 1 else "v := v + gap;",
        f"{name} := LINT_TO_DINT(v);",
    )

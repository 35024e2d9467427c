"""Generated C: the artifact as a constant array with names, limits, golden vectors and a
self-test."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sna_edge
from sna_edge import Model
from sna_edge.artifact import checks, reader
from sna_edge.artifact.golden import ranges
from sna_edge.core.float32 import not_carried
from sna_edge.errors import InputError
from sna_edge.status import Status

from ..integers import Whole, path_of, somewhere
from ..integers.packed import packed
from ..integers.rule import NOTHING
from . import workspace
from .names import OWN, enumerators, identifier
from .options import functions, needs
from .templates import filled

Floats = np.ndarray[Any, Any]
Ints = NDArray[np.int64]
# vectors repeated in readable form; all of them are in the artifact and replayed by sna_verify
GOLDEN = 8
PER_LINE = 24
TOO_OLD = """#if SNA_FORMAT_MINOR < 1
#error "{name}: a file of format 1.1; take the library that was exported with it"
#endif
"""
INTEGER_TEST = """#ifndef SNA_NO_FIXED
    if (status == SNA_OK) status = sna_fixed_verify(model, work, work_size);
{whole}#endif
"""
WHOLE_TEST = "    if (status == SNA_OK) status = whole_test(model, work, work_size);\n"
DECLARED = """
/* What stands beside the values in whole numbers ({level}), for sna_fixed_answer. */
#define {upper}_BESIDE_SIZE {size}u
extern const unsigned char {name}_beside[{upper}_BESIDE_SIZE];
"""
BESIDE = """
/* Beside the values, in whole numbers. */
SNA_ALIGN(8) const unsigned char {name}_beside[{upper}_BESIDE_SIZE] = {{
{bytes}
}};
"""
WHOLE_POINTS = 16
"""Reference answers in whole numbers, and one outside the domain."""


LEVELS = (0.9, 0.5)
"""Of the interval that the self-test asks for: the first that the calibration rows support."""
SHARE = 2.0**-12
"""Of the width: what an end may be off in float beside the value's own tolerance."""
P_OFF = 2.0**-7
"""What the p of a familiarity may be off in float."""


@dataclass(frozen=True)
class Beside:
    """C of the self-test for what stands beside the values: constants, and calls at each golden
    input."""

    tables: str = ""
    calls: str = ""

    def __add__(self, other: Beside) -> Beside:
        return Beside(self.tables + other.tables, self.calls + other.calls)


@dataclass(frozen=True)
class Sources:
    """Texts of <stem>.h and <stem>.c."""

    header: str
    source: str


def comment(text: str) -> str:
    """Text that cannot end the comment it stands in, splice a line, spell a trigraph or turn the
    direction of writing."""
    seen = "".join(
        c if c.isprintable() and unicodedata.category(c)[0] != "C" else " " for c in text
    )
    for sign, safe in (("*/", "* /"), ("/*", "/ *"), ("\\", "/"), ("??", "? ?")):
        while sign in seen:
            seen = seen.replace(sign, safe)
    return " ".join(seen.split())


def number(value: float) -> str:
    """A double that comes back the same when compiled, as near as a float can be where sna_real is
    one."""
    return f"(sna_real){float(value)!r}"


def generate(artifact: bytes, model: Model, stem: str, whole: Whole | None = None) -> Sources:
    """Header and source named `stem`. The artifact's bytes go into flash as they are and are opened
    in place; `whole`: what stands beside its values in whole numbers."""
    parts = checks.validate(artifact)
    name = identifier(stem)
    words = {
        "name": name,
        "upper": name.upper(),
        "provenance": _provenance(artifact, parts.sections["integrity"][:32].hex(), model),
    }
    path = path_of(artifact)
    beside = b"" if whole is None else packed(whole, artifact)
    golden = reader.golden_vectors(parts)
    return Sources(
        filled(
            "model.h",
            **words,
            **_declarations(name, artifact, model, path),
            beside_declared=_declared(name, whole, beside),
        ),
        filled(
            "model.c",
            **words,
            **_definitions(artifact, model, golden),
            **_in_whole_numbers(name, path, whole, beside),
        ),
    )


def _declared(name: str, whole: Whole | None, beside: bytes) -> str:
    if whole is None or not beside:
        return ""
    found = ["familiarity"] if whole.share is not None else []
    if whole.ends:
        level = whole.plan.level
        found.insert(0, "intervals" if level is None else f"intervals at {100 * level:g} %")
    told = " and ".join(found)
    return DECLARED.format(level=told, upper=name.upper(), size=len(beside), name=name)


def _in_whole_numbers(
    name: str, path: Any, whole: Whole | None, beside: bytes
) -> dict[str, object]:
    """Of model.c: the constants, and the test of the integer path."""
    if path is None:
        return {"beside_bytes": "", "whole_test": "", "integer_test": ""}
    if whole is None or not beside:
        test = INTEGER_TEST.format(whole="")
        return {"beside_bytes": "", "whole_test": "", "integer_test": test}
    upper, (counts, told) = name.upper(), reference(whole)
    return {
        "beside_bytes": BESIDE.format(name=name, upper=upper, bytes=_bytes(beside)),
        "whole_test": filled(
            "whole_test.c", name=name, upper=upper, count=len(counts), counts=_whole_rows(counts),
            told=_whole_rows(told),
        ),
        "integer_test": INTEGER_TEST.format(whole=WHOLE_TEST),
    }  # fmt: skip


def reference(whole: Whole) -> tuple[Ints, Ints]:
    """Counts [G, D] of the domain, then, where an int32 says so, one beyond; and all that
    sna_fixed_answer gives there [G, 3 K + 2]: values, lower ends, upper ends, familiarity,
    status."""
    x = somewhere(whole, 4 * WHOLE_POINTS)[::4]
    told = whole.laid_out(x)
    beyond = x[:1].copy()
    beyond[0, 0] = whole.path.axes[0].count_upper + 1
    if beyond[0, 0] > np.iinfo(np.int32).max:
        return x, told
    nothing = np.full((1, told.shape[1]), NOTHING)
    nothing[0, -1] = Status.OUT_OF_DOMAIN
    return np.concatenate([x, beyond]), np.concatenate([told, nothing])


def _whole_rows(values: Ints) -> str:
    return "\n".join(f"    {{{', '.join(map(str, row))}}}," for row in values.tolist())


def _bytes(data: bytes) -> str:
    rows = (data[i : i + PER_LINE] for i in range(0, len(data), PER_LINE))
    return "\n".join("    " + "".join(f"{b}," for b in row) for row in rows)


def _provenance(artifact: bytes, digest: str, model: Model) -> str:
    kind = (
        f"{model.interaction.kind.upper()}, {model.interaction.rank} modes, tables"
        f" {', '.join(sorted(set(model.dtypes)))}"
    )
    return (
        f"/* Generated by sna-edge {sna_edge.__version__} from an artifact of {len(artifact)}"
        f" bytes, SHA-256 (of all before its integrity section)\n * {digest}\n * {kind}. Do not"
        " edit: export again. */\n"
    )


def _declarations(name: str, artifact: bytes, model: Model, path: Any) -> dict[str, object]:
    """What model.h says of this model."""
    upper = name.upper()
    major, minor = sna_edge.__version__.split(".")[:2]
    inputs, outputs = names_of(model, upper)
    return {
        "major": major,
        "minor": minor,
        "only_double": _only_double(name, model),
        "missing": "".join(
            f'#ifdef SNA_NO_{n}\n#error "{name}: the library leaves out what this model needs; take'
            f' SNA_NO_{n} out of sna_options.h"\n#endif\n'
            for n in needs(model)
        )
        + (TOO_OLD.format(name=name) if "COMPANIONS" in needs(model) else ""),
        "size": len(artifact),
        "n_inputs": len(model.axes),
        "n_outputs": len(model.outputs),
        "readings": _readings(name.upper(), model),
        "has_integer_path": int(path is not None),
        "inputs": "".join(
            f"    {upper}_{n} = {d}, /* {comment(a.describe())} */\n"
            for d, (n, a) in enumerate(zip(inputs, model.axes, strict=True))
        ),
        "outputs": "".join(
            f"    {upper}_OUT_{n} = {k}, /* {comment(o.name)} [{comment(o.unit or '-')}] */\n"
            for k, (n, o) in enumerate(zip(outputs, model.outputs, strict=True))
        ),
        "work_bytes": workspace.work_bytes(model),
        "gradient_bytes": workspace.gradient_bytes(model),
        "roots_bytes": workspace.roots_bytes(model),
        "roots_steps": workspace.roots_steps(model),
    }


def names_of(model: Model, prefix: str) -> tuple[list[str], list[str]]:
    """Enumerators of inputs and outputs, after `prefix` and after prefix_OUT."""
    inputs = enumerators((a.name for a in model.axes), set(OWN), "INPUT_", prefix)
    return inputs, enumerators((o.name for o in model.outputs), set(), "OUTPUT_")


def _definitions(artifact: bytes, model: Model, golden: Any) -> dict[str, object]:
    """What model.c holds of this model."""
    count = min(GOLDEN, len(golden.inputs))
    beside = _beside(model, golden.inputs[:count], golden.tolerance32)
    return {
        "bytes": _bytes(artifact),
        "count": count,
        "golden_x": _table(golden.inputs[:count]),
        "golden_y": _table(golden.expected[:count]),
        "tolerance": _row(golden.tolerance32),
        "beside_tables": beside.tables,
        "beside_test": beside.calls,
    }


def _readings(upper: str, model: Model) -> str:
    """Macros of the array for sna_derive; empty where readings are the coordinates."""
    if model.readings is None:
        return ""
    raw = enumerators((r.name for r in model.readings.raw), set(), "RAW_")
    first = len(model.axes)
    lines = "".join(
        f"    {upper}_RAW_{n} = {first + i}, /* {comment(f'{r.name} [{r.unit or chr(45)}]')} */\n"
        for i, (n, r) in enumerate(zip(raw, model.readings.raw, strict=True))
    )
    return (
        "/* Order of readings[] for sna_derive: the inputs as above, then raw readings. */\n"
        f"#define {upper}_READINGS {first + len(raw)}\n"
        + (f"enum {{\n{lines}}};\n" if lines else "")
    )


def _beside(model: Model, x: Floats, tolerance: Floats) -> Beside:
    """Of inputs x [G, D]; `tolerance` [K] of values in float."""
    return _intervals(model, x, tolerance) + _familiarity(model, x)


def _intervals(model: Model, x: Floats, tolerance: Floats) -> Beside:
    if model.calibration is None or not model.calibration.n_residuals:
        return Beside()
    for level in LEVELS:
        try:
            found = model.interval_at(x, level, level_index=True)
        except InputError:
            continue
        low, high = np.atleast_2d(found.lower), np.atleast_2d(found.upper)
        if not (np.isfinite(low) & np.isfinite(high)).all():
            return Beside()
        off = 4 * np.asarray(tolerance) + SHARE * (high - low).max(axis=0)
        tables = _named_table("interval_low", low) + _named_table("interval_high", high)
        tables += f"static const sna_real interval_off[{len(off)}] = {{{_row(off)}}};\n"
        return Beside(tables, filled("interval_test.c", outputs=len(off), level=level))
    return Beside()


def _familiarity(model: Model, x: Floats) -> Beside:
    if model.calibration is None or not (model.calibration.n_scores or model.calibration.pairs):
        return Beside()
    p = np.asarray(model.familiarity(x, level_index=True).p)
    if not np.isfinite(p).all():
        return Beside()
    table = f"static const sna_real familiarity_p[{len(p)}] = {{{_row(p)}}};\n"
    return Beside(table, filled("familiarity_test.c", off=P_OFF))


def _named_table(name: str, rows: Floats) -> str:
    shape = f"[{len(rows)}][{rows.shape[1]}]"
    return f"static const sna_real {name}{shape} = {{\n{_table(rows)}\n}};\n"


def coarse(model: Model) -> str:
    """What a float cannot carry, in words; empty where it carries all inputs and outputs."""
    found = [not_carried(m.axes, m.outputs, ranges(m)) for m in functions(model)]
    return "; ".join(clause for clauses in found for clause in clauses)


def _only_double(name: str, model: Model) -> str:
    """The sentence that stops a build in single precision where that would answer wrongly."""
    why = comment(coarse(model)).replace('"', "'")
    return (
        f'\n#ifdef SNA_FLOAT\n#error "{name}: {why}; define SNA_DOUBLE in sna_options.h"\n#endif\n'
        if why
        else ""
    )


def _table(values: Floats) -> str:
    return "\n".join(f"    {{{_row(row)}}}," for row in values)


def _row(values: Floats) -> str:
    return ", ".join(number(v) for v in values)

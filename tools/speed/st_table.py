"""Every kind of model as function blocks in Structured Text, executed by two routes: the
interpreter of the export and a C compiler (`tests/export/st/through_c.py`).

    python tools/speed/st_table.py [--write]

Writes docs/tables/st.md. Ends with status 1 where a value in REAL is off by more than 1e-6 of the
range, an end of an interval by more than that and two roundings, or a whole number (value, end,
familiarity), of a block or of `sna_fixed_answer` of the C library, differs from the rule.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "export" / "st")]

from c_models import zoo  # noqa: E402
from model_kinds import KINDS  # noqa: E402
from through_c import Compiled  # noqa: E402

tests = ModuleType("tests_of_st")  # a package, so that its modules may name each other
tests.__path__ = [str(ROOT / "tests")]
sys.modules[tests.__name__] = tests
kinds = import_module(f"{tests.__name__}.export.integers.whole_kinds")
c_library = import_module(f"{tests.__name__}.c_library")

import sna_edge  # noqa: E402
from sna_export.integers import Whole  # noqa: E402
from sna_export.integers.packed import packed  # noqa: E402
from sna_export.st.block import Plan, results  # noqa: E402
from sna_export.st.command import Made, integer_blocks, real_blocks, resources  # noqa: E402
from sna_export.st.run import machine  # noqa: E402
from sna_export.st.testing import answered, somewhere  # noqa: E402
from sna_export.st.whole import counted  # noqa: E402

TABLE = ROOT / "docs" / "tables" / "st.md"
BESIDE = ROOT / "tests" / "sna_edge" / "kept" / "1.1" / "everything.sna"
WHOLE = {"7 inputs int8": "cp int8", "mixed axes int16": "sparse-int16", "behind exp": "exp",
         "behind a logistic": "logistic", "degree 7": "uniform-7-int16"}  # fmt: skip
BOUND = 1e-6
"""Of the range."""
POINTS, FEW = 2000, 200
"""Through C, and interpreted."""
STRIDE = POINTS // FEW


@dataclass
class Row:
    """Largest difference of values (interpreted, through C) and of ends over the range, and over
    what is allowed; whole numbers that differ; what the report says. In whole numbers ends are over
    range and width, and familiarity `p` is in itself."""

    interpreted: float
    compiled: float
    ends: float
    share: float
    wrong: int
    told: dict[str, object]
    p: float = float("nan")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/tables/st.md")
    write = parser.parse_args().write
    if not shutil.which("cc"):
        print("no C compiler here", file=sys.stderr)
        return 0
    real = {kind: in_real(plan_of(make().to_bytes())) for kind, make in KINDS.items()}
    real["intervals, familiarity"] = in_real(plan_of(BESIDE.read_bytes()))
    models = {**zoo(), "cp int8": KINDS["cp int8"]().replace(integer_path=True)}
    plain = {told: models[kind] for told, kind in WHOLE.items()}
    beside = {told: make() for told, make in kinds.WHOLE.items()}
    whole = {told: in_whole(kinds.whole_of(m)) for told, m in {**plain, **beside}.items()}
    text = markdown(real, whole)
    print(text)
    if write:
        TABLE.write_text(text + "\n", encoding="utf-8")
    bad = [kind for kind, row in {**real, **whole}.items() if not good(row)]
    if bad:
        print("beyond the bound: " + ", ".join(bad), file=sys.stderr)
    return 1 if bad else 0


def good(row: Row) -> bool:
    """Every difference within the bound; NaN is not."""
    return max(row.interpreted, row.compiled) <= BOUND and row.share <= 1.0 and not row.wrong


def plan_of(data: bytes) -> Plan:
    """The block of an artifact, before it is written."""
    return Plan(sna_edge.from_bytes(data, backend="numpy"), data, "sna_m")


def compiled(made: Made, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Outputs by name through C, where the test block has passed there."""
    with tempfile.TemporaryDirectory() as name:
        program = Compiled("cc", made.text, Path(name))
        if not program.test(f"{made.name}_test")["passed"]:
            raise SystemExit(f"the test block of {made.name} fails through C")
        return program.call(made.name, rows)


def in_real(plan: Plan) -> Row:
    """REAL against numpy in float64."""
    made, names = real_blocks(plan), results(plan)
    points = answered(plan, somewhere(plan, POINTS))
    told = compiled(made, points.x)
    off = np.abs(np.array([told[n] for n in names]).T - points.y)
    here = machine(made.units, made.name)
    rows = [here.call(**dict(zip(plan.inputs, x, strict=True))) for x in points.x[:FEW]]
    near = np.abs(np.array([[float(r[n]) for n in plan.outputs] for r in rows])
                  - points.y[:FEW, : len(plan.outputs)])  # fmt: skip
    spans = np.array([np.ptp(o.range or (0.0, 1.0)) for o in plan.model.outputs])
    owner = [k for k in plan.intervals for _ in range(2)]
    first = len(spans)
    ends = off[:, first : first + len(owner)] / spans[owner]
    return Row(
        float((near / spans).max()),
        float((off[:, :first] / spans).max()),
        float(ends.max()) if owner else float("nan"),
        float((off / points.allowed).max()),
        int((told["status"] != points.status).sum()),
        resources(made),
    )


def in_whole(whole: Whole) -> Row:
    """Whole numbers by both routes against the rule, and the rule against float64."""
    plan, points = whole.plan, counted(whole, POINTS)
    made = integer_blocks(plan)
    told = compiled(made, points.x)
    here = machine(made.units, made.name)
    rows = [here.call(**dict(zip(plan.inputs, x, strict=True))) for x in points.x[::STRIDE]]
    wanted = dict(zip([*whole.results, "status"], [*points.y.T, points.status], strict=True))
    wrong = len(whole.lacking)
    for name, column in wanted.items():
        near = np.array([row[name] for row in rows])
        wrong += int((told[name] != column).sum() + (near != column[::STRIDE]).sum())
    counts = points.x.astype(np.int64)
    wrong += int((in_library(whole, counts) != whole.laid_out(counts)).sum())
    ends, p = from_float(whole, points.x, wanted)
    return Row(0.0, 0.0, ends, 0.0, wrong, resources(made), p)


@cache
def library() -> Any:
    """The C library, compiled here."""
    with tempfile.TemporaryDirectory() as name:
        made, source = Path(name) / "sna.so", c_library.SOURCE
        command = ["cc", "-std=c99", "-O2", "-shared", "-fPIC", source / "sna.c", "-o", made]
        subprocess.run(list(map(str, command)), check=True)
        face = c_library.load(source / "sna_edge_native" / "library.py", "sna_library_of_st")
        return face.Library(str(made))


def in_library(whole: Whole, counts: np.ndarray) -> np.ndarray:
    """What sna_fixed_answer says there; of a model with nothing beside its values, what the integer
    path does."""
    artifact = whole.plan.artifact
    file, constants = library().open(artifact), packed(whole, artifact)
    if file.status or file.fixed_verify():
        raise SystemExit("the C library refuses a file")
    if constants:
        return file.fixed_answer(np.frombuffer(constants, np.uint64).copy(), counts)
    told = whole.laid_out(counts)
    told[:, : len(whole.path.outputs)] = file.fixed_value(whole.path.locate(counts)[0])[0]
    return told


def from_float(
    whole: Whole, counts: np.ndarray, found: dict[str, np.ndarray]
) -> tuple[float, float]:
    """Largest difference of ends over range and width, and of familiarity; NaN without."""
    wanted = kinds.in_float(whole, kinds.inputs_of(whole, counts.astype(np.int64)))
    ends, p = float("nan"), float("nan")
    for k, one in whole.ends.items():
        lower, upper = (wanted[name] for name in whole.plan.intervals[k])
        size = np.ptp(wanted[whole.plan.outputs[k]]) + upper - lower
        for name in whole.plan.intervals[k]:
            off = np.abs(found[name] * 2.0**-one.exponent - wanted[name]) / size
            ends = float(np.fmax(ends, off.max()))
    if whole.share is not None:
        p = float(np.abs(found["familiarity"] / 2.0**30 - wanted["familiarity"]).max())
    return ends, p


def cost(row: Row) -> list[str]:
    """Cells: text, constants, variables, operations of a call at most."""
    worst = row.told["worst_case_operations"]
    assert isinstance(worst, dict)
    sizes = [f"{row.told['text_bytes'] / 1000:.0f} KB"]  # type: ignore[operator]
    sizes += [f"{row.told[part]:,}" for part in ("constants_bytes", "variables_bytes")]
    return sizes + [f"{worst[what]:,}" for what in ("multiplications", "additions")]


def markdown(real: dict[str, Row], whole: dict[str, Row]) -> str:
    """A row per kind of model, in REAL and in whole numbers."""
    tail = "text | constants, bytes | variables, bytes | multiplications | additions |"
    lines = [
        f"REAL: largest difference from numpy in float64 over the range at {FEW} (interpreted) and"
        f" {POINTS:,} points (through C), of values and of ends of intervals; all statuses are"
        " those of the model.",
        "",
        f"| model | interpreted | through C | ends | {tail}",
        "| --- " * 9 + "|",
    ]
    for kind, row in real.items():
        ends = "" if np.isnan(row.ends) else f"{row.ends:.1e}"
        cells = [f"{row.interpreted:.1e}", f"{row.compiled:.1e}", ends, *cost(row)]
        lines.append(f"| {kind} | {' | '.join(cells)} |")
    lines += [
        "",
        "Whole numbers (values, ends, familiarity, statuses) that differ from the rule, of blocks"
        f" at {POINTS:,} points through C and {FEW} interpreted and of `sna_fixed_answer` of the C"
        " library at the former; how far the rule lies from float64:"
        " ends over range and width, familiarity in itself (empty: the model has none).",
        "",
        f"| model | differ | ends | familiarity | {tail}",
        "| --- " * 9 + "|",
    ]
    for kind, row in whole.items():
        off = ["" if np.isnan(v) else f"{v:.1e}" for v in (row.ends, row.p)]
        lines.append(f"| {kind} | {row.wrong} | {' | '.join([*off, *cost(row)])} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

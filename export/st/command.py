"""`sna-edge export MODEL --to st`: function blocks in Structured Text and a resource report."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import sna_edge
from sna_edge.durable.whole import naming
from sna_edge.errors import BackendError
from sna_edge.model import Model

from ..firmware.install import install, ours, staged
from ..integers import Whole, path_of
from .block import Plan, function_block, heading, results
from .cost import bytes_of, worst
from .names import block_name
from .run import machine
from .syntax import Unit, read
from .testing import MOST, Points, answered, golden, somewhere, test_block
from .whole import counted, integer_block

POINTS = 256


@dataclass(frozen=True)
class Made:
    """One block with its test: text, as it was read again, and what its check says."""

    name: str
    text: str
    units: list[Unit]
    said: str


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and that it was run."""
    return export(
        model,
        Path(args.output),
        args.stem,
        level=args.level,
        integers=not args.float_only,
        file=args.file,
    )


def export(
    model: Model,
    folder: Path,
    stem: str,
    *,
    level: float | None = None,
    integers: bool = True,
    file: str | None = None,
) -> tuple[list[Path], str, bool]:
    """<stem>.st, the block and its test block in REAL; <stem>_int.st, both in whole numbers, where
    the model has an integer path and `integers` are wanted (else one of an earlier export goes);
    <stem>_st_resources.json. `level` is that of the intervals (default: that of the model). Files
    written, one sentence about the check, and True.

    Raises InputError where REAL does not carry the model and for a level that its rows do not
    support, BackendError where a block answers otherwise than the model; the folder is then as it
    was.

    >>> import numpy as np
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=2)
    >>> work = sna_edge.CP.full([np.linspace(0.1, 0.9, 5)[:, None]], [[2.0]])
    >>> model = sna_edge.Model([axis], work, [sna_edge.Output("depth", "um")])
    >>> files, check, checked = export(model, Path("plc"), "plate")  # doctest: +SKIP
    >>> [path.name for path in files]  # doctest: +SKIP
    ['plate.st', 'plate_st_resources.json']
    """
    model = model.at_probes()
    artifact = model.artifact or model.to_bytes()
    model = sna_edge.from_bytes(artifact, backend="numpy")
    plan = Plan(model, artifact, block_name(stem), level)
    main = file or f"{stem}.st"
    made = {main: real_blocks(plan)}
    whole, stale = f"{Path(main).stem}_int.st", []
    if integers and path_of(plan.artifact) is not None:
        made[whole] = integer_blocks(plan)
    elif (folder / whole).is_file() and ours(folder / whole):
        stale = [Path(whole)]
    report = f"{Path(main).stem}_st_resources.json"
    with staged(folder) as scratch:
        for path, one in made.items():
            with naming(str(folder / path)):
                (scratch / path).write_text(one.text, encoding="ascii")
        told = json.dumps([resources(one) for one in made.values()], indent=1)
        (scratch / report).write_text(told + "\n", encoding="utf-8")
        placed = install(scratch, folder, [Path(p) for p in [*made, report]], stale)
    said = [*(one.said for one in made.values()), "not run on a PLC compiler"]
    said += map(_by_the_caller, plan.formulas.values())
    if plan.shares:
        said.append("of several labels the caller divides each output by their sum: probabilities")
    return placed, "; ".join(said), True


def real_blocks(plan: Plan) -> Made:
    """The block in REAL, executed here at its test points and at points of the domain."""
    block = function_block(plan)
    test = test_block(plan, plan.name, results(plan), answered(plan, golden(plan)), real=True)
    text = f"{heading(plan, 'function block')}{block.text()}\n{test.text()}"
    units = read(text)
    worst_share = _asked(units, plan.name, plan.inputs, results(plan),
                         answered(plan, somewhere(plan, POINTS)))  # fmt: skip
    if not worst_share <= 1.0:  # NaN too
        raise BackendError(
            f"the function block differs from the model by {worst_share:.1f} times what is allowed;"
            " nothing was written, report this with the model"
        )
    _passes(units, plan.name)
    return Made(
        plan.name,
        text,
        units,
        f"executed here in REAL: test block passed, and within {worst_share:.1g} of 1e-6 of the"
        f" range and the roundings of REAL at {POINTS} points",
    )


def integer_blocks(plan: Plan) -> Made:
    """The block in whole numbers, executed here likewise."""
    path = path_of(plan.artifact)
    assert path is not None
    whole = Whole(plan, path)
    block = integer_block(plan, whole)
    points = counted(whole, POINTS)
    few = slice(None, None, POINTS // MOST)
    some = Points(points.x[few], points.y[few], points.status[few], points.allowed[few])
    test = test_block(plan, block.name, whole.results, some, real=False)
    text = f"{heading(plan, 'function block in whole numbers')}{block.text()}\n{test.text()}"
    units = read(text)
    if _asked(units, block.name, plan.inputs, whole.results, points) > 0:
        raise BackendError(
            "the function block in whole numbers differs from the integer path; nothing was"
            " written, report this with the model"
        )
    _passes(units, block.name)
    said = "".join(f"; in DINT without {what}" for what in whole.lacking)
    return Made(block.name, text, units, f"in DINT equal in every bit at {POINTS} points{said}")


def _by_the_caller(formula: str) -> str:
    return f"left to the caller: {formula}"


def _asked(
    units: list[Unit], name: str, inputs: list[str], outputs: list[str], points: Points
) -> float:
    """Largest difference over what is allowed (over 1 where nothing is); inf where a status
    differs."""
    found, most = machine(units, name), 0.0
    for x, y, status, allowed in zip(
        points.x, points.y, points.status, points.allowed, strict=True
    ):
        try:
            told = found.call(**dict(zip(inputs, x, strict=True)))
        except (OverflowError, IndexError):  # a number leaves its type, or an array
            return np.inf
        if told["status"] != status or not told["valid"]:
            return np.inf
        off = np.abs([float(told[n]) for n in outputs] - y) / np.where(allowed > 0, allowed, 1.0)
        most = max(most, float(np.max(off)) if np.isfinite(off).all() else np.inf)
    return most


def _passes(units: list[Unit], name: str) -> None:
    """BackendError where the test block of `name` finds a fault."""
    test = machine(units, f"{name}_test")
    told = test.call()
    while not told["done"]:
        told = test.call()
    if not told["passed"]:
        raise BackendError(
            f"{told['failed']} points of the test block of {name} fail; nothing was written, report"
            " this with the model"
        )


def resources(made: Made) -> dict[str, Any]:
    """Of the report: bytes, and the operations of one call at most."""
    unit = made.units[0]
    return {
        "block": made.name,
        "text_bytes": len(made.text),
        **{f"{part}_bytes": size for part, size in bytes_of(unit).items()},
        "worst_case_operations": worst(unit),
    }

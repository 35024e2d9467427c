"""Which columns of a table are inputs, measured values and kept ones, by the names and units of its
header."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.cli.raw_readings import needed, readable
from sna_edge.core.axis import Axis
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.learning.measured import COLUMN
from sna_edge.model import Model
from sna_edge.quality.echo import ECHOED
from sna_edge.values.naming import bracketed, column_of

from .job import Job

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chosen:
    """{input: its axis} and {output: itself} that are read, `place` {input or output: column},
    `own` {input or output: unit of the column where it is told}, names of the columns `kept`."""

    inputs: dict[str, Axis]
    measured: dict[str, Output]
    place: dict[str, str]
    own: dict[str, str]
    kept: tuple[str, ...]


@dataclass
class Batch:
    """N rows, the first at `lines[0]` of the table, `counted` as lines or rows: `given` and
    `measured` {name: [N]}, NaN for what is empty or no number, infinity for a level that was never
    seen; {name: cells} that are `kept`; {row: why} of rows that are none; `cell(name, row)`: an
    input as it is written."""

    lines: Any
    given: dict[str, Floats]
    measured: dict[str, Floats]
    kept: dict[str, Any]
    cell: Callable[[str, int], str]
    wrong: dict[int, str] = field(default_factory=dict)
    counted: str = "line"

    def __len__(self) -> int:
        return len(self.lines)


def all_finite(a: Floats) -> bool:
    """Whether there is neither NaN nor infinity: one pass, False also where the sum overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(a.sum()))


def chosen(
    model: Model, job: Job, names: Sequence[str], units: Mapping[str, str], path: str
) -> Chosen:
    """Of a table with the columns `names` and the `units` that it tells. Raises InputError for a
    column that is not there."""
    known = list(readable(model))
    if wrong := [name for name in job.columns if name not in known]:
        raise InputError(
            f"--column names {wrong[0]!r}, which is no input; inputs are {', '.join(known)}"
        )
    place = {name: found for name in known if (found := _found(name, job.columns, names))}
    inputs = needed(model, list(place))
    if missing := [name for name in inputs if name not in place]:
        if folder := _of_folder(path, missing):
            raise InputError(
                f"{path} has no column {missing[0]!r}, and what the folder {folder} says of it is"
                " not read; write the column into the files"
            )
        raise InputError(
            f"{path} has no column {', '.join(map(repr, missing))}; its columns are"
            f" {', '.join(names)}: name another with --column NAME=COLUMN"
        )
    measured = _measured(model, job, names, path)
    place |= measured
    if missing := [name for name in job.keep if name not in names]:
        raise InputError(
            f"{path} has no column {missing[0]!r} to keep; its columns are {', '.join(names)}"
        )
    kept = job.keep or tuple(name for name in names if name in ECHOED)
    own = {name: units.get(at) or _in_brackets(name, at) for name, at in place.items()}
    outputs = {o.name: o for o in model.outputs if o.name in measured}
    return Chosen(inputs, outputs, place, {n: u for n, u in own.items() if u}, kept)


def _of_folder(path: str, missing: Sequence[str]) -> str:
    """The folder NAME=VALUE above a file that tells one of the columns (Hive partitioning)."""
    folders = path.replace("\\", "/").split("/")[:-1]
    return next((f for f in folders if f.partition("=")[0] in missing[:1] and "=" in f), "")


def _found(name: str, columns: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The column of an input: the one that is named for it, else by the rules of a header."""
    told = columns.get(name)
    if told is not None:
        return told if told in names else None
    return column_of(name, names)


def _measured(model: Model, job: Job, names: Sequence[str], path: str) -> dict[str, str]:
    """{output: column}: measured.NAME wherever it is there, NAME where it is asked for."""
    found = {}
    for name in job.measured:
        if name not in model.output_names:
            raise InputError(
                f"--measured names {name!r}, which is no output; outputs are"
                f" {', '.join(model.output_names)}"
            )
    for name in model.output_names:
        at = column_of(name, names, COLUMN)
        if at is not None and (name in job.measured or at.startswith(COLUMN)):
            found[name] = at
        elif name in job.measured:
            raise InputError(
                f"{path} has no column {name!r} to compare with; its columns are {', '.join(names)}"
            )
    return found


def _in_brackets(name: str, column: str) -> str:
    """The unit of 'depth [mm]' where the input is not called so itself."""
    return "" if column.removeprefix(COLUMN) == name else bracketed(column)

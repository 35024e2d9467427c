"""The columns of a table that a model is asked at, as coordinates, a block of rows at a time."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.missing import is_missing
from ..core.output import Output
from ..errors import InputError
from ..model import Model
from ..table import Block, Marks, Measure, Source
from ..uncertainty.readings import coordinates_of
from .arguments import coordinate
from .options.dialect import open_for
from .raw_readings import needed as needed_of

Floats = NDArray[np.float64]


class Columns:
    """What reads the columns `needed` of a source: coordinates of an axis, numbers of an output, in
    the units of the model. Raises InputError where the table lacks one, or for marks and units that
    contradict each other."""

    def __init__(self, source: Source, needed: Mapping[str, Axis | Output]) -> None:
        self.needed = needed
        self._at = _columns(needed, source)
        marks = source.marks([name for name, axis in needed.items() if not _has_levels(axis)])
        self.readers = {
            name: measure(source, marks, quantity)
            for name, quantity in needed.items()
            if not _has_levels(quantity)
        }

    def spot(
        self,
        block: Block,
        may_lack: frozenset[str],
        given: Mapping[str, Floats],
        cells: Mapping[str, list[str]],
    ) -> None:
        """Mark rows with a cell that is neither empty nor a number where empty ones have an
        answer."""
        for name in may_lack & self.readers.keys():
            for row in np.flatnonzero(np.isnan(given[name])).tolist():
                if not is_missing(cells[name][row]) and row not in block.wrong:
                    block.wrong[row] = self.readers[name].wrong(cells[name][row])

    def read(self, block: Block) -> tuple[dict[str, list[str]], dict[str, Floats]]:
        """Cells and numbers of a block by name: NaN where a cell is empty or no number, infinity
        where a level was never seen."""
        cells = {name: block.column(i) for name, i in self._at.items()}
        given = {
            name: _coordinates(quantity, self.readers.get(name), cells[name], block)
            for name, quantity in self.needed.items()
        }
        return cells, given

    def finish(self) -> None:
        """After the last block: raises InputError where the decimal mark stayed open."""
        for reader in self.readers.values():
            reader.finish()


def input_rows(args: argparse.Namespace, path: str, model: Model) -> Floats:
    """The rows of a table that lie in the domain of the model, as coordinates [N, D]; raw readings
    of sensors in place of inputs that are computed from them. Raises InputError where none does."""
    source = open_for(args, path, model)
    columns = Columns(source, needed_of(model, source.names))
    blocks = []
    for block in source.blocks():
        given = columns.read(block)[1]
        if model.gaps is not None:
            x, _, _ = model.gaps.completed(model.axes, given, True)
            given = {a.name: x[:, d] for d, a in enumerate(model.axes)}
        found = coordinates_of(model, given, level_index=True)
        known = model.evaluate(found.x, level_index=True).status >= 0
        wrong = [row in block.wrong for row in range(len(block))]
        blocks.append(found.x[known & (found.status >= 0) & ~np.array(wrong, dtype=bool)])
    columns.finish()
    rows = np.concatenate(blocks) if blocks else np.empty((0, len(model.axes)))
    if not len(rows):
        raise InputError(
            f"{path} has no row inside the domain of the model; give rows that it was fitted to"
        )
    return rows


def _columns(needed: Iterable[str], source: Source) -> dict[str, int]:
    """Position of every needed column."""
    missing = [name for name in needed if name not in source.names]
    if missing:
        raise InputError(
            f"{source.path} has no column {', '.join(map(repr, missing))}; its columns are"
            f" {', '.join(source.names)}, and this query needs {', '.join(needed)}"
        )
    return {name: source.names.index(name) for name in needed}


def _has_levels(axis: Axis | Output) -> bool:
    return isinstance(axis, Axis) and axis.kind == "categorical"


def measure(source: Source, marks: Marks, quantity: Axis | Output) -> Measure:
    """What reads the column of an input with a scale, or of an output, into the model's unit."""
    own, kind = (
        source.units.get(quantity.name, ""),
        ("input" if isinstance(quantity, Axis) else "output"),
    )
    return Measure(marks, quantity.name, quantity.unit, own, kind)


def _coordinates(
    axis: Axis | Output, reader: Measure | None, cells: list[str], block: Block
) -> Floats:
    """NaN where a cell is empty or no number, infinity where a level was never seen."""
    if reader is None and isinstance(axis, Axis):
        known = {c: coordinate(axis, c.strip()) if c.strip() else np.nan for c in set(cells)}
        return np.array([known[cell] for cell in cells], dtype=float)
    assert reader is not None
    return reader.numbers(cells, block.lines)

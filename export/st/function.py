"""A sum of products, or a tensor train, at coordinates: f[k] of all outputs, in REAL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.layout import FOLD
from sna_edge.core.interaction import CP
from sna_edge.core.record import ModelRecord

from .places import basis, locate, picked
from .text import Block

KINDS = {"int16": ("INT", "INT_TO_REAL({})"), "int8": ("SINT", "SINT_TO_REAL({})")}
FLOAT = ("REAL", "{}")


@dataclass
class Room:
    """What the work arrays of a block must hold."""

    basis: int = 1
    rows: int = 1
    sums: int = 1
    ranks: int = 0

    def declare(self, block: Block) -> None:
        """Work variables of REAL arithmetic."""
        for name in ("gap", "t", "v", "prod"):
            block.work(name, "REAL")
        for name in ("span", "count", "half", "i", "j", "mode", "c"):
            block.work(name, "DINT")
        block.work("b", "REAL", self.basis)
        block.work("a", "DINT", self.rows)
        block.work("f", "REAL", self.sums)
        if self.ranks:
            block.work("row", "REAL", self.ranks)
            block.work("next", "REAL", self.ranks)


@dataclass
class Function:
    """Writes one model into a block: `x` are the coordinates, `prefix` begins its tables; `edge`: a
    span without training rows sets the status."""

    block: Block
    room: Room
    model: ModelRecord
    x: list[str]
    prefix: str = ""
    edge: bool = False
    at: list[int] = field(default_factory=list)

    def write(self) -> None:
        """Statements that set f[0 .. K - 1], without the biases of the outputs."""
        self.room.sums = max(self.room.sums, len(self.model.outputs))
        for d in range(len(self.model.axes)):
            self._axis(d)
        self.block.say(*(f"f[{k}] := 0.0;" for k in range(len(self.model.outputs))))
        if isinstance(self.model.interaction, CP):
            self._modes(self.model.interaction)
        else:
            self._train()

    def _axis(self, d: int) -> None:
        axis, dtype = self.model.axes[d], self.model.dtypes[d]
        name, at = self._name(d), sum(a.basis.degree + 1 for a in self.model.axes[:d])
        self.at.append(at)
        locate(self.block, axis, self.x[d], name)
        if self.edge and not axis.support.all():
            self.block.table(f"{name}_seen", "SINT", (axis.support > 0).astype(int))
            self.block.say(f"IF {name}_seen[span] = 0 THEN status := 4; END_IF;")
        columns = int(np.prod(self._table(d).shape[1:]))
        if columns:
            basis(self.block, axis, name, at, FOLD.get(dtype, 1.0))
            self.block.say(
                f"a[{d}] := {picked(self.block, axis.basis.first_row, f'{name}_row', columns)};"
            )
        self.room.rows = max(self.room.rows, d + 1)
        self.room.basis = max(self.room.basis, at + axis.basis.degree + 1)

    def _name(self, d: int) -> str:
        return f"{self.prefix}a{d + 1}"

    def _table(self, d: int) -> NDArray[np.float64]:
        work: Any = self.model.interaction
        return np.asarray((work.tables if isinstance(work, CP) else work.cores)[d])

    def _store(self, d: int, table: NDArray[np.float64]) -> None:
        kind, _ = KINDS.get(self.model.dtypes[d], FLOAT)
        unit = FOLD.get(self.model.dtypes[d], 1.0)
        whole = np.rint(table / unit).astype(int) if kind != "REAL" else table
        self.block.table(f"{self._name(d)}_table", kind, whole)

    def _atom(self, d: int, stride: int) -> str:
        """sum_i b_i T[row + i][column], the column of mode r at index j."""
        _, read = KINDS.get(self.model.dtypes[d], FLOAT)
        table, at = f"{self._name(d)}_table", self.at[d]
        terms = []
        for i in range(self.model.axes[d].basis.degree + 1):
            index = f"j + {i * stride}" if i else "j"
            terms.append(f"b[{at + i}] * {read.format(f'{table}[{index}]')}")
        return " + ".join(terms)

    def _modes(self, work: CP) -> None:
        groups = grouped(work)
        order = [int(r) for _, modes in groups for r in modes]
        for d, (table, modes) in enumerate(zip(work.tables, work.modes, strict=True)):
            places = {int(r): c for c, r in enumerate(modes)}
            columns = [places[r] for r in order if r in places]
            if columns:
                self._store(d, np.asarray(table)[:, columns])
        self.block.table(f"{self.prefix}weight", "REAL", work.weights[order])
        first, used = 0, [0] * len(work.tables)
        for axes, modes in groups:
            self._group(axes, len(modes), first, used, work)
            first += len(modes)

    def _group(
        self, axes: tuple[int, ...], count: int, first: int, used: list[int], work: CP
    ) -> None:
        """Modes that multiply the same axes; `used` columns of each table are behind."""
        say = self.block.say
        say(f"FOR mode := 0 TO {count - 1} DO")
        for n, d in enumerate(axes):
            atom = self._atom(d, len(work.modes[d]))
            say(f"    j := a[{d}] + {used[d]} + mode;" if used[d] else f"    j := a[{d}] + mode;")
            say(f"    prod := prod * ({atom});" if n else f"    prod := {atom};")
            used[d] += count
        self._mix(f"j := (mode + {first}) * {len(self.model.outputs)};", "prod")
        say("END_FOR;")

    def _mix(self, index: str, factor: str) -> None:
        """f[k] += W[r][k] factor."""
        outputs, weight = len(self.model.outputs), f"{self.prefix}weight"
        self.block.say(f"    {index}")
        if outputs <= 4:
            for k in range(outputs):
                tail = f" + {k}" if k else ""
                self.block.say(f"    f[{k}] := f[{k}] + {weight}[j{tail}] * {factor};")
            return
        self.block.say(
            f"    FOR c := 0 TO {outputs - 1} DO",
            f"        f[c] := f[c] + {weight}[j + c] * {factor};",
            "    END_FOR;",
        )

    def _train(self) -> None:
        work: Any = self.model.interaction
        for d, core in enumerate(work.cores):
            self._store(d, np.asarray(core))
            self._link(d, *core.shape[1:])
        self.block.table(f"{self.prefix}weight", "REAL", work.weights)
        self.block.say(f"FOR mode := 0 TO {len(work.weights) - 1} DO")
        self._mix(f"j := mode * {len(self.model.outputs)};", "row[mode]")
        self.block.say("END_FOR;")

    def _link(self, d: int, left: int, right: int) -> None:
        """row := row Phi_d, row[left] to row[right]."""
        self.room.ranks = max(self.room.ranks, left, right)
        atom, say = self._atom(d, left * right), self.block.say
        say(f"FOR mode := 0 TO {right - 1} DO")
        if left == 1:
            say(
                f"    j := a[{d}] + mode;", f"    next[mode] := {'row[0] * ' if d else ''}({atom});"
            )
        else:
            say(
                "    prod := 0.0;",
                f"    FOR c := 0 TO {left - 1} DO",
                f"        j := a[{d}] + c * {right} + mode;",
                f"        prod := prod + row[c] * ({atom});",
                "    END_FOR;",
                "    next[mode] := prod;",
            )
        say("END_FOR;", f"FOR mode := 0 TO {right - 1} DO row[mode] := next[mode]; END_FOR;")


def grouped(work: CP) -> list[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Axes and modes of each set of axes that modes multiply."""
    found: dict[tuple[int, ...], list[int]] = {}
    for r in range(work.rank):
        axes = tuple(int(d) for d in np.flatnonzero(work.uses[:, r]))
        found.setdefault(axes, []).append(r)
    return [(axes, np.array(modes)) for axes, modes in found.items()]

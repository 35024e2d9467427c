"""The source of one model and its kernels, and the bytes of its numbers.

Only what is the same for all models of a shape stands in the source (counts, degrees, where tables
lie): models that differ in numbers alone share one compilation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .layout import VECTOR, Layout, Table

SOURCES = Path(__file__).parent / "sources"
BYTES = 4 * VECTOR  # of a vector


@dataclass(frozen=True, eq=False)
class Program:
    """Source text of the model without kernels, bytes of shared memory that its tables take, the
    arrays that lie in the memory of the device (rows, matrices, breaks and spans, as `Numbers` of
    model.cu has them), and the numbers around their addresses."""

    text: str
    shared: int
    arrays: tuple[bytes, ...]
    before: bytes
    after: bytes

    def source(self, kernels: str) -> str:
        """The text with the kernels of a file, for example "values.cu"."""
        return f"{self.text}\n{_read(kernels)}"

    def numbers(self, addresses: tuple[int, ...]) -> bytes:
        """The struct `Numbers`, whose size is a multiple of 8 bytes."""
        whole = self.before + np.array(addresses, np.uint64).tobytes() + self.after
        return whole + bytes(-len(whole) % 8)


def interval_source() -> str:
    """The text of the kernels of intervals, the same for all models."""
    return f"{_read('common.cu')}\n{_read('interval.cu')}"


def program(made: Layout, budget: int) -> Program:
    """The program of a model whose blocks may use `budget` bytes of shared memory: small tables are
    staged first, after the weights; what does not fit is read from the device's memory."""
    head = 0 if made.weights is None else len(made.weights) * made.groups
    order, staged = _staged(made, head, budget)
    places, at = {}, head
    for d in order:
        places[d], at = at, at + len(made.tables[d].rows) * made.groups
    alone = head if head * BYTES <= budget else 0
    until = max((places[d] + len(made.tables[d].rows) * made.groups for d in staged), default=alone)
    parts = [b"" if made.weights is None else made.weights.tobytes()]
    parts += [made.tables[d].rows.tobytes() for d in order]
    arrays = (
        b"".join(parts),
        b"".join(t.matrices.tobytes() for t in made.tables),
        b"".join(t.breaks.tobytes() for t in made.tables),
        b"".join(t.lookup.tobytes() for t in made.tables),
    )
    text = "\n".join(
        [
            _read("common.cu"),
            _shape(made, until),
            *_axes(made, places, staged),
            _read("model.cu"),
        ]
    )
    before = made.ends.tobytes() + made.outputs.tobytes()
    return Program(text, until * BYTES, arrays, before, _common(made).tobytes())


def _staged(made: Layout, head: int, budget: int) -> tuple[list[int], set[int]]:
    """Axes by the size of their tables, and which of them fit beside the weights."""
    order = sorted(range(len(made.tables)), key=lambda d: len(made.tables[d].rows))
    room, staged = budget // BYTES - head, set()
    for d in order:
        room -= len(made.tables[d].rows) * made.groups
        if room >= 0:
            staged.add(d)
    return order, staged


def _shape(made: Layout, staged: int) -> str:
    numbers = {
        "D": len(made.tables),
        "K": len(made.outputs),
        "ORDER": made.order,
        "GROUPS": made.groups,
        "FOLDED": int(made.weights is None),
        "STAGED": staged,
    }
    return "enum { " + ", ".join(f"{name} = {value}" for name, value in numbers.items()) + " };"


def _axes(made: Layout, places: dict[int, int], staged: set[int]) -> list[str]:
    """A struct per axis and the macro over all of them."""
    lines, matrices, breaks, lookup = [], 0, 0, 0
    for d, table in enumerate(made.tables):
        fields = _fields(table, d)
        fields |= {"TABLE": places[d], "SHARED": int(d in staged)}
        fields |= {"MATRICES": matrices, "BREAKS": breaks, "LOOKUP": lookup}
        body = ", ".join(f"{name} = {value}" for name, value in fields.items())
        lines.append(f"struct Axis{d} {{ enum {{ {body} }}; }};")
        matrices += table.matrices.size
        breaks += len(table.breaks)
        lookup += len(table.lookup)
    every = " ".join(f"DO(Axis{d})" for d in range(len(made.tables)))
    return [*lines, f"#define AXES(DO) {every}"]


def _fields(table: Table, d: int) -> dict[str, int]:
    return {
        "INDEX": d,
        "KIND": table.kind,
        "PERIODIC": int(table.periodic),
        "DEGREE": table.degree,
        "SPANS": table.spans,
        "STEP": table.step,
        "ALONE": int(len(table.matrices) == 1),
    }


def _common(made: Layout) -> np.ndarray:
    """The matrix of each axis that has one for all spans, [D, ORDER^2] with zeros behind."""
    common = np.zeros((len(made.tables), made.order**2), np.float32)
    for d, table in enumerate(made.tables):
        common[d, : table.matrices[0].size] = table.matrices[0].reshape(-1)
    return common


def _read(name: str) -> str:
    return (SOURCES / name).read_text(encoding="utf-8")

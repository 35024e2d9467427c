"""A dataflow graph of a few operators, written once and emitted as ONNX and as TFLite.

Shapes use None for the batch N, the first dimension of inputs and outputs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Shape = tuple[int | None, ...]
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Tensor:
    """A value of the graph: `data` is there for constants. dtype is a numpy name."""

    name: str
    dtype: str
    shape: Shape
    data: Array | None = None


@dataclass(frozen=True, eq=False)
class Node:
    """outputs = op(inputs; attributes)."""

    op: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass
class Graph:
    """Nodes in order of execution; `inputs` and `outputs` keep the artifact's order.

    `batch` is the fixed number of rows, None when it may change from call to call. `apart`: for
    converters that guess layouts, where the number of axes and that of basis functions must differ
    and tables of several storage types are float32. `reserved`: names of inputs and outputs, which
    other tensors leave to them.
    """

    name: str
    batch: int | None = None
    apart: bool = False
    reserved: frozenset[str] = frozenset()
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    _constants: dict[tuple[str, Shape, bytes], Tensor] = field(default_factory=dict)
    _results: dict[tuple[Any, ...], Tensor] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def emptied(self) -> Graph:
        """A graph of the same inputs and names without nodes and outputs, to be filled anew."""
        return Graph(
            self.name,
            self.batch,
            reserved=self.reserved,
            inputs=self.inputs,
            _names=set(self._names),
        )

    def unique(self, name: str) -> str:
        """`name`, with primes added until no other tensor has it or will have it."""
        while name in self._names or name in self.reserved:
            name += "'"
        self._names.add(name)
        return name

    def claim(self, name: str) -> str:
        """The reserved `name` of an input or output; with primes where both have the same."""
        while name in self._names:
            name += "'"
        self._names.add(name)
        return name

    def input(self, name: str, dtype: str = "float32") -> Tensor:
        """A named input [N]."""
        tensor = Tensor(self.claim(name), dtype, (None,))
        self.inputs.append(tensor)
        return tensor

    def constant(self, value: ArrayLike, dtype: str = "float32") -> Tensor:
        """A constant; equal ones are stored once."""
        data = np.ascontiguousarray(np.asarray(value), dtype=dtype)
        key = (dtype, data.shape, data.tobytes())
        if key not in self._constants:
            self._constants[key] = Tensor(
                self.unique(f"c{len(self._constants)}"), dtype, data.shape, data
            )
        return self._constants[key]

    def _add(
        self,
        op: str,
        inputs: tuple[Tensor, ...],
        shape: Shape,
        dtype: str = "float32",
        **attributes: Any,
    ) -> Tensor:
        """The result of an operator; the same one on the same inputs is computed once."""
        key = (op, *map(id, inputs), shape, dtype, *sorted(attributes.items()))
        if key not in self._results:
            out = Tensor(self.unique(f"{op}{len(self.nodes)}"), dtype, shape)
            self.nodes.append(Node(op, inputs, (out,), attributes))
            self._results[key] = out
        return self._results[key]

    def output(self, tensor: Tensor, name: str) -> None:
        """Name the result of the last node that made `tensor` and declare it an output."""
        named = Tensor(self.claim(name), tensor.dtype, tensor.shape)
        for i, node in enumerate(self.nodes):
            swap = tuple(named if t is tensor else t for t in node.outputs)
            uses = tuple(named if t is tensor else t for t in node.inputs)
            self.nodes[i] = Node(node.op, uses, swap, node.attributes)
        self.outputs.append(named)

    # Operators

    def binary(self, op: str, a: Tensor, b: Tensor | ArrayLike) -> Tensor:
        """add, sub, mul, maximum, minimum with numpy broadcasting."""
        b = b if isinstance(b, Tensor) else self.constant(b, a.dtype)
        return self._add(op, (a, b), broadcast(a.shape, b.shape), a.dtype)

    def add(self, a: Tensor, b: Tensor | ArrayLike) -> Tensor:
        """a + b, broadcast as numpy does."""
        return self.binary("add", a, b)

    def sub(self, a: Tensor, b: Tensor | ArrayLike) -> Tensor:
        """a - b, broadcast as numpy does."""
        return self.binary("sub", a, b)

    def mul(self, a: Tensor, b: Tensor | ArrayLike) -> Tensor:
        """a * b, broadcast as numpy does."""
        return self.binary("mul", a, b)

    def unary(self, op: str, a: Tensor) -> Tensor:
        """floor, sqrt, exp, log, logistic."""
        return self._add(op, (a,), a.shape, a.dtype)

    def clip(self, a: Tensor, limit: float) -> Tensor:
        """a cut off at -limit and limit."""
        return self._add("clip", (a, self.constant(-limit), self.constant(limit)), a.shape, a.dtype)

    def at_least(self, a: Tensor, b: ArrayLike) -> Tensor:
        """a >= b as 0.0 or 1.0."""
        other = self.constant(b, a.dtype)
        shape = broadcast(a.shape, other.shape)
        return self.cast(self._add("greater_equal", (a, other), shape, "bool"), "float32")

    def cast(self, a: Tensor, dtype: str) -> Tensor:
        """The tensor in another numpy type; itself where it has it."""
        return a if a.dtype == dtype else self._add("cast", (a,), a.shape, dtype)

    def index(self, a: Tensor, counts: ArrayLike) -> Tensor:
        """int32 of a, at least 0 and below counts: a valid index whatever a runtime casts NaN
        to."""
        return self._add(
            "index", (a, self.constant(np.asarray(counts) - 1, "int32")), a.shape, "int32"
        )

    def stack(self, parts: list[Tensor], axis: int) -> Tensor:
        """A new dimension at `axis`."""
        shape = parts[0].shape
        return self._add(
            "stack",
            tuple(parts),
            (*shape[:axis], len(parts), *shape[axis:]),
            parts[0].dtype,
            axis=axis,
        )

    def unstack(self, a: Tensor, axis: int) -> list[Tensor]:
        """The slices along `axis`, which disappears."""
        count = a.shape[axis]
        assert count is not None
        if count == 1:
            return [self.reshape(a, a.shape[:axis] + a.shape[axis + 1 :])]
        shape = a.shape[:axis] + a.shape[axis + 1 :]
        outs = tuple(
            Tensor(self.unique(f"part{len(self.nodes)}_{i}"), a.dtype, shape) for i in range(count)
        )
        self.nodes.append(Node("unstack", (a,), outs, {"axis": axis}))
        return list(outs)

    def concat(self, parts: list[Tensor], axis: int) -> Tensor:
        """Tensors behind one another along an axis."""
        if len(parts) == 1:
            return parts[0]
        total = sum(p.shape[axis] or 0 for p in parts)
        shape = (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])
        return self._add("concat", tuple(parts), shape, parts[0].dtype, axis=axis)

    def gather(self, table: Tensor, index: Tensor, axis: int = 0) -> Tensor:
        """table[.., index, ..] along `axis`."""
        shape = (*table.shape[:axis], *index.shape, *table.shape[axis + 1 :])
        return self._add("gather", (table, index), shape, table.dtype, axis=axis)

    def matmul(self, a: Tensor, b: Tensor) -> Tensor:
        """[.., m, k] @ [.., k, n] with equal leading dimensions."""
        return self._add("matmul", (a, b), (*a.shape[:-1], b.shape[-1]), a.dtype)

    def linear(self, a: Tensor, weights: ArrayLike, bias: ArrayLike | None = None) -> Tensor:
        """a [.., R] @ weights [R, K] + bias [K]."""
        w = self.constant(np.asarray(weights).T)
        inputs = (a, w) if bias is None else (a, w, self.constant(bias))
        return self._add("linear", inputs, (*a.shape[:-1], w.shape[0]), a.dtype)

    def reshape(self, a: Tensor, shape: Shape) -> Tensor:
        """Same numbers, other shape; at most one None, the batch."""
        return a if a.shape == shape else self._add("reshape", (a,), shape, a.dtype)

    def slice(self, a: Tensor, axis: int, start: int, stop: int) -> Tensor:
        """a[.., start:stop, ..] along `axis`."""
        shape = (*a.shape[:axis], stop - start, *a.shape[axis + 1 :])
        return self._add("slice", (a,), shape, a.dtype, axis=axis, start=start, stop=stop)

    def transpose(self, a: Tensor, order: tuple[int, ...]) -> Tensor:
        """Dimensions in another order; nothing when only dimensions of length 1 move."""
        shape = tuple(a.shape[i] for i in order)
        if [n for n in shape if n != 1] == [n for n in a.shape if n != 1]:
            return self.reshape(a, shape)
        return self._add("transpose", (a,), shape, a.dtype, order=order)

    def sum(self, a: Tensor, axis: int, keep: bool = False) -> Tensor:
        """Sum along `axis`, which disappears or, with `keep`, stays with length 1."""
        return self._add(
            "sum",
            (a,),
            a.shape[:axis] + (1,) * keep + a.shape[axis + 1 :],
            a.dtype,
            axis=axis,
            keep=keep,
        )

    def product(self, parts: list[Tensor]) -> Tensor:
        """The product of all parts, element by element."""
        out = parts[0]
        for part in parts[1:]:
            out = self.mul(out, part)
        return out


def broadcast(a: Shape, b: Shape) -> Shape:
    """numpy's rule, with None standing for the batch."""
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    return tuple(None if None in pair else max(pair) for pair in zip(a, b, strict=True))  # type: ignore[type-var]

"""A graph of many rows as calls of one small graph: what a block of rows needs then stays in the
cache."""

from __future__ import annotations

from math import ceil, prod

from ..graph import Graph, Node, Tensor

CACHE = 1 << 20
"""Bytes that the largest result of a block may take; two or three of this size live at a time."""


def in_blocks(graph: Graph, index: int) -> tuple[Graph, Graph | None]:
    """The graph and the body it calls as number `index` of the file; the graph as it is and None
    where it is small or of any size.

    The body takes the stacked inputs [D, n] of a block. Blocks are of one size: the last begins
    before the one ahead ends, and gives only the rows that are missing.
    """
    rows = graph.batch
    count = 0 if rows is None else ceil(rows * _row(graph) / CACHE)
    if rows is None or count < 2:
        return graph, None
    size = ceil(rows / count)
    count = ceil(rows / size)
    stack, *rest = graph.nodes
    assert stack.op == "stack" and list(stack.inputs) == graph.inputs
    body = Graph(
        f"{graph.name}_block", size, inputs=list(stack.outputs), outputs=graph.outputs, nodes=rest
    )
    whole = graph.emptied()
    whole.nodes.append(stack)
    starts = [min(i * size, rows - size) for i in range(count)]
    answers = [_call(whole, body, index, start) for start in starts]
    spare = count * size - rows
    for k, out in enumerate(graph.outputs):
        parts = [a[k] for a in answers]
        if spare:
            parts[-1] = whole.slice(parts[-1], 0, spare, size)
        whole.outputs.append(Tensor(out.name, out.dtype, out.shape))
        whole.nodes.append(Node("concat", tuple(parts), (whole.outputs[-1],), {"axis": 0}))
    return whole, body


def _row(graph: Graph) -> int:
    """Bytes of the largest result for one row."""
    shapes = [t.shape for n in graph.nodes for t in n.outputs if None in t.shape]
    return 4 * max(prod(n for n in shape if n is not None) for shape in shapes)


def _call(whole: Graph, body: Graph, index: int, start: int) -> list[Tensor]:
    """Outputs of the body for the rows from `start` on."""
    size = body.batch
    assert size is not None
    block = whole.slice(whole.nodes[0].outputs[0], 1, start, start + size)
    outputs = tuple(
        Tensor(whole.unique(f"{t.name}_{start}"), t.dtype, (size, *t.shape[1:]))
        for t in body.outputs
    )
    whole.nodes.append(
        Node("call", (whole.constant(True, "bool"), block), outputs, {"graph": index})
    )
    return list(outputs)

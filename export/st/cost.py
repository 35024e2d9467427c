"""What a call of a block takes at most: operations counted over its statements, bytes of its
constants and variables."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .syntax import Node, Unit
from .text import SIZES

NAMES = {
    "*": "multiplications", "+": "additions", "-": "additions", "/": "divisions",
    "EXP": "exponentials", "LN": "logarithms",
}  # fmt: skip
COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")


def bytes_of(unit: Unit) -> dict[str, int]:
    """Bytes of constants, and of variables of one instance, as IEC 61131-3 sizes its types."""
    found = Counter({"constants": 0, "variables": 0})
    for v in unit.variables.values():
        part = "constants" if v.part == "CONSTANT" else "variables"
        found[part] += SIZES.get(v.kind, 0) * max(v.size, 1)
    return dict(found)


def worst(unit: Unit) -> dict[str, int]:
    """Operations by name of the longest way through a block: every condition holds, no RETURN is
    taken."""
    return dict(sorted(_body(unit, unit.body).items()))


def _body(unit: Unit, body: list[Node]) -> Counter[str]:
    total: Counter[str] = Counter()
    for node in body:
        total += _statement(unit, node)
    return total


def _statement(unit: Unit, node: Node) -> Counter[str]:
    if node[0] == "if":
        return _expression(unit, node[1]) + _body(unit, node[2])
    if node[0] == "for":
        times = int(node[3][2]) - int(node[2][2]) + 1
        inner = _body(unit, node[4]) + Counter({"loop steps": 1})
        return Counter({name: times * count for name, count in inner.items()})
    if node[0] == "set":
        target = _expression(unit, node[1])
        target["reads"] = 0
        value = _expression(unit, node[2])
        index = unit.variables[node[1][1]].kind == "DINT"
        return target + (_of_an_index(value) if index else value)
    return Counter()


def _of_an_index(found: Counter[str]) -> Counter[str]:
    """Sums, products and quotients of whole numbers that say where something lies."""
    count = found.total() - found["reads"] - found["conversions"]
    return Counter({"index operations": count, **{k: found[k] for k in ("reads", "conversions")}})


def _expression(unit: Unit, node: Node) -> Counter[str]:
    """Arithmetic of values; what indices take is `index operations`."""
    what = node[0]
    total: Counter[str] = Counter()
    if what == "item":
        total = _of_an_index(_expression(unit, node[2]))
        total["reads"] += 1
        return total
    for part in node[1:]:
        for child in part if isinstance(part, list) else [part]:
            if isinstance(child, tuple):
                total += _expression(unit, child)
    name: Any = node[1] if what == "call" else what
    if name in NAMES:
        total[NAMES[name]] += 1
    elif name in COMPARISONS:
        total["comparisons"] += 1
    elif what == "call":
        total["conversions"] += 1
    return total

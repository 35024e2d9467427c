"""Executes blocks as they were read: REAL in IEEE single precision, integers that must not leave
their type, no conversion that is not written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sna_edge.errors import BackendError

from .syntax import Node, Unit

BITS = {"SINT": 8, "INT": 16, "DINT": 32, "LINT": 64}
FUNCTIONS = {
    "ABS": ("REAL", "REAL", "abs({})"),
    "EXP": ("REAL", "REAL", "exp({})"),
    "LN": ("REAL", "REAL", "ln({})"),
    "TRUNC": ("REAL", "DINT", "trunc({})"),
    **{f"{kind}_TO_REAL": (kind, "REAL", "single({})") for kind in ("SINT", "INT", "DINT")},
    **{f"{kind}_TO_LINT": (kind, "LINT", "{}") for kind in ("SINT", "INT", "DINT")},
    "LINT_TO_DINT": ("LINT", "DINT", "{}"),
}
"""Type of the argument, of the result, and Python."""
BASE: dict[str, Any] = {
    "single": np.float32,
    "exp": lambda x: np.float32(np.exp(np.float64(x))),
    "ln": lambda x: np.float32(np.log(np.float64(x))),
    "trunc": int,
    "at": lambda index: index if index >= 0 else 1 << 62,  # no counting from the end
    "whole": lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
}


def checked(kind: str) -> Callable[[int], int]:
    """The number itself; OverflowError where its type does not hold it."""
    most = 1 << (BITS[kind] - 1)

    def held(value: int) -> int:
        if not -most <= value < most:
            raise OverflowError(f"{value} is no {kind}")
        return value

    return held


class Machine:
    """One instance of a block: `values` by name, `call` runs it once."""

    def __init__(self, unit: Unit, units: dict[str, Unit]) -> None:
        self.values: dict[str, Any] = {}
        self.unit = unit
        for name, v in unit.variables.items():
            self.values[name] = (
                Machine(units[v.kind], units)
                if v.kind in units
                else _start(v.kind, v.size, v.start)
            )
        text = Translation(unit, units).text()
        space = {**BASE, **{kind: checked(kind) for kind in BITS}}
        exec(compile(text, unit.name, "exec"), space)
        self._run = space["run"]

    def call(self, **inputs: float) -> dict[str, Any]:
        """Outputs by name after one call with these inputs."""
        for name, value in inputs.items():
            kind = self.unit.variables[name].kind
            self.values[name] = np.float32(value) if kind == "REAL" else int(value)
        with np.errstate(all="ignore"):
            self._run(self.values)
        return {n: self.values[n] for n, v in self.unit.variables.items() if v.part == "VAR_OUTPUT"}


def machine(units: list[Unit], name: str) -> Machine:
    """An instance of the block of that name."""
    named = {unit.name: unit for unit in units}
    return Machine(named[name], named)


def _start(kind: str, size: int, start: list[Node]) -> Any:
    held: Any = {"REAL": np.float32, "BOOL": bool}.get(kind) or checked(kind)
    values = [held(_literal(node)) for node in start] or [held(0)] * max(size, 1)
    if size and len(values) != size:
        raise BackendError(f"an array of {size} with {len(values)} values")
    return values if size else values[0]


def _literal(node: Node) -> Any:
    return -_literal(node[1]) if node[0] == "minus" else _number(node[2])


def _number(value: Any) -> Any:
    return np.float32(value) if isinstance(value, str) else value


class Translation:
    """A block as a Python function of its variables."""

    def __init__(self, unit: Unit, units: dict[str, Unit]) -> None:
        self.unit, self.units = unit, units

    def text(self) -> str:
        """`def run(v)`."""
        return "\n".join(["def run(v):", *self._body(self.unit.body, 1)])

    def _body(self, body: list[Node], depth: int) -> list[str]:
        lines = [line for node in body for line in self._statement(node, depth)]
        return lines or ["    " * depth + "pass"]

    def _statement(self, node: Node, depth: int) -> list[str]:
        pad = "    " * depth
        if node[0] == "return":
            return [f"{pad}return"]
        if node[0] == "if":
            return [f"{pad}if {self._typed(node[1], 'BOOL')}:", *self._body(node[2], depth + 1)]
        if node[0] == "for":
            first, last = (self._typed(n, "DINT") for n in node[2:4])
            head = f"{pad}for v[{node[1]!r}] in range({first}, {last} + 1):"
            return [head, *self._body(node[4], depth + 1)]
        if node[0] == "run":
            given = ", ".join(f"{n}={self._expression(e)[0]}" for n, e in node[2])
            return [f"{pad}v[{node[1]!r}].call({given})"]
        target, kind = self._expression(node[1])
        value = self._typed(node[2], kind)
        return [f"{pad}{target} = {f'{kind}({value})' if kind in BITS else value}"]

    def _typed(self, node: Node, wanted: str) -> str:
        """The expression, which must have the type; whole literals take any whole type."""
        text, kind = self._expression(node)
        whole = wanted in BITS and kind == "DINT" and _is_literal(node)
        if kind != wanted and not whole:
            raise BackendError(f"{text} is {kind}, not {wanted}")
        return text

    def _expression(self, node: Node) -> tuple[str, str]:
        """Python, and the type."""
        what = node[0]
        if what == "number":
            return (f"single({node[2]!r})" if node[1] == "REAL" else repr(node[2])), node[1]
        if what == "name":
            return f"v[{node[1]!r}]", self.unit.variables[node[1]].kind
        if what == "item":
            index = self._typed(node[2], "DINT")
            kind = self.unit.variables[node[1]].kind
            return f"v[{node[1]!r}][at({index})]", kind
        if what == "member":
            kind = self.units[self.unit.variables[node[1]].kind].variables[node[2]].kind
            return f"v[{node[1]!r}].values[{node[2]!r}]", kind
        if what == "call":
            given, kind, text = FUNCTIONS[node[1]]
            return text.format(self._typed(node[2][0], given)), kind
        if what == "not":
            return f"(not {self._typed(node[1], 'BOOL')})", "BOOL"
        if what == "minus":
            text, kind = self._expression(node[1])
            return f"(-{text})", kind
        return self._two(*node)

    def _two(self, sign: str, a: Node, b: Node) -> tuple[str, str]:
        left, kind = self._expression(a)
        if _is_literal(a):
            kind = self._expression(b)[1]
        right = self._typed(b, kind)
        if sign in ("AND", "OR"):
            return f"({left} {sign.lower()} {right})", "BOOL"
        if sign in ("=", "<>", "<", ">", "<=", ">="):
            return f"({left} {({'=': '==', '<>': '!='}).get(sign, sign)} {right})", "BOOL"
        if sign == "/" and kind in BITS:
            return f"whole({left}, {right})", kind
        if kind in BITS:
            return f"{kind}({left} {sign} {right})", kind
        return f"({left} {sign} {right})", kind


def _is_literal(node: Node) -> bool:
    return node[0] == "number" or (node[0] == "minus" and _is_literal(node[1]))

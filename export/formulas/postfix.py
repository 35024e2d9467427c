"""A formula as the steps that a device computes."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from sna_edge.core.beside import Step
from sna_edge.core.beside.program import need_program
from sna_edge.errors import InputError

from .expression import Expression

Steps = tuple[Step, ...]
TWO: dict[type[ast.AST], str] = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide",
    ast.Pow: "power",
}  # fmt: skip
CALLS = {"abs": "absolute", "min": "minimum", "max": "maximum"}


def steps_of(made: Expression, columns: Sequence[str], earlier: Mapping[str, Steps]) -> Steps:
    """Steps of `made`, in which ("input", i) is column i; the names of `earlier` formulas stand for
    their steps. Raises InputError for more than a device computes.

    >>> found = steps_of(Expression.amount("a / (b * 2)", ["a", "b"]), ["a", "b"], {})
    >>> [step.what for step in found]
    ['input', 'input', 'number', 'multiply', 'divide']
    """
    place = {name: i for i, name in enumerate(columns)}
    found = _steps(made.tree, made.known, place, earlier)
    try:
        need_program(found)
    except InputError as error:
        raise InputError(f"{made.text!r} is too long for a device: {error}") from None
    return found


def _steps(
    node: ast.AST, known: Mapping[str, str], place: Mapping[str, int], earlier: Mapping[str, Steps]
) -> Steps:
    def parts(*nodes: ast.AST) -> Steps:
        return sum((_steps(n, known, place, earlier) for n in nodes), ())

    if isinstance(node, ast.Name):
        name = known[node.id]
        return earlier[name] if name in earlier else (Step("input", place[name]),)
    if isinstance(node, ast.BinOp):
        return (*parts(node.left, node.right), Step(TWO[type(node.op)]))
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        return (*parts(*node.args), Step(CALLS.get(node.func.id, node.func.id)))
    if isinstance(node, ast.UnaryOp):
        inner = parts(node.operand)
        if isinstance(node.op, ast.UAdd):
            return inner
        if len(inner) == 1 and inner[0].what == "number":
            return (Step("number", number=-inner[0].number),)
        return (*inner, Step("negative"))
    assert isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
    try:
        return (Step("number", number=float(node.value)),)
    except OverflowError:
        raise InputError(f"the number {node.value} of a formula is too large") from None

"""Formulas that a user writes about inputs: costs, and the rules that settings must keep.

    'power / speed < 0.5'      '1 + 0.01 * speed'      '`hatch [mm]` * 2 >= layer'

Numbers, inputs (in backquotes where the name is no word), + - * / ** and brackets, sqrt, exp, log,
abs, min, max, comparisons and `and`. Nothing else is read, and nothing is executed.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

Floats = NDArray[np.float64]
LONGEST = 500
"""Characters of a formula."""
ARITHMETIC: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow,
    ast.USub: operator.neg, ast.UAdd: operator.pos,
}  # fmt: skip
COMPARISONS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "sqrt": (np.sqrt, 1), "exp": (np.exp, 1), "log": (np.log, 1), "abs": (np.abs, 1),
    "min": (np.minimum, 2), "max": (np.maximum, 2),
}  # fmt: skip
WITHIN = 1e-9
"""Of the larger side: a border belongs to the rule, rounding included."""


@dataclass(frozen=True, eq=False)
class Expression:
    """A checked formula: `value` of columns; `names` of the inputs that it uses.

    >>> import numpy as np
    >>> rule = Expression.rule("power / speed <= 0.5", ["power", "speed"])
    >>> rule.value({"power": np.array([1.0, 3.0]), "speed": np.array([2.0, 4.0])}).tolist()
    [True, False]
    """

    text: str
    names: tuple[str, ...]
    tree: ast.AST
    known: Mapping[str, str]
    """Word in the tree -> name of the input."""

    @classmethod
    def rule(cls, text: str, names: Sequence[str]) -> Expression:
        """A comparison of formulas of inputs `names`. Raises InputError for anything else."""
        found = cls._parsed(text, names)
        if not isinstance(found.tree, ast.Compare | ast.BoolOp):
            raise InputError(
                f"{text!r} compares nothing; write a rule such as 'power / speed <= 0.5'"
            )
        return found

    @classmethod
    def amount(cls, text: str, names: Sequence[str]) -> Expression:
        """A formula that gives a number. Raises InputError for anything else."""
        found = cls._parsed(text, names)
        if isinstance(found.tree, ast.Compare | ast.BoolOp):
            raise InputError(f"{text!r} is a comparison; write a number such as '1 + 0.01 * speed'")
        return found

    @classmethod
    def _parsed(cls, text: str, names: Sequence[str]) -> Expression:
        if len(text) > LONGEST:
            raise InputError(f"a formula has at most {LONGEST} characters; write a shorter one")
        words = {f"_input_{i}": name for i, name in enumerate(names)}
        of = {name: word for word, name in words.items()}

        def quoted(found: re.Match[str]) -> str:
            if found.group(1) not in of:
                raise _unknown(text, found.group(1), names)
            return of[found.group(1)]

        try:
            tree = ast.parse(re.sub("`([^`]*)`", quoted, text).strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InputError(
                f"{text!r} is no formula; write inputs (in backquotes where they are no words),"
                " numbers, + - * / ** and brackets"
            ) from None
        known = {**words, **{name: name for name in names}}
        used: set[str] = set()
        _check(tree, text, known, used, True)
        return cls(text, tuple(n for n in names if n in used), tree, known)

    def value(self, columns: Mapping[str, Floats]) -> NDArray[Any]:
        """[N] of columns [N] by input; a rule is False where a side is no number."""
        with np.errstate(all="ignore"):
            return np.asarray(_value(self.tree, columns, self.known))


def _unknown(text: str, name: str, names: Sequence[str]) -> InputError:
    return InputError(f"{text!r} names {name!r}, which is no input with numbers; use one of"
                      f" {', '.join(names) or 'none'}")  # fmt: skip


def _check(node: ast.AST, text: str, known: Mapping[str, str], used: set[str], truth: bool) -> None:
    """InputError for what is no formula; fills `used`. `truth`: a comparison may stand here."""
    parts: list[ast.AST] = []
    if truth and _all_hold(node):
        for compared in node.values:
            _check(compared, text, known, used, True)
        return
    if truth and isinstance(node, ast.Compare) and all(type(o) in COMPARISONS for o in node.ops):
        parts = [node.left, *node.comparators]
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        parts = [node.left, node.right]
    elif isinstance(node, ast.UnaryOp) and type(node.op) in ARITHMETIC:
        parts = [node.operand]
    elif isinstance(node, ast.Call) and _callable(node):
        parts = list(node.args)
    elif isinstance(node, ast.Name):
        if node.id not in known:
            raise _unknown(text, node.id, [n for w, n in known.items() if w.startswith("_input_")])
        used.add(known[node.id])
    elif not (isinstance(node, ast.Constant) and type(node.value) in (int, float)):
        raise InputError(
            f"{text!r} holds {ast.unparse(node)!r}, which a formula has not; write inputs, numbers,"
            f" + - * / **, brackets, {', '.join(FUNCTIONS)} and comparisons"
        )
    for part in parts:
        _check(part, text, known, used, False)


def _all_hold(node: ast.AST) -> TypeGuard[ast.BoolOp]:
    """Whether it is comparisons joined by `and`."""
    if not (isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And)):
        return False
    return all(isinstance(part, ast.Compare) for part in node.values)


def _callable(node: ast.Call) -> bool:
    if not isinstance(node.func, ast.Name) or node.keywords:
        return False
    return FUNCTIONS.get(node.func.id, (None, -1))[1] == len(node.args)


def _value(node: ast.AST, columns: Mapping[str, Floats], known: Mapping[str, str]) -> Any:
    if isinstance(node, ast.BoolOp):
        return np.logical_and.reduce([_value(part, columns, known) for part in node.values])
    if isinstance(node, ast.Compare):
        sides = [_value(part, columns, known) for part in (node.left, *node.comparators)]
        kept = [
            COMPARISONS[type(o)](*_bordered(type(o), a, b))
            for o, a, b in zip(node.ops, sides, sides[1:], strict=False)
        ]
        return np.logical_and.reduce(kept)
    if isinstance(node, ast.BinOp):
        return ARITHMETIC[type(node.op)](
            _value(node.left, columns, known), _value(node.right, columns, known)
        )
    if isinstance(node, ast.UnaryOp):
        return ARITHMETIC[type(node.op)](_value(node.operand, columns, known))
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        return FUNCTIONS[node.func.id][0](*[_value(a, columns, known) for a in node.args])
    if isinstance(node, ast.Name):
        return columns[known[node.id]]
    assert isinstance(node, ast.Constant)
    return np.float64(node.value)  # type: ignore[arg-type]


def _bordered(kind: type[ast.AST], a: Any, b: Any) -> tuple[Any, Any]:
    """The sides of a comparison; those of <= and >= meet where they differ by rounding alone."""
    if kind in (ast.LtE, ast.GtE):
        a = np.where(np.abs(a - b) <= WITHIN * np.maximum(np.abs(a), np.abs(b)), b, a)
    return a, b

"""Formulas of derived inputs: products, sums, and programs of steps in postfix order (FORMAT.md
section 16)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from .given import need_numbers, need_whole

Floats = NDArray[np.float64]
REACH = 2.0**500
MOST_STEPS, DEEPEST = 64, 8
WHOLE = 8.0
"""Whole exponents up to it are repeated multiplication."""
LOADS = ("input", "raw", "number")
TWO = ("add", "subtract", "multiply", "divide", "power", "minimum", "maximum")
ONE = ("negative", "sqrt", "exp", "log", "absolute")
OPERATIONS = (*TWO, *ONE)
"""Their places are the numbers in the file."""


@dataclass(frozen=True)
class Step:
    """One step of a program: `what` is "input" or "raw" (puts the value of that `index` on the
    stack), "number" (puts `number` there), or an operation on the last one or two values. Raises
    InputError for what a file does not hold."""

    what: str
    index: int = 0
    number: float = 0.0

    def __post_init__(self) -> None:
        if self.what not in (*LOADS, *OPERATIONS):
            raise InputError(f"a step is one of {', '.join((*LOADS, *OPERATIONS))}")
        need_whole("the index of a step", self.index)
        need_numbers("the number of a step", self.number)
        if self.index < 0 or not abs(self.number) < REACH:
            raise InputError("a step takes an index from 0 on, and a number below 2^500")


def need_program(steps: Sequence[Step]) -> None:
    """InputError for steps that give not one value, or hold more than eight at once."""
    if not 1 <= len(steps) <= MOST_STEPS:
        raise InputError(f"a program has 1 to {MOST_STEPS} steps, not {len(steps)}; shorten it")
    depth = 0
    for step in steps:
        depth += 1 if step.what in LOADS else -1 if step.what in TWO else 0
        if depth < 1:
            raise InputError(f"a step {step.what!r} finds no value to work on")
        if depth > DEEPEST:
            raise InputError(
                f"a program holds at most {DEEPEST} values at once; use fewer brackets"
            )
    if depth != 1:
        raise InputError(f"a program leaves one value, not {depth}")


def ran(steps: Sequence[Step], values: Mapping[tuple[str, int], Floats]) -> Floats:
    """The value of a program at `values` {("input" or "raw", index): [N]}, NaN where a step has no
    finite result."""
    stack: list[Any] = []
    good: Any = True
    with np.errstate(all="ignore"):
        for step in steps:
            stack.append(_stepped(step, stack, values))
            good = good & np.isfinite(stack[-1])
    return np.where(good, stack[0], np.nan)


def ran_single(steps: Sequence[Step], values: Mapping[tuple[str, int], Floats]) -> Floats:
    """`ran` with every reading and every result rounded to float32, as cores with a single FPU
    compute it."""
    stack: list[Any] = []
    good: Any = True
    single = {key: np.float32(v) for key, v in values.items()}
    with np.errstate(all="ignore"):
        for step in steps:
            stack.append(np.asarray(_stepped(step, stack, single), np.float32))
            good = good & np.isfinite(stack[-1])
    return np.where(good, stack[0], np.nan).astype(float)


def _stepped(step: Step, stack: list[Any], values: Mapping[tuple[str, int], Any]) -> Any:
    """The result of a step, whose operands it takes from the stack."""
    if step.what == "number":
        return np.float64(step.number)
    if step.what in LOADS:
        return values[step.what, step.index]
    if step.what in ONE:
        return UNARY[step.what](stack.pop())
    right = stack.pop()
    return BINARY[step.what](stack.pop(), right)


def fault(steps: Sequence[Step], values: Mapping[tuple[str, int], float]) -> str:
    """What goes wrong at one point, in words: 'division by zero'; empty where nothing does."""
    stack: list[Any] = []
    for step in steps:
        last = [float(v) for v in stack[-2:]]
        with np.errstate(all="ignore"):
            stack.append(_stepped(step, stack, values))
        if not np.isfinite(stack[-1]):
            return _said(step.what, last)
    return ""


def _said(what: str, last: list[float]) -> str:
    if what == "divide" and last[-1] == 0:
        return "division by zero"
    if what in ("log", "sqrt") and last[-1] <= 0:
        name = {"log": "logarithm", "sqrt": "square root"}[what]
        return f"the {name} of {last[-1]:g}"
    if what == "power" and last[0] == 0:
        return f"0 to the power of {last[1]:g}"
    if what == "power" and last[0] < 0 and last[1] != int(last[1]):
        return f"{last[0]:g} to the power of {last[1]:g}, which is no whole number"
    return "a number that is missing" if what in LOADS else "a number too large to hold"


def power(v: Any, exponent: Any) -> Any:
    """v^exponent: whole exponents up to 8 by multiplication (and one division), others
    exp(e ln v), 0 for v = 0 and e > 0, NaN where v is below 0."""
    v, e = np.broadcast_arrays(np.asarray(v, float), np.asarray(exponent, float))
    with np.errstate(all="ignore"):
        size = np.abs(e)
        count = np.where((size <= WHOLE) & (size == np.floor(size)), size, np.nan)
        product = np.ones(v.shape)
        for n in range(1, int(np.nanmax(count, initial=0.0)) + 1):
            product = np.where(count >= n, product * v, product)
        good = (v > 0) & np.isfinite(v)
        other = np.where(good, np.exp(e * np.log(np.where(good, v, 1.0))), np.nan)
        other = np.where((v == 0) & (e > 0), 0.0, other)
        return np.where(np.isnan(count), other, np.where(e < 0, 1.0 / product, product))


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add, "subtract": np.subtract, "multiply": np.multiply, "divide": np.divide,
    "power": power, "minimum": np.minimum, "maximum": np.maximum,
}  # fmt: skip
UNARY: dict[str, Callable[[Any], Any]] = {
    "negative": np.negative, "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "absolute": np.abs,
}  # fmt: skip
SIGNS = {"add": (" + ", 1), "subtract": (" - ", 1), "multiply": (" * ", 2), "divide": (" / ", 2)}
WORDS = {"minimum": "min", "maximum": "max", "absolute": "abs"}


def written(steps: Sequence[Step], name: Callable[[Step], str]) -> str:
    """The program as a formula: 'power / (speed * hatch)'; `name` of an input or raw reading."""
    stack: list[tuple[str, int]] = []  # text, and how tightly it holds: 1 sum .. 4 a word
    for step in steps:
        stack.append(_worded(step, stack, name))
    return stack[0][0]


def _worded(
    step: Step, stack: list[tuple[str, int]], name: Callable[[Step], str]
) -> tuple[str, int]:
    if step.what in LOADS:
        text = f"{step.number:.12g}" if step.what == "number" else name(step)
        return text, 4 if not text.startswith("-") else 1
    right, tight = stack.pop()
    if step.what == "negative":
        return f"-{right}" if tight > 2 else f"-({right})", 1
    if step.what in ONE:
        return f"{WORDS.get(step.what, step.what)}({right})", 4
    left, held = stack.pop()
    if step.what in WORDS:
        return f"{WORDS[step.what]}({left}, {right})", 4
    if step.what == "power":
        left, right = (t if h > 3 else f"({t})" for t, h in ((left, held), (right, tight)))
        return f"{left}^{right}", 3
    sign, level = SIGNS[step.what]
    left = left if held >= level else f"({left})"
    right = right if tight > level else f"({right})"
    return left + sign + right, level


def error_of(steps: Sequence[Step], values: Mapping[tuple[str, int], Floats]) -> Floats:
    """The error of the value to first order, in units of the rounding of one number, when every
    reading and every step is off by one rounding of its own size."""
    stack: list[Any] = []
    errors: list[Any] = []
    with np.errstate(all="ignore"):
        for step in steps:
            before, off = stack[-2:], errors[-2:]
            stack.append(_stepped(step, stack, values))
            del errors[len(stack) - 1 :]
            errors.append(_off(step.what, before, off, stack[-1]))
    return np.asarray(errors[0])


def _off(what: str, v: list[Any], e: list[Any], y: Any) -> Any:
    """Of one step with operands `v`, their errors `e` and result `y`."""
    own = np.abs(y)
    if what in LOADS or what in ("negative", "absolute"):
        return own if what in LOADS else e[-1]
    if what in ("add", "subtract"):
        return e[0] + e[1] + own
    if what == "multiply":
        return e[0] * np.abs(v[1]) + e[1] * np.abs(v[0]) + own
    if what == "divide":
        return e[0] / np.abs(v[1]) + e[1] * own / np.abs(v[1]) + own
    if what in ("minimum", "maximum"):
        return np.maximum(e[0], e[1])
    if what == "sqrt":
        return np.where(v[-1] > 0, e[-1] / (2 * np.where(v[-1] > 0, y, 1.0)), 0.0) + own
    if what == "exp":
        return own * (e[-1] + 1 + np.abs(v[-1]))
    if what == "log":
        return e[-1] / v[-1] + own + 1
    size = np.where(v[0] != 0, np.abs(v[0]), 1.0)
    turned = np.abs(np.log(size))
    return own * (np.abs(v[1]) * e[0] / size + turned * e[1] + 2 + np.abs(v[1]) * turned)

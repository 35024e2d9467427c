"""Reads the Structured Text that this room writes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from sna_edge.errors import InputError

TOKEN = re.compile(
    r"\s*(?:(\(\*.*?\*\))|(LINT#-?\d+)|(\d+\.\d+(?:E[+-]?\d+)?)|(\d+)|([A-Za-z_]\w*)"
    r"|(:=|<=|>=|<>|\.\.|[-+*/()\[\],;:.<>=]))",
    re.S,
)
KINDS = ("comment", "long", "real", "whole", "word", "sign")
ORDER = (("OR",), ("AND",), ("=", "<>", "<", ">", "<=", ">="), ("+", "-"), ("*", "/"))
"""Operators of two, from the loosest on."""

Node = tuple[Any, ...]
"""('number', type, value), ('name', text), ('item', name, index), ('member', name, name), ('call',
name, arguments), ('not', e), ('minus', e), (operator, a, b); statements ('set', target, e), ('if',
e, then), ('for', name, first, last, body), ('return',), ('run', name, [(input, e)])."""


@dataclass
class Variable:
    """One of a block: its part (VAR_INPUT ..), type, size (0: no array) and first values."""

    part: str
    kind: str
    size: int = 0
    start: list[Node] = field(default_factory=list)


@dataclass
class Unit:
    """A function block as it was read."""

    name: str
    variables: dict[str, Variable]
    body: list[Node]


def tokens(text: str) -> list[tuple[str, str]]:
    """(kind, text) of each, without comments. Raises InputError at what is none."""
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise InputError(f"no Structured Text that sna-edge writes: {text[at : at + 30]!r}")
        kind = KINDS[(match.lastindex or 1) - 1]
        if kind != "comment":
            found.append((kind, match[match.lastindex or 1]))
        at = match.end()
    return [*found, ("end", "")]


class Reader:
    """Recursive descent over tokens."""

    def __init__(self, text: str) -> None:
        self.tokens, self.at = tokens(text), 0

    @property
    def next(self) -> str:
        """The text of the token to come."""
        return self.tokens[self.at][1]

    def take(self, *wanted: str) -> str:
        """The next token; InputError where it is none of `wanted`."""
        text = self.next
        if wanted and text not in wanted:
            raise InputError(f"expected {' or '.join(wanted)} in place of {text!r}")
        self.at += 1
        return text

    def given(self, *wanted: str) -> bool:
        """Takes the next token where it is one of these."""
        found = self.next in wanted
        self.at += found
        return found

    def units(self) -> list[Unit]:
        """All blocks of a text."""
        found = []
        while self.tokens[self.at][0] != "end":
            self.take("FUNCTION_BLOCK")
            name, variables = self.take(), dict[str, Variable]()
            while self.next.startswith("VAR"):
                self._part(variables)
            found.append(Unit(name, variables, self.statements("END_FUNCTION_BLOCK")))
        return found

    def _part(self, variables: dict[str, Variable]) -> None:
        part = self.take("VAR", "VAR_INPUT", "VAR_OUTPUT")
        if self.given("CONSTANT"):
            part = "CONSTANT"
        while not self.given("END_VAR"):
            name = self.take()
            self.take(":")
            variables[name] = self._declared(part)
            self.take(";")

    def _declared(self, part: str) -> Variable:
        if self.given("ARRAY"):
            for sign in ("[", "0", ".."):
                self.take(sign)
            size = int(self.take()) + 1
            self.take("]")
            self.take("OF")
            found = Variable(part, self.take(), size)
        else:
            found = Variable(part, self.take())
        if self.given(":="):
            found.start = self._listed() if self.given("[") else [self.expression()]
        return found

    def _listed(self) -> list[Node]:
        items = [self.expression()]
        while self.given(","):
            items.append(self.expression())
        self.take("]")
        return items

    def statements(self, *ends: str) -> list[Node]:
        """Statements up to one of `ends`, which is taken."""
        found = []
        while not self.given(*ends):
            found.append(self._statement())
            self.take(";")
        return found

    def _statement(self) -> Node:
        if self.given("RETURN"):
            return ("return",)
        if self.given("IF"):
            asked = self.expression()
            self.take("THEN")
            return ("if", asked, self.statements("END_IF"))
        if self.given("FOR"):
            name = self.take()
            self.take(":=")
            first = self.expression()
            self.take("TO")
            last = self.expression()
            self.take("DO")
            return ("for", name, first, last, self.statements("END_FOR"))
        target = self._primary()
        if target[0] == "call":
            return ("run", target[1], target[2])
        self.take(":=")
        return ("set", target, self.expression())

    def expression(self, level: int = 0) -> Node:
        """Operators of two bind to the left."""
        if level == len(ORDER):
            return self._unary()
        found = self.expression(level + 1)
        while self.next in ORDER[level]:
            sign = self.take()
            found = (sign, found, self.expression(level + 1))
        return found

    def _unary(self) -> Node:
        if self.given("NOT"):
            return ("not", self._unary())
        if self.given("-"):
            return ("minus", self._unary())
        return self._primary()

    def _primary(self) -> Node:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "long":
            return ("number", "LINT", int(text[5:]))
        if kind == "real":
            return ("number", "REAL", text)
        if kind == "whole":
            return ("number", "DINT", int(text))
        if text == "(":
            found = self.expression()
            self.take(")")
            return found
        if kind != "word":
            raise InputError(f"no expression begins with {text!r}")
        return self._named(text)

    def _named(self, text: str) -> Node:
        if text in ("TRUE", "FALSE"):
            return ("number", "BOOL", text == "TRUE")
        if self.given("["):
            return ("item", text, self._listed()[0])
        if self.given("."):
            return ("member", text, self.take())
        if self.given("("):
            return ("call", text, self._arguments())
        return ("name", text)

    def _arguments(self) -> list[Any]:
        found: list[Any] = []
        while not self.given(")"):
            first = self.expression()
            found.append((first[1], self.expression()) if self.given(":=") else first)
            self.given(",")
        return found


def read(text: str) -> list[Unit]:
    """The blocks of a file. Raises InputError where it is not what this room writes."""
    return Reader(text).units()

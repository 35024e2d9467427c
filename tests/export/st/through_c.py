"""Structured Text as C: a way to run blocks that shares nothing with `sna_export.st`. Tokens become
tokens of C one by one; a compiler that takes no implicit conversion, with its sanitizers, does the
rest."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

TYPES = {
    "REAL": "float", "BOOL": "_Bool", "SINT": "int8_t", "INT": "int16_t", "DINT": "int32_t",
    "LINT": "int64_t",
}  # fmt: skip
KEYWORDS = {
    "IF": "if (", "THEN": ") {", "END_IF": "}", "END_FOR": "}", "TRUE": "1", "FALSE": "0",
    "RETURN": "return", "NOT": "!", "AND": "&&", "OR": "||", ":=": "=", "=": "==", "<>": "!=",
}  # fmt: skip
CALLS = {"EXP": "expf", "LN": "logf", "ABS": "fabsf", "TRUNC": "(int32_t)"}
CHECKS = ["-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Wfloat-conversion", "-Werror",
          "-Wno-parentheses", "-Wno-unused-const-variable"]  # fmt: skip
SANE = ["-fsanitize=undefined", "-fno-sanitize-recover=all", "-ffp-contract=off"]
HEAD = """#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
"""


@dataclass
class Declared:
    """A variable: its part of the block, type, and what stands between [ and ] of its values."""

    part: str
    kind: str
    size: int
    start: str


@dataclass
class Source:
    """One block: name, variables, statements."""

    name: str
    body: str
    variables: dict[str, Declared] = field(default_factory=dict)

    def of(self, part: str) -> dict[str, Declared]:
        return {n: v for n, v in self.variables.items() if v.part == part}


def sources(text: str) -> list[Source]:
    """The blocks of a file, by the words that begin and end them."""
    bare = re.sub(r"\(\*.*?\*\)", " ", text, flags=re.S)
    found = []
    for name, rest in re.findall(r"FUNCTION_BLOCK (\w+)(.*?)END_FUNCTION_BLOCK", bare, re.S):
        source = Source(name, rest.rpartition("END_VAR")[2])
        for part, lines in re.findall(r"(VAR(?:_\w+| CONSTANT)?)\n(.*?)END_VAR", rest, re.S):
            for line in filter(str.strip, lines.split(";")):
                source.variables[line.split()[0]] = declared(part, line)
        found.append(source)
    return found


def declared(part: str, line: str) -> Declared:
    kind, _, start = line.partition(":")[2].partition(":=")
    array = re.fullmatch(r"\s*ARRAY\[0\.\.(\d+)\] OF (\w+)\s*", kind)
    if array:
        return Declared(part, array[2], int(array[1]) + 1, start.strip().strip("[]"))
    return Declared(part, kind.strip(), 0, start.strip())


def translated(text: str) -> str:
    """C of all blocks: a struct and a function each."""
    blocks = sources(text)
    return HEAD + "\n".join(_block(b, {x.name: x for x in blocks}) for b in blocks)


def _block(block: Source, blocks: dict[str, Source]) -> str:
    lines = []
    for name, v in block.of("VAR CONSTANT").items():
        numbers = [literal(t) for t in v.start.replace("\n", " ").split(",")]
        assert len(numbers) == v.size, name
        kind = TYPES[v.kind]
        lines.append(f"static const {kind} {block.name}_{name}[] = {{{', '.join(numbers)}}};")
    fields = [
        f"{TYPES.get(v.kind, v.kind)} {n}{f'[{v.size}]' if v.size else ''};"
        for n, v in block.variables.items()
        if v.part != "VAR CONSTANT"
    ]
    lines.append(f"typedef struct {{ {' '.join(fields)} }} {block.name};")
    lines.append(f"void {block.name}_call({block.name} *self) {{")
    return "\n".join([*lines, _statements(block, blocks), "}"])


def literal(token: str) -> str:
    """A number in C."""
    text = token.strip().replace("LINT#", "")
    if "LINT#" in token:
        return f"INT64_C({text})"
    return f"{text}f" if "." in text else text


def _statements(block: Source, blocks: dict[str, Source]) -> str:
    lines = []
    for line in block.body.strip().splitlines():
        call = re.fullmatch(r"\s*(\w+)\((.*)\);", line)
        if call and call[1] in block.variables:
            lines += _instance(call[1], call[2], block, blocks)
            line = ""
        loop = re.fullmatch(r"\s*FOR (\w+) := (.*) TO (.*) DO(.*)", line)
        if loop:
            i, first, last = f"self->{loop[1]}", *(_tokens(t, block) for t in loop.groups()[1:3])
            lines.append(f"for ({i} = {first}; {i} <= {last}; {i}++) {{")
            line = loop[4]
        lines.append(_tokens(line, block))
    return "\n".join(lines)


def _instance(name: str, given: str, block: Source, blocks: dict[str, Source]) -> list[str]:
    """A call of another block: inputs are set first."""
    kind = block.variables[name].kind
    assert kind in blocks
    lines = []
    for one in given.split(","):
        left, _, right = one.partition(":=")
        lines.append(f"self->{name}.{left.strip()} = {_tokens(right, block)};")
    return [*lines, f"{kind}_call(&self->{name});"]


def _tokens(text: str, block: Source) -> str:
    out = []
    pattern = r"LINT#-?\d+|\d+\.\d+(?:E[-+]?\d+)?|\d+|\.?[A-Za-z_]\w*|:=|<>|<=|>=|\S"
    for token in re.findall(pattern, text):
        out.append(_token(token, block))
    return " ".join(out)


def _token(token: str, block: Source) -> str:
    if token in KEYWORDS:
        return KEYWORDS[token]
    if token[0].isdigit() or token.startswith("LINT#"):
        return literal(token)
    converted = re.fullmatch(r"[A-Z]+_TO_([A-Z]+)", token)
    if converted:
        return f"({TYPES[converted[1]]})"
    if token in block.variables:
        constant = block.variables[token].part == "VAR CONSTANT"
        return f"{block.name}_{token}" if constant else f"self->{token}"
    return CALLS.get(token, token)


def driver(block: Source) -> str:
    """A function that answers rows of inputs, or calls a block without inputs until it is done."""
    name, inputs = block.name, block.of("VAR_INPUT")
    lines = [f"static void ask_{name}(void) {{", f"static {name} b; int calls = 0;"]
    form = " ".join("%f" if v.kind == "REAL" else '%" SCNd32 "' for v in inputs.values())
    places = "".join(f", &b.{n}" for n in inputs)
    more = f'scanf("{form}"{places}) == {len(inputs)}' if inputs else "!b.done && calls < 99"
    lines.append(f"while ({more}) {{ calls++; {name}_call(&b);")
    for n, v in block.of("VAR_OUTPUT").items():
        show = f'"%.9g ", (double)b.{n}' if v.kind == "REAL" else f'"%d ", (int)b.{n}'
        lines.append(f"printf({show});")
    return "\n".join([*lines, 'printf("\\n");', "} }", ""])


class Compiled:
    """The blocks of a file as a program."""

    def __init__(self, compiler: str, text: str, folder: Path) -> None:
        self.blocks = {b.name: b for b in sources(text)}
        code, self.program = folder / "blocks.c", folder / "blocks"
        asks = "".join(f'if (!strcmp(v[1], "{n}")) ask_{n}();\n' for n in self.blocks)
        main = f"int main(int n, char **v) {{ if (n < 2) return 2;\n{asks} return 0; }}\n"
        drivers = "".join(map(driver, self.blocks.values()))
        code.write_text(f"{translated(text)}\n{drivers}{main}")
        command = [compiler, *CHECKS, *SANE, str(code), "-o", str(self.program), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:3000]

    def call(self, name: str, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Outputs by name [N] of inputs [N, D]."""
        kinds = [v.kind for v in self.blocks[name].of("VAR_INPUT").values()]
        lines = [
            " ".join(
                f"{x:.9g}" if kind == "REAL" else str(int(x))
                for x, kind in zip(row, kinds, strict=True)
            )
            for row in rows
        ]
        return self._run(name, "\n".join(lines))

    def test(self, name: str) -> dict[str, int]:
        """Outputs of a test block after its last call."""
        return {n: int(v[-1]) for n, v in self._run(name, "").items()}

    def _run(self, name: str, given: str) -> dict[str, np.ndarray]:
        command = [str(self.program), name]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:2000]
        table = np.array([line.split() for line in done.stdout.splitlines()], dtype=float)
        return dict(zip(self.blocks[name].of("VAR_OUTPUT"), table.T, strict=True))

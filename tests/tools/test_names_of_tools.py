"""Tools are scripts that import each other by name; a name that has gone shows when one is run, a
day later. And one that imports from the tests must find the package before tests/sna_edge."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = sorted((ROOT / "tools").rglob("*.py"))


def defined(tree: ast.Module) -> set[str]:
    """Names that a module has: what it binds anywhere outside of functions."""
    names: set[str] = set()
    for node in tree.body:
        for part in ast.walk(node) if not isinstance(node, ast.FunctionDef) else [node]:
            if isinstance(part, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                names.add(part.name)
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names.add(part.id)
            elif isinstance(part, ast.alias):
                names.add((part.asname or part.name).split(".")[0])
    return names


def missing(tool: Path) -> Iterator[str]:
    """What a tool asks of a script beside it, and is not there."""
    for node in ast.walk(ast.parse(tool.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            beside = tool.parent / f"{node.module}.py"
            if beside.is_file():
                has = defined(ast.parse(beside.read_text(encoding="utf-8")))
                yield from (f"{beside.name}: {a.name}" for a in node.names if a.name not in has)


@pytest.mark.parametrize("tool", TOOLS, ids=[str(t.relative_to(ROOT / "tools")) for t in TOOLS])
def test_a_tool_finds_what_it_imports(tool: Path) -> None:
    assert not list(missing(tool))
    text = tool.read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("sys.path") and 'ROOT / "tests")' in line and "sna_edge" in text:
            assert "str(ROOT)," in line, f"{line}: sna_edge would be the folder of its tests"

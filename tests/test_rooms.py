"""The order of the house: no import circles, small rooms and files, tests beside their rooms."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {"sna_edge": "sna_edge", "export": "sna_export"}
MOST_LINES, MOST_FILES = 400, 13
"""Lines of a file; sources of a folder beside its `__init__.py`."""
MOST_STATEMENTS, MOST_POSITIONAL = 50, 9
"""Lines of a function behind its signature and docstring; arguments by position."""
LISTS = {"sna_edge/cli/words"}
"""Folders of any size: each file is one entry of a list."""
LONG = {
    "export/lpbf/melting_pool.py melting",
    "firmware_bindings/sna_edge_native/inverse.py _declare",
    "tests/sna_edge/artifact/bad_files.py axes_and_spans",
    "tests/sna_edge/artifact/bad_files.py groups_and_tables",
    "tests/sna_edge/artifact/bad_files.py header_and_sections",
    "tests/sna_edge/artifact/bad_files.py outputs_and_golden",
    "tests/sna_edge/format_page/example.py companions",
    "tests/sna_edge/format_page/rules/beside.py bad_calibration",
    "tests/sna_edge/format_page/rules/beside.py bad_readings",
    "tools/pages/gallery.py entries",
}
"""Functions of any length: one entry of a list after another, or one equation as it is written."""
CALLS_OF_C = {"descend", "__init__"}
"""Functions of `sna_edge_native` with the arguments that C has."""
SHIPPED = {"firmware_bindings/sna.c"}
"""Files of any length: what users copy into their firmware is one file by design."""


def tracked(*patterns: str) -> list[str]:
    """Files of the repository, or all that lie there where it is no checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("no git checkout")
    return [f for f in listed.stdout.split() if (ROOT / f).is_file()]


def sources() -> Iterator[tuple[str, str]]:
    """(module name, path) of both packages."""
    for folder, package in PACKAGES.items():
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = [package, *path.relative_to(ROOT / folder).with_suffix("").parts]
            yield ".".join(p for p in parts if p != "__init__"), str(path.relative_to(ROOT))


@cache
def arrows() -> dict[str, set[str]]:
    """module -> modules it imports: at the top, inside functions, or for the type checker."""
    modules = dict(sources())
    return {name: set(imported(name, path, modules)) - {name} for name, path in modules.items()}


def imported(name: str, path: str, modules: dict[str, str]) -> Iterator[str]:
    package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in modules)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(parts if node.level else []), *filter(None, [node.module])])
            for a in node.names:
                deep = f"{base}.{a.name}"
                yield from [m for m in (deep if deep in modules else base,) if m in modules]


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of modules that reach each other (transitive closure by depth-first search)."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(graph[start])
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += graph[module]
        return seen

    reached = {m: reach(m) for m in graph}
    groups = {frozenset(n for n in reached[m] if m in reached[n]) for m in graph if m in reached[m]}
    return sorted(sorted(g) for g in groups)


def test_circles_are_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert circles(graph) == [["b", "c"]]


def test_no_circle_of_imports() -> None:
    assert circles(arrows()) == []


def test_no_long_file() -> None:
    files = tracked("*.py", "*.c", "*.h", "*.hpp", "*.cpp")
    lines = {f: len((ROOT / f).read_text(encoding="utf-8").splitlines()) for f in files}
    assert {f: n for f, n in lines.items() if n > MOST_LINES and f not in SHIPPED} == {}


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """(file, function) of all Python."""
    for path in tracked("*.py"):
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def statements(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines behind signature and docstring."""
    body = function.body[ast.get_docstring(function) is not None :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_statements_are_counted_behind_the_docstring() -> None:
    text = 'def f(\n    a,\n):\n    """One.\n\n    More."""\n    b = a\n\n    return b\n'
    (function,) = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef) and statements(function) == 3


def test_no_long_function() -> None:
    """About ten lines are usual; what is past fifty is a list."""
    long = {f"{path} {f.name}" for path, f in functions() if statements(f) > MOST_STATEMENTS}
    assert long - LONG == set(), "name its steps, or keep what it holds as data"
    assert LONG - long == set(), "these are short now; take them out of LONG"


def test_no_long_list_of_positions() -> None:
    """Who reads f(a, b, 0, c, d, e, g, 1, h) counts on fingers: a record, or names."""
    found = {
        f"{path} {f.name}": len({a.arg for a in f.args.posonlyargs + f.args.args} - {"self", "cls"})
        for path, f in functions()
        if not (path.startswith("firmware_bindings/") and f.name in CALLS_OF_C)
    }
    assert {name: n for name, n in found.items() if n > MOST_POSITIONAL} == {}


def test_no_crowded_folder() -> None:
    count: dict[str, int] = {}
    for path in (*(p for _, p in sources()), *tracked("firmware_bindings/*.[ch]")):
        folder, _, file = path.rpartition("/")
        count[folder] = count.get(folder, 0) + (file != "__init__.py")
    assert {f: n for f, n in count.items() if n > MOST_FILES and f not in LISTS} == {}


def test_tests_stand_where_their_rooms_are() -> None:
    """tests/sna_edge/core tests sna_edge/core; a folder of tests without a room is lost, but for
    those of a page and of kept files."""
    beside = {"tests", "tests/browser", "tests/docs", "tests/examples", "tests/tools"}
    page = "tests/sna_edge/format_page"
    beside |= {page, f"{page}/rules", "tests/sna_edge/kept"}
    folders = {f.rpartition("/")[0] for f in tracked("tests/*.py")}
    lost = {f for f in folders - beside if not (ROOT / f.removeprefix("tests/")).is_dir()}
    assert lost == set()


def test_every_room_has_tests() -> None:
    """Each folder of sources has a folder of tests, or its parent's tests speak of its modules."""
    rooms = {path.rpartition("/")[0] for _, path in sources()}
    texts = {f: (ROOT / f).read_text(encoding="utf-8") for f in tracked("tests/*.py")}
    untested = []
    for room in sorted(rooms):
        package = room.replace("/", ".").replace("export", "sna_export", 1)
        here = any(f.startswith(f"tests/{room}/") for f in texts)
        if not here and not any(package in text for text in texts.values()):
            untested.append(room)
    assert untested == []


def written_from_outside(tree: ast.AST) -> Iterator[int]:
    """Lines that assign a private field of something that is not self or cls, or use __dict__."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            stored = isinstance(node.ctx, ast.Store | ast.Del) and owner not in {"self", "cls"}
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            if (private and stored) or (node.attr == "__dict__" and owner != "self"):
                yield node.lineno


def test_private_fields_are_written_by_their_owner() -> None:
    found = []
    for _, path in sources():
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        found += [f"{path}:{line}" for line in written_from_outside(tree)]
    assert found == []

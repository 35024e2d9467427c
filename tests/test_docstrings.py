"""Every public name says what it means; those that users call most show an example that runs."""

from __future__ import annotations

import ast
import doctest
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

NAMED_BY_OTHERS = {"visit_", "forward"}
"""Beginnings of method names whose meaning is that of the library which calls them."""

OPTIONAL = {"torch": "torch", "onnx": "onnx", "tflite": "ai_edge_litert"}
"""Extra -> package that the examples of its modules need."""

EXAMPLES = {
    "sna_edge": [
        "CP",
        "Interval",
        "Levels",
        "LogNormal",
        "Model",
        "Normal",
        "Output",
        "TT",
        "Uniform",
        "from_bytes",
        "level_axis",
        "load",
        "spline_axis",
        "Model.at",
        "Model.derivative",
        "Model.evaluate",
        "Model.gradient",
        "Model.integrate",
        "Model.mean",
        "Model.save",
        "Model.sobol",
        "Model.value",
        "Model.variance",
    ],
    "sna_edge.basis": ["bspline", "lagrange", "uniform_breaks"],
    "sna_edge.inverse": [
        "Knob",
        "advise",
        "argmax",
        "argmin",
        "estimate",
        "interval_set",
        "invert_batch",
        "level_set",
        "posterior",
        "roots",
    ],
    "sna_edge.quality": ["Line", "read_limits"],
    "sna_edge.table": ["open_table"],
    "sna_export.fit": ["fit", "fit_arrays"],
    "sna_export.quantize": ["quantize"],
    "sna_export.compress": ["compress"],
    "sna_export.certify": ["certify"],
    "sna_export.solve": ["Problem", "parameter", "solve", "space", "time"],
    "sna_export.firmware": ["export_c"],
    "sna_export.adopt": ["from_chaos", "from_products", "from_tensor_spline"],
}
"""The names that users call most, by the path they import them from."""


def public(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """(dotted name, node) of all definitions without an underscore, outside functions."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node, f"{node.name}.")


def silent(path: Path) -> list[str]:
    """Public names of a file without a docstring."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [] if ast.get_docstring(tree) else ["the module"]
    for name, node in public(tree):
        last = name.rpartition(".")[2]
        if not ast.get_docstring(node) and not last.startswith(tuple(NAMED_BY_OTHERS)):  # type: ignore[arg-type]
            found.append(name)
    return found


def test_every_public_name_has_a_docstring() -> None:
    paths = [p for folder in ("sna_edge", "export") for p in sorted((ROOT / folder).rglob("*.py"))]
    missing = {str(p.relative_to(ROOT)): names for p in paths if (names := silent(p))}
    assert missing == {}, f"{sum(map(len, missing.values()))} names say nothing of themselves"


@pytest.mark.parametrize("module, name", [(m, n) for m, names in EXAMPLES.items() for n in names])
def test_names_that_users_call_show_an_example(module: str, name: str) -> None:
    """Every such name has an example of which at least a line is run."""
    here = importlib.import_module(module)
    thing = here
    for part in name.split("."):
        thing = getattr(thing, part)
    finder = doctest.DocTestFinder(recurse=False)
    tests = [t for t in finder.find(thing, name, globs={}) if t.examples]
    assert tests, f"{module}.{name} shows no example"
    shown = [e for t in tests for e in t.examples if doctest.SKIP not in e.options]
    assert shown, f"no line of the example of {module}.{name} is run"


def examples() -> list[str]:
    """Modules with an example in a docstring."""
    found = []
    for folder, package in (("sna_edge", "sna_edge"), ("export", "sna_export")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if ">>> " in path.read_text(encoding="utf-8"):
                parts = [package, *path.relative_to(ROOT / folder).with_suffix("").parts]
                found.append(".".join(p for p in parts if p != "__init__"))
    return found


@pytest.mark.parametrize("module", examples())
def test_examples_give_what_they_show(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for extra, package in OPTIONAL.items():
        if extra in module:
            reason = f"{package} is not installed: pip install 'sna-edge[{extra}]'"
            pytest.importorskip(package, reason=reason)
    monkeypatch.chdir(tmp_path)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in doctest.DocTestFinder().find(importlib.import_module(module)):
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)

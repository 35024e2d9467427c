"""Run the notebooks of examples/notebooks, cell by cell, and write them with what they show.

python tools/pages/notebooks.py [NAME ..]

A notebook is a percent script that jupytext opens as well; beside it stands NAME.ipynb with its
outputs. No Jupyter is needed: cells run in this process.
"""

from __future__ import annotations

import ast
import base64
import json
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import gettempdir
from typing import Any

ROOM = Path(__file__).resolve().parents[2] / "examples" / "notebooks"
NAMES = ("table_to_device", "inverse_design", "physics")
PLACES = re.compile(rf"{re.escape(gettempdir())}/tmp\w+/")
"""Temporary folders in what a cell prints, which differ from run to run."""


@dataclass
class Cell:
    """Its kind, code or markdown, its text, and what it showed (nbformat 4)."""

    kind: str
    text: str
    outputs: list[dict[str, Any]] = field(default_factory=list)


def cells(script: str) -> list[Cell]:
    """The cells of a percent script; comment marks of markdown are taken off."""
    found = []
    for head, body in re.findall(r"(?ms)^# %%([^\n]*)\n(.*?)(?=^# %%|\Z)", script):
        text = body.strip("\n")
        if "[markdown]" in head:
            text = re.sub(r"(?m)^# ?", "", text)
        found.append(Cell("markdown" if "[markdown]" in head else "code", text))
    return found


def run(path: Path, values: Mapping[str, object] | None = None) -> list[Cell]:
    """The cells of the script at `path` with their outputs; `values` replace what the script gives
    to names in capitals (ROWS = 300)."""
    script = path.read_text(encoding="utf-8")
    for name, value in (values or {}).items():
        script, count = re.subn(rf"(?m)^{name} = .*$", f"{name} = {value!r}", script)
        assert count == 1, f"{path} gives no value to {name}"
    names: dict[str, Any] = {"__name__": "__main__"}
    sys.path.insert(0, str(path.parent))
    try:
        found = cells(script)
        for cell in found:
            if cell.kind == "code":
                cell.outputs = _outputs(cell.text, names, path)
        return found
    finally:
        sys.path.remove(str(path.parent))


def _outputs(code: str, names: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """What the cell prints, and its last value."""
    tree = ast.parse(code, str(path))
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, beside, value = StringIO(), StringIO(), None
    try:
        with redirect_stdout(printed), redirect_stderr(beside):
            exec(compile(tree, str(path), "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), str(path), "eval"), names)
    except Exception as error:
        raise RuntimeError(f"{path}:\n{code}\n{beside.getvalue()}{error}") from error
    found: list[dict[str, Any]] = []
    if printed.getvalue():
        text = PLACES.sub("", printed.getvalue())
        found.append({"output_type": "stream", "name": "stdout", "text": text})
    if value is not None:
        found.append(_shown(value))
    return found


def _shown(value: Any) -> dict[str, Any]:
    """A value in the richest forms that it has."""
    data: dict[str, str] = {"text/plain": repr(value)}
    if hasattr(value, "_repr_png_"):
        data["image/png"] = base64.b64encode(value._repr_png_()).decode("ascii")
        data["text/plain"] = f"<{type(value).__name__}>"
    elif hasattr(value, "_repr_html_"):
        data["text/html"] = value._repr_html_()
    return {"output_type": "execute_result", "data": data, "metadata": {}}


def notebook(found: Sequence[Cell]) -> dict[str, Any]:
    """The notebook, nbformat 4.5, as JSON types."""
    return {
        "cells": [_written(i, cell) for i, cell in enumerate(found)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _written(i: int, cell: Cell) -> dict[str, Any]:
    base = {"cell_type": cell.kind, "id": f"cell-{i}", "metadata": {}, "source": cell.text}
    if cell.kind == "markdown":
        return base
    outputs = [
        {**o, "execution_count": i} if o["output_type"] == "execute_result" else o
        for o in cell.outputs
    ]
    return {**base, "execution_count": i, "outputs": outputs}


def main() -> None:
    for name in sys.argv[1:] or NAMES:
        found = notebook(run(ROOM / f"{name}.py"))
        path = ROOM / f"{name}.ipynb"
        path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"written: {path.relative_to(ROOM.parents[1])}")


if __name__ == "__main__":
    main()

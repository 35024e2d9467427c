"""The notebooks run, in a short form, and stand executed beside their scripts; the gallery is made
by its script."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("pandas")

SHORT: dict[str, dict[str, object]] = {
    "table_to_device": {"ROWS": 120},
    "inverse_design": {"ROWS": 120},
    "physics": {},
}


@pytest.fixture
def pages(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root / "tools" / "pages"))


def kept(root: Path, name: str) -> dict[str, Any]:
    path = root / "examples" / "notebooks" / f"{name}.ipynb"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", SHORT)
def test_notebooks_run_and_show_what_the_kept_ones_show(
    name: str, root: Path, pages: None, request: pytest.FixtureRequest
) -> None:
    import notebooks

    if name == "table_to_device":  # its C is compiled and run
        request.getfixturevalue("compiler")

    found = notebooks.run(root / "examples" / "notebooks" / f"{name}.py", SHORT[name])
    for cell, old in zip(found, kept(root, name)["cells"], strict=True):
        kinds = [o["output_type"] + "".join(sorted(o.get("data", ""))) for o in cell.outputs]
        assert kinds == [
            o["output_type"] + "".join(sorted(o.get("data", ""))) for o in old.get("outputs", [])
        ]


@pytest.mark.parametrize("name", SHORT)
def test_kept_notebooks_are_of_their_scripts(name: str, root: Path, pages: None) -> None:
    import notebooks

    script = (root / "examples" / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
    cells = kept(root, name)["cells"]
    assert [(c["cell_type"], c["source"]) for c in cells] == [
        (c.kind, c.text) for c in notebooks.cells(script)
    ]
    assert sum("image/png" in o.get("data", {}) for c in cells for o in c.get("outputs", [])) >= 3
    assert "Traceback" not in json.dumps(cells)


@pytest.mark.parametrize("name", SHORT)
def test_jupytext_reads_the_same_cells(name: str, root: Path, pages: None) -> None:
    jupytext = pytest.importorskip("jupytext")
    import notebooks

    script = (root / "examples" / "notebooks" / f"{name}.py").read_text(encoding="utf-8")
    read = jupytext.reads(script, fmt="py:percent").cells
    assert [(c.cell_type, c.source) for c in read] == [
        (c.kind, c.text) for c in notebooks.cells(script)
    ]


def test_notebooks_name_no_folder_of_the_machine_that_ran_them(root: Path) -> None:
    for path in (root / "examples" / "notebooks").glob("*.ipynb"):
        assert "/tmp" not in path.read_text(encoding="utf-8"), path.name


def words(svg: str) -> list[str]:
    """What a picture says, without numbers, which differ from machine to machine."""
    said = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return sorted({re.sub(r"[-\u2212+\d.,e]+", "#", text) for text in said})


def test_the_gallery_is_what_its_script_makes(root: Path, pages: None, tmp_path: Path) -> None:
    import gallery

    page, *pictures = gallery.write(tmp_path)
    docs = root / "docs"
    assert page.read_text(encoding="utf-8") == (docs / "gallery.md").read_text(encoding="utf-8")
    assert {p.name for p in pictures} == {p.name for p in (docs / "pictures").glob("*.svg")}
    for path in pictures:
        old = (docs / "pictures" / path.name).read_text(encoding="utf-8")
        assert words(path.read_text(encoding="utf-8")) == words(old), path.name
        assert len(old) < 200_000

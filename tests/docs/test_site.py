"""The site has every page and every public name; where mkdocs is installed it builds without a
warning and asks the web for nothing."""

from __future__ import annotations

import importlib
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def site(root: Path) -> dict[str, Any]:
    return runpy.run_path(str(root / "tools" / "pages" / "site.py"))


def test_every_page_is_in_the_navigation(root: Path, site: dict[str, Any]) -> None:
    text = (root / "mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r"([\w./-]+\.md)$", text[text.index("\nnav:") :], re.M)
    wanted = [str(p) for p in site["pages"]()]
    wanted += [f"reference/{module}.md" for module in site["REFERENCE"]]
    assert sorted(listed) == sorted(wanted)


def test_the_reference_names_what_can_be_imported(site: dict[str, Any]) -> None:
    absent = {}
    for module in site["REFERENCE"]:
        names = site["public"](module)
        assert names
        if "torch" in module:
            continue
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("sna_"):
                raise
            absent[module] = error.name
        else:
            assert not [name for name in names if not hasattr(found, name)]
    if absent:
        pytest.skip(f"not installed, and its module not looked at: {absent}")


@pytest.mark.slow
def test_it_builds_without_a_warning_and_without_the_web(root: Path) -> None:
    pytest.importorskip("mkdocstrings", reason="no mkdocs here: make site installs it")
    words = [sys.executable, str(root / "tools" / "pages" / "site.py")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    asked = re.compile(r"<(?:script|link|img|iframe)\s[^>]*(?:src|href)=[\"']?(?:https?:)?//")
    pages = list((root / "build" / "site").rglob("*.html"))
    assert len(pages) > 30
    assert not [str(p) for p in pages if asked.search(p.read_text(encoding="utf-8"))]

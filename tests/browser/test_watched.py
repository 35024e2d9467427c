"""The watch itself: it sees what it must refuse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'none'">
</head><body><main><h1>A page</h1>{body}</main></body></html>"""


def written(folder: Path, body: str, policy: bool = True) -> Path:
    page = folder / "page.html"
    text = PAGE.format(body=body)
    page.write_text(text if policy else text.replace("Content-Security-Policy", "x-none"))
    return page


def test_a_quiet_page_is_quiet(visit: Callable[..., Any], tmp_path: Path) -> None:
    seen = visit(written(tmp_path, "<p>nothing</p>"), size="phone")
    assert seen.page.evaluate("innerWidth") == 390
    assert seen.serious() == []
    assert seen.shot("watch itself").stat().st_size > 1000


def test_foreign_requests_are_seen(visit: Callable[..., Any], tmp_path: Path) -> None:
    seen = visit(written(tmp_path, '<img alt="x" src="http://elsewhere.test/x.png">', policy=False))
    while not seen.console:  # the refusal is told after the page
        seen.page.wait_for_timeout(10)
    assert seen.foreign == ["http://elsewhere.test/x.png"]
    assert len(seen.console) == 1
    seen.foreign.clear()
    seen.console.clear()


def test_errors_of_the_console_are_seen(visit: Callable[..., Any], tmp_path: Path) -> None:
    seen = visit(written(tmp_path, "<script>null.x</script>", policy=False))
    assert len(seen.console) == 1 and "uncaught" in seen.console[0]
    seen.console.clear()


def test_a_broken_policy_is_seen(visit: Callable[..., Any], tmp_path: Path) -> None:
    seen = visit(written(tmp_path, '<p style="color: red">x</p>'))
    assert len(seen.console) == 1 and "Content Security Policy" in seen.console[0]
    seen.console.clear()


def test_what_cannot_be_read_is_seen(visit: Callable[..., Any], tmp_path: Path) -> None:
    seen = visit(written(tmp_path, '<input type="text">'))
    assert any(found.startswith("label") for found in seen.serious())


def test_a_folder_is_served(visit: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("export const a = 7;")
    script = '<script type="module">import { a } from "./a.js"; document.title = a;</script>'
    written(tmp_path, script, policy=False)
    seen = visit(tmp_path, at="page.html")
    assert seen.until("document.title === '7'")

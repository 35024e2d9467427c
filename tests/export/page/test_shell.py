"""The page as one file."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from sna_export.page import shell
from sna_export.page.command import lead
from sna_export.page.content import about

from ...model_kinds import KINDS


def page() -> str:
    model = KINDS["mixed axes"]()
    content = about(model, "m")
    return shell.render("m </title><script>", lead(model), content, model.to_bytes(), "<p>r</p>")


def inner(text: str, tag: str) -> str:
    """What stands in the first element with this opening tag."""
    found = re.search(rf"<{tag}>(.*?)</", text, re.DOTALL)
    assert found
    return found[1]


def test_the_policy_allows_this_script_and_this_style_alone() -> None:
    text = page()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy and policy[1].startswith("default-src 'none';")
    code = zlib.decompress(b64decode(inner(text, 'script id="code" type="[^"]*"')), -15)
    for part in (inner(text, "script"), inner(text, "style"), code.decode()):
        digest = b64encode(sha256(part.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy[1]
    assert policy[1].count("sha256-") == 3
    assert "unsafe-inline" not in policy[1] and "http" not in policy[1].replace("https", "")
    assert not re.search(r"<[a-z][^>]* (style|on\w+)=", text.split("<script")[0])


def test_what_a_page_carries_is_whole() -> None:
    model = KINDS["mixed axes"]()
    text = page()
    block = re.search(r'id="model"[^>]*>([^<]*)<', text)
    assert block
    assert zlib.decompress(b64decode(block[1]), -15) == model.to_bytes()
    assert text == page()  # the same bytes each time
    assert "<title>m &lt;/title&gt;&lt;script&gt;</title>" in text
    assert '<div id="report"><p>r</p></div>' in text


def test_two_modules_may_not_share_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "start.js").write_text("import { a } from './b.js';\nfunction a() {}\n")
    (tmp_path / "b.js").write_text("export function a() {}\n")
    monkeypatch.setattr(shell, "CLIENT", tmp_path)
    shell.script.cache_clear()
    try:
        with pytest.raises(ValueError, match="both define a; rename"):
            shell.script()
    finally:
        shell.script.cache_clear()


def test_modules_export_what_others_import() -> None:
    for path in shell.CLIENT.rglob("*.js"):
        for names, of in re.findall(
            r"^import \{([^}]*)\} from '(\.[^']+)'", path.read_text(), re.M
        ):
            text = shell._place(path, of).read_text(encoding="utf-8")
            given = set(
                re.findall(r"^export (?:async )?(?:function|const|class) (\w+)", text, re.M)
            )
            assert {n.strip() for n in names.split(",")} <= given, f"{path.name} of {of}"


def test_modules_are_joined_without_remarks() -> None:
    code = shell.script()
    assert not re.search(r"^(import|export (async )?function|export const)", code, re.MULTILINE)
    assert not re.search(r"^\s*//(?! SPDX)", code, re.MULTILINE)
    assert "function profiler(app, root)" in code

"""Every link in every page of the repository leads somewhere: files exist, headings too. No
network: addresses on the web are not asked."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2\s*$", re.S | re.M)
CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.S)
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$", re.M)
HTML = re.compile(r"<(?:a|img)\s[^>]*(?:href|src)=\"([^\"]+)\"")
HEADING = re.compile(r"^#{1,6} +(.*?)(?: +#+)? *$", re.M)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:", re.I)


def pages(root: Path) -> list[Path]:
    """Pages that belong to the repository, those that are new included."""
    words = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run([*words, "*.md"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout: which pages belong to it is not known")
    return [root / name for name in done.stdout.splitlines() if (root / name).is_file()]


def links(text: str) -> Iterator[str]:
    """Targets of the links and pictures of a page, without those in code."""
    prose = CODE.sub("``", FENCE.sub("", text))
    for pattern in (LINK, REFERENCE, HTML):
        yield from pattern.findall(prose)


def anchors(text: str) -> set[str]:
    """What may follow a # in a link to this page: headings as hosts of repositories spell them."""
    prose, seen, found = FENCE.sub("", text), Counter[str](), set(ANCHOR.findall(text))
    for heading in HEADING.findall(prose):
        words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def broken(page: Path, root: Path) -> list[str]:
    """Links of a page that lead nowhere."""
    wrong = []
    for link in links(page.read_text(encoding="utf-8")):
        if ELSEWHERE.match(link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = (page.parent / name).resolve() if name else page
        readme = target / "README.md" if target.is_dir() else target
        if name.startswith("/") or not target.exists() or not target.is_relative_to(root):
            wrong.append(link)
        elif anchor and (
            readme.suffix != ".md" or anchor not in anchors(readme.read_text(encoding="utf-8"))
        ):
            wrong.append(f"{link} (no such heading)")
    return wrong


def test_every_link_leads_somewhere(root: Path) -> None:
    found = pages(root)
    assert len(found) > 15
    wrong = {str(p.relative_to(root)): w for p in found if (w := broken(p, root.resolve()))}
    assert not wrong


def test_broken_links_are_seen(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# One `two`: three\n## Same\n## Same\n")
    page = tmp_path / "a.md"
    page.write_text(
        "[w](b.md#one-two-three) [x](b.md#same-1) [y](b.md#same-2) [z](c.md) `[c](d.md)`\n"
        "```\n[f](e.md)\n```\n[n](https://example.org/x) ![p [q]](p.png) [up](../nowhere)\n"
    )
    assert broken(page, tmp_path.resolve()) == [
        "b.md#same-2 (no such heading)",
        "c.md",
        "p.png",
        "../nowhere",
    ]

"""Docstrings as markdown: examples become fenced blocks, signs that markdown would read stay.
mkdocs.yml names `Plain` as an extension of the reader of docstrings.

Docstrings are written to be read in the source: plain text with `code`, indented blocks and
examples that start with >>>.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

FLAG = re.compile(r"\s*# doctest: .*$", re.M)
SIGNS = re.compile(r"(`[^`]*`)|([\[\]<])|((?<!^)\*(?!\*))")


def markdown(text: str) -> str:
    """A docstring, its lines without the common indentation, as markdown."""
    lines, fenced = list[str](), False
    for line in text.splitlines():
        if fenced and not line.strip():
            lines.append("```")
            fenced = False
        elif not fenced and line.startswith(">>> "):
            lines += ["", "```pycon"]
            fenced = True
        code = fenced or line.startswith("    ")
        lines.append(FLAG.sub("", line) if code else SIGNS.sub(_escaped, line))
    return "\n".join([*lines, "```"] if fenced else lines)


def _escaped(match: re.Match[str]) -> str:
    code, bracket, star = match.groups()
    return str(code or f"\\{bracket or star}")


class Plain(griffe.Extension):
    """Rewrites every docstring before it is shown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called once for every object in a package."""
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Called for the package itself."""
        self.on_object(obj=pkg)

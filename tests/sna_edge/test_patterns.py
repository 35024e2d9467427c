"""No pattern that reads foreign text takes a time that grows with the square of its length."""

from __future__ import annotations

import re
import time
from importlib import import_module
from pkgutil import walk_packages

import pytest

import sna_edge

LENGTH = 60_000
PARTS = [
    "9",
    "9.",
    "1 ",
    "1,",
    ".9",
    "e9",
    " ",
    "\t",
    "a",
    "[",
    "[a",
    "(",
    ".",
    "=",
    "'",
    "-",
    "1e",
]
ENDS = ["x", "!", "\u00e4", "]", "9", "", " x", "\n!"]


def patterns() -> dict[str, re.Pattern[str]]:
    found: dict[str, re.Pattern[str]] = {}
    for module in walk_packages(sna_edge.__path__, "sna_edge."):
        if "backends" in module.name or module.name.endswith("__main__"):
            continue
        for value in vars(import_module(module.name)).values():
            for one in value.values() if isinstance(value, dict) else [value]:
                one = getattr(one, "__self__", one)
                if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
                    found[one.pattern] = one
    return found


@pytest.mark.parametrize("pattern", patterns().values(), ids=lambda p: p.pattern[:40])
def test_it_is_quick_on_long_text(pattern: re.Pattern[str]) -> None:
    ways = (
        [pattern.search] if pattern.pattern.startswith("^") else [pattern.fullmatch, pattern.match]
    )
    for part in PARTS:
        for end in ENDS:
            text = part * (LENGTH // len(part)) + end
            begin = time.process_time()
            for way in ways:
                way(text)
            assert time.process_time() - begin < 0.5, (part, end)

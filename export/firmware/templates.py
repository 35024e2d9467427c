"""Texts of generated files as they stand in templates/: C, Makefile, CMake and Kconfig with @name@
where a word is filled in."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).with_name("templates")
WORD = re.compile(r"@(\w+)@")


def filled(template: str, **words: object) -> str:
    """The text of templates/<template>.in with every @name@ replaced by its word.

    Words are not searched for names. Raises KeyError where a word is missing.
    """
    text = (FOLDER / f"{template}.in").read_text(encoding="utf-8")
    return WORD.sub(lambda found: str(words[found[1]]), text)

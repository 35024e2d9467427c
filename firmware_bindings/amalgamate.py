"""Makes the shipped sna.c of the parts in src/: one file to copy into a project, as SQLite and
littlefs have it.

    python firmware_bindings/amalgamate.py [--check]

src/sna.c includes the parts in the order in which they build on one another; every `#include` of a
part is replaced by its text, also within a part. Nothing else is changed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PARTS, SHIPPED = FOLDER / "src", FOLDER / "sna.c"
INCLUDE = re.compile(r'^#include "([\w/]+\.c)"\n', re.M)
REMARK = " * Made by amalgamate.py of the parts in firmware_bindings/src: change those.\n"


def amalgamated(parts: Path = PARTS) -> str:
    """Text of the shipped file. Raises FileNotFoundError where a part is missing."""
    head, rest = (parts / "sna.c").read_text(encoding="utf-8").split(" *\n", 1)
    return f"{head} *\n{REMARK}" + _with_parts(rest, parts)


def _with_parts(text: str, parts: Path) -> str:
    def part(found: re.Match[str]) -> str:
        return _with_parts((parts / found[1]).read_text(encoding="utf-8"), parts)

    return INCLUDE.sub(part, text)


def main() -> int:
    """Writes sna.c; with --check returns 1 where it is not what the parts make."""
    text = amalgamated()
    if "--check" not in sys.argv[1:]:
        SHIPPED.write_text(text, encoding="utf-8")
        return 0
    if SHIPPED.read_text(encoding="utf-8") == text:
        return 0
    print(f"{SHIPPED.name} is not what src/ makes; run python {Path(__file__).name}")
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""Code, RAM and instructions on emulated cores, compared with those of the last release.

python tools/release/firmware_sizes.py [--allow 2]

The last release is the newest tag before this commit; its table docs/tables/firmware.md is read
from git. Without a tag the table of this checkout is compared with. Status 1 where a number has
grown by more than so many percent. Needs sna-edge[firmware].
"""

from __future__ import annotations

import argparse
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = "docs/tables/firmware.md"
HEADING = re.compile(r"^Tables in (\w+):$")

Sizes = dict[tuple[str, str, str], int]
"""(type of the tables, core, what) -> number."""


def sizes(page: str) -> Sizes:
    """The numbers of a page of tables, one after a heading each."""
    return dict(_cells(page))


def _cells(page: str) -> Iterator[tuple[tuple[str, str, str], int]]:
    dtype, names = "", list[str]()
    for line in page.splitlines():
        heading = HEADING.match(line)
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if heading:
            dtype, names = heading[1], []
        elif not line.startswith("|"):
            continue
        elif not names:
            names = cells
        else:
            for name, cell in zip(names, cells, strict=True):
                if re.fullmatch(r"[\d,]+", cell):
                    yield (dtype, cells[0], name), int(cell.replace(",", ""))


def last_release() -> tuple[str, str]:
    """The name of the last tag and its table; without one, those of this checkout."""
    tag = _git("describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^")
    page = _git("show", f"{tag}:{TABLE}") if tag else ""
    return (tag, page) if page else ("this checkout", (ROOT / TABLE).read_text(encoding="utf-8"))


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def grown(before: Sizes, now: Sizes, allow: float) -> list[str]:
    """One line for every number that is larger by more than `allow` percent, or gone."""
    lines = [f"{' '.join(key)}: not measured any more" for key in before.keys() - now.keys()]
    for key in before.keys() & now.keys():
        if now[key] > before[key] * (1 + allow / 100):
            percent = 100 * (now[key] / before[key] - 1)
            lines.append(f"{' '.join(key)}: {before[key]:,} -> {now[key]:,} (+{percent:.1f} %)")
    return sorted(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--allow", type=float, default=2.0, help="percent that a number may grow")
    args = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tools" / "speed"))  # its neighbours
    page = runpy.run_path(str(ROOT / "tools" / "speed" / "bench_kernel.py"))["firmware_page"]()
    print(page)
    name, before = last_release()
    found = grown(sizes(before), sizes(page), args.allow)
    if found:
        sys.exit("\n".join([f"larger than in {name}:", *found]))
    print(f"no number is more than {args.allow:g} % larger than in {name}")


if __name__ == "__main__":
    main()

"""The version of sna-edge: the tag's where git and a tag are, else the number in the sources.

python tools/release/version.py                 print the version of this checkout
python tools/release/version.py --check         the sources agree, and with the tag of this commit
python tools/release/version.py --set 0.2.0     write a number into every file that carries one

The version of the file format is another one (FORMAT.md) and is not touched.
"""

from __future__ import annotations

import argparse
import datetime
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "sna_edge/__init__.py"
NUMBER = r"(\d+\.\d+\.\d+)"
CARRIERS = {
    PACKAGE: r'^__version__ = "(\d+\.\d+\.\d+[^"]*)"$',
    "firmware_bindings/pyproject.toml": rf'^version = "{NUMBER}"$',
    "CITATION.cff": rf"^version: {NUMBER}$",
}
"""Files that carry the number, and the line that does."""

HEADER = "firmware_bindings/sna.h"
UNRELEASED = "## Unreleased\n"


def version(root: Path = ROOT) -> str:
    """`0.2.0` at the tag v0.2.0, `0.2.0+5.g1a2b3c4` five commits behind it; without git, or
    without a tag, the number in the sources."""
    described = _git(root, "describe", "--tags", "--long", "--match", "v[0-9]*")
    found = re.fullmatch(rf"v{NUMBER}-(\d+)-(g[0-9a-f]+)", described)
    if not found:
        return carried(PACKAGE, root)
    number, commits, commit = found.groups()
    return number if commits == "0" else f"{number}+{commits}.{commit}"


def stamp(package: Path, number: str) -> None:
    """Write `number` as `__version__` into a copy of the package's `__init__.py`."""
    text = package.read_text(encoding="utf-8")
    line = f'__version__ = "{number}"'
    package.write_text(re.sub(CARRIERS[PACKAGE], line, text, flags=re.M), encoding="utf-8")


def carried(name: str, root: Path = ROOT) -> str:
    """The number in one of the files that carry it."""
    found = re.search(CARRIERS[name], (root / name).read_text(encoding="utf-8"), re.M)
    if not found:
        sys.exit(f"{name} carries no version in a line of its own")
    return found.group(1)


def problems(root: Path = ROOT) -> list[str]:
    """What disagrees: sources with each other, or with the tag of this commit."""
    number = carried(PACKAGE, root)
    found = [
        f"{name} says {carried(name, root)}, {PACKAGE} says {number}"
        for name in CARRIERS
        if carried(name, root) != number
    ]
    if _library(root) != number.rpartition(".")[0]:
        found.append(f"{HEADER} says {_library(root)}, {PACKAGE} says {number}")
    tags = _git(root, "tag", "--points-at", "HEAD", "--list", "v[0-9]*").split()
    if tags and f"v{number}" not in tags:
        found.append(f"the tag says {', '.join(tags)}, {PACKAGE} says {number}")
    return found


def write(number: str, root: Path = ROOT) -> None:
    """`number` into every file that carries one, and into the changelog as a dated heading."""
    if not re.fullmatch(NUMBER, number):
        sys.exit(f"{number} is no version; three numbers and two dots are, as in 0.2.0")
    today = datetime.date.today().isoformat()
    for name, pattern in CARRIERS.items():
        _replace(root / name, pattern, number)
    for macro, value in zip(("MAJOR", "MINOR"), number.split("."), strict=False):
        _replace(root / HEADER, rf"^#define SNA_LIBRARY_{macro} (\d+)$", value)
    _replace(root / "CITATION.cff", r"^date-released: ([\d-]+)$", today)
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    heading = f"{UNRELEASED}\n## {number} ({today})\n"
    changelog.write_text(text.replace(UNRELEASED, heading, 1), encoding="utf-8")


def _replace(path: Path, pattern: str, value: str) -> None:
    text = path.read_text(encoding="utf-8")
    found = re.search(pattern, text, re.M)
    if not found:
        sys.exit(f"{path} has no line {pattern}")
    path.write_text(text[: found.start(1)] + value + text[found.end(1) :], encoding="utf-8")


def _library(root: Path) -> str:
    text = (root / HEADER).read_text(encoding="utf-8")
    return ".".join(re.findall(r"^#define SNA_LIBRARY_(?:MAJOR|MINOR) (\d+)$", text, re.M))


def _git(root: Path, *words: str) -> str:
    """What git says in this checkout; empty without git, and in a folder inside another
    repository."""
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="status 1 where numbers disagree")
    parser.add_argument("--set", metavar="VERSION", dest="number", help="write a new number")
    args = parser.parse_args()
    if args.number:
        write(args.number)
    found = problems() if args.check else []
    if found:
        sys.exit("\n".join(found))
    print(version())


if __name__ == "__main__":
    main()

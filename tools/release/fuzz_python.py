"""What Python reads, under fuzzing: artifacts section by section with checksums made again, lines
and limits of watch, the log of a store, manifests and signatures of kits and releases, keys,
learned state.

    python tools/release/fuzz_python.py [--target NAME ...] [--count N] [--seed N] [--write]

Every input is answered or refused by the library's own errors; anything else, an input that takes a
second of the processor, and memory beyond 10 times the input and 16 MB end it with 1 and leave the
input in --found. Guided by coverage where atheris is installed (pip install atheris), by new places
of refusal where it is not. Prints how often each rule refused and how many lines of the reader of
artifacts were reached.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fuzzed.artifacts import rules
from fuzzed.child import TARGETS

ROOT = Path(__file__).resolve().parents[2]
PARTS = Path(__file__).resolve().parent / "fuzzed"
TABLE = ROOT / "docs" / "tables" / "fuzz_python.md"
COUNTS = {"reader": 500_000, "lines": 100_000, "limits": 100_000, "store": 40_000,
          "manifest": 60_000, "keys": 100_000, "learned": 20_000}  # fmt: skip
NAMES = {"reader": "artifacts", "lines": "lines of watch", "limits": "limits of watch",
         "store": "log of a store", "manifest": "manifests and their signatures",
         "keys": "key rings and private keys", "learned": "learned state"}  # fmt: skip


def campaign(name: str, folder: Path, count: int, seed: int, way: str) -> dict[str, Any]:
    """What a process of its own has counted of one target."""
    words = [sys.executable, str(PARTS / "child.py"), name, str(folder), str(count), str(seed), way]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode or not (folder / "counts.json").exists():
        raise SystemExit(
            f"{name}: the process ended ({done.returncode}); its input is in {folder}\n"
            f"{done.stderr[-3000:]}"
        )
    found: dict[str, Any] = json.loads((folder / "counts.json").read_text(encoding="utf-8"))
    return found


def reached(folder: Path) -> tuple[int, int]:
    """(lines of the reader that the found files reach, lines it has)."""
    words = [sys.executable, str(PARTS / "reached.py"), str(folder / "corpus")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    (folder / "missed.txt").write_text(done.stderr, encoding="utf-8")
    some, all_ = done.stdout.split()
    return int(some), int(all_)


def targets_table(found: dict[str, dict[str, Any]]) -> list[str]:
    """A row per target."""
    head = "| Python reads | inputs | crashes | over 1 s | slowest s | memory | inputs per s |"
    rows = [head, "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"]
    for name, told in found.items():
        faults, hangs = dict(told["faults"]), told["faults"].get("hang", 0)
        hangs += faults.get("Stuck", 0)
        crashes = sum(faults.values()) - hangs - faults.get("memory", 0)
        rows.append(
            f"| {NAMES[name]} | {told['inputs']:,} | {crashes} | {hangs} | {told['slowest_s']:.2f}"
            f" | {told['memory']:.2f} | {told['inputs'] / told['seconds']:,.0f} |"
        )
    return rows


def rules_table(told: dict[str, Any], lines: tuple[int, int]) -> list[str]:
    """How often each rule refused an artifact."""
    said = dict(told["said"])
    rows = ["", "| the reader of artifacts in Python | |", "| --- | --- |"]
    rows.append(f"| lines of the reader reached | {lines[0]:,} of {lines[1]:,} |")
    accepted = ("accepted", "accepted by every rule of the structure")
    rows.append(f"| accepted | {sum(said.get(word, 0) for word in accepted):,} |")
    return rows + [f"| `{rule}` | {said.get(rule, 0):,} |" for rule in rules()]


def page(found: dict[str, dict[str, Any]], lines: tuple[int, int]) -> str:
    """The tables of docs/tables."""
    rows = targets_table(found)
    if "reader" in found:
        rows += rules_table(found["reader"], lines)
    return "\n".join(rows) + "\n"


def run(args: argparse.Namespace, place: Path) -> int:
    have = importlib.util.find_spec("atheris") is not None and not args.unguided
    if not have and not args.unguided:
        print("no atheris here (pip install atheris): changed without guidance", file=sys.stderr)
    found: dict[str, dict[str, Any]] = {}
    lines = (0, 0)
    for name in args.target or TARGETS:
        folder = place / name
        (folder / "counts.json").unlink(missing_ok=True)
        count = args.count or COUNTS[name]
        found[name] = campaign(name, folder, count, args.seed, "guided" if have else "unguided")
        print(f"{name}: {found[name]}", file=sys.stderr)
        if name == "reader":
            lines = reached(folder)
        if args.write:
            TABLE.write_text(page(found, lines), encoding="utf-8")
    print(page(found, lines))
    return 1 if any(told["faults"] for told in found.values()) else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", action="append", choices=TARGETS, help="default: all of them")
    parser.add_argument("--count", type=int, default=0, help="inputs of each (default: 500,000"
                        " artifacts, fewer of the others)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unguided", action="store_true", help="as where atheris is absent")
    parser.add_argument("--found", help="folder of what is found; kept (default: a temporary one)")
    parser.add_argument("--write", action="store_true", help="write docs/tables/fuzz_python.md")
    args = parser.parse_args()
    if args.found:
        return run(args, Path(args.found).resolve())
    with tempfile.TemporaryDirectory() as folder:
        return run(args, Path(folder))


if __name__ == "__main__":
    sys.exit(main())

"""Releases one project from two clones of its repository, in different folders, time zones,
languages, hash seeds, umasks and numbers of threads, and compares every byte.

    python tools/release/release_twice.py [--kit TARGET --wheels DIR]

Firmware takes part where there is a C compiler; a kit where --kit names its target (its packages
come from the package index).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = """\
[fit]
table = "data/parts.csv"
target = ["depth"]
categorical = ["machine"]
units = ["power=W", "speed=m/s", "depth=um"]
effort = "quick"

[card]
intended = "a try of two clones"

[sign]
key = "own.key"
"""
PLACES = (
    ("one", {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1", "OMP_NUM_THREADS": "1"}, 0o022),
    ("a second/deeper", {"TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2",
                         "OMP_NUM_THREADS": "2"}, 0o077),
)  # fmt: skip
GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]


def table(path: Path, rows: int = 300) -> None:
    """depth of power, speed and machine, with noise."""
    random.seed(1)
    lines = ["power,speed,machine,depth"]
    for _ in range(rows):
        p, v, m = random.uniform(100, 300), random.uniform(0.5, 2), random.choice("AB")
        depth = 50 + 0.3 * p / v**0.5 + 4 * (m == "B") + random.gauss(0, 1)
        lines.append(f"{p:.1f},{v:.3f},{m},{depth:.2f}")
    path.parent.mkdir()
    path.write_text("\n".join(lines) + "\n")


def run(words: list[str], folder: Path, **more: object) -> None:
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, **more)  # type: ignore[call-overload]


def repository(folder: Path, kit: str | None, wheels: str | None) -> None:
    """The project, committed; its key, too, since this is a try."""
    table(folder / "data" / "parts.csv")
    text = PROJECT + ("\n[firmware]\n" if shutil.which("cc") else "")
    if kit:
        text += f'\n[kit]\ntargets = ["{kit}"]\n' + (f'wheels = "{wheels}"\n' if wheels else "")
    (folder / "depth.toml").write_text(text)
    run([sys.executable, "-m", "sna_edge", "keygen", "-o", "own"], folder)
    run(["git", "init", "-q"], folder)
    run(["git", "add", "-A"], folder)
    run([*GIT, "commit", "-q", "-m", "a project"], folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def main() -> int:
    """Prints how many files agree; 1 where one does not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", metavar="TARGET")
    parser.add_argument("--wheels", metavar="DIR", type=os.path.abspath)
    args = parser.parse_args()
    os.environ["SNA_EDGE_PASSPHRASE"] = "a try"
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    path = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    os.environ["PYTHONPATH"] = path.rstrip(os.pathsep)
    made = []
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary) / "home"
        home.mkdir()
        repository(home, args.kit, args.wheels)
        for place, settings, umask in PLACES:
            clone = Path(temporary) / place
            run(["git", "clone", "-q", str(home), str(clone)], Path(temporary))
            (clone / "own.key").chmod(0o600)
            words = [sys.executable, "-m", "sna_edge", "release", "depth.toml"]
            run(words, clone, env={**os.environ, **settings}, umask=umask)
            made.append(contents(clone / "depth-1"))
    one, two = made
    wrong = sorted(n for n in one.keys() | two.keys() if one.get(n) != two.get(n))
    size = sum(map(len, one.values()))
    print(f"{len(one)} files, {size / 1e6:.2f} MB; {len(wrong)} differ {', '.join(wrong[:9])}")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

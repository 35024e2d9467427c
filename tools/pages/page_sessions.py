"""Run the console sessions of PAGES and write what they print back into them.

    python tools/pages/page_sessions.py [PAGE ...]

A block ```console holds lines `$ command` and, below each, its output. A block of another kind with
title="NAME" is a file of that name. All blocks of a page run in order in one temporary folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "docs/tour.md",
    "docs/tutorial.md",
    "docs/release.md",
    "docs/refit.md",
    "docs/station_walk.md",
    "docs/fields.md",
)
BLOCK = re.compile(r"```(?:console|\w+ title=\"(?P<name>[^\"]+)\")\n(?P<body>.*?)```", re.S)
BACKENDS = re.compile(r"(?<=reference outputs reproduced )\([^)]*\)")
# of lines that may differ from machine to machine
BEGINNINGS = (
    "selected by", "validation (", "cut short by", "self-test", "not compiled",
    "row #", "# row", "and # more (", "scale ", "* ", "  CP", "  polynomial", "  student",
    "  quadratic", "  linear", "  additive", "candidate ",
)  # fmt: skip
PARTS = (" rows repeat ", ": covers # %")
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")
PROGRESS = re.compile(r"^\d+ s(, about \d+ s left)?: .*\n", re.M)


def commands(block: str) -> list[tuple[str, str]]:
    """(command, output) pairs of one block."""
    pairs = []
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command += "\n" + more
        pairs.append((command, output))
    return pairs


def run(command: str, folder: Path) -> str:
    """stdout and stderr of a shell command, without the lines of progress that a slow machine
    brings; the environment's own programs come first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    return done.stdout + PROGRESS.sub("", done.stderr)


def replay(text: str, folder: Path) -> tuple[str, list[tuple[str, str, str]]]:
    """The page with fresh outputs, and (command, output before, output now) of every command."""
    seen: list[tuple[str, str, str]] = []

    def fresh(match: re.Match[str]) -> str:
        out = []
        if match["name"]:
            (folder / match["name"]).write_text(match["body"], encoding="utf-8")
            return match[0]
        for command, before in commands(match["body"]):
            now = run(command, folder)
            seen.append((command, before, now))
            out.append(f"$ {command}\n{now}")
        return "```console\n" + "".join(out) + "```"

    return BLOCK.sub(fresh, text), seen


def shape(output: str) -> str:
    """Output with numbers masked and blanks merged: what must not change from machine to machine.

    What may differ with the last digits of a machine (which candidate a fit chose, what its width
    follows, its errors row by row) and what is installed (backends, a compiler) is left out.
    """
    output = DIGEST.sub("#", BACKENDS.sub("", output)).replace(" (loose)", "")
    lines = [" ".join(NUMBER.sub("#", line).split()) for line in output.strip().splitlines()]
    kept = [s for s in lines if not s.startswith(BEGINNINGS) and not any(w in s for w in PARTS)]
    return "\n".join(line for i, line in enumerate(kept) if i == 0 or line != kept[i - 1])


if __name__ == "__main__":
    for page in sys.argv[1:] or PAGES:
        path = ROOT / page
        with tempfile.TemporaryDirectory() as temporary:
            text, _ = replay(path.read_text(encoding="utf-8"), Path(temporary))
        path.write_text(text, encoding="utf-8")

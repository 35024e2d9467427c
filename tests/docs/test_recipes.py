"""The recipes of CONTRIBUTING.md, done step by step on a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COPIED = ("sna_edge", "export", "firmware_bindings", "tests", "tools", "docs", "examples")
BLOCK = re.compile(r"(?P<said>[^\n]+(?:\n[^\n]+)*)\n\n```[a-z]*\n(?P<block>.*?)```", re.S)
"""A paragraph that says where, and the block behind it."""
EDIT = re.compile(r"In `([^`]+)`, (below|replace) `([^`]+)`(?: by)?:$")
BEGINS = re.compile(r'In `([^`]+)`, below the line that begins with "(.+)":$')
NEW = re.compile(r"New file `([^`]+)`:$")


def recipes() -> dict[str, str]:
    """title -> text of every recipe."""
    parts = re.split(r"^### ", PAGE.split("## Recipes", 1)[1].split("\n## ", 1)[0], flags=re.M)[1:]
    return {part.splitlines()[0]: part for part in parts}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the repository as a newcomer has it."""
    ignored = shutil.ignore_patterns("__pycache__", "build", ".*")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for file in ROOT.glob("*.*"):
        if file.is_file():
            shutil.copy(file, tmp_path / file.name)
    (tmp_path / ".path").mkdir()
    (tmp_path / ".path" / "sna_export").symlink_to(tmp_path / "export")
    return tmp_path


def follow(recipe: str, tree: Path) -> list[str]:
    """All steps of a recipe; the commands to check it with."""
    commands: list[str] = []
    for found in BLOCK.finditer(recipe):
        said, block = found["said"].replace("\n", " "), found["block"]
        if new := NEW.match(said):
            assert not (tree / new[1]).exists(), f"{new[1]} is there already"
            (tree / new[1]).parent.mkdir(parents=True, exist_ok=True)
            (tree / new[1]).write_text(block, encoding="utf-8")
        elif where := EDIT.match(said):
            edit(tree / where[1], where[2], where[3], block)
        elif where := BEGINS.match(said):
            text = (tree / where[1]).read_text(encoding="utf-8")
            lines = [line for line in text.splitlines() if line.startswith(where[2])]
            assert len(lines) == 1, f"{where[1]} has {len(lines)} lines that begin so: {where[2]}"
            edit(tree / where[1], "below", lines[0], block)
        else:
            assert said.startswith("Check"), f"what is to be done with the block under: {said}"
            commands += block.splitlines()
    return commands


def edit(path: Path, how: str, line: str, block: str) -> None:
    """Put a block below a line, or in its place; the line must be there once."""
    text = path.read_text(encoding="utf-8")
    wanted = line + "\n" if how == "below" else line
    assert text.count(wanted) == 1, f"{path.name} has {text.count(wanted)} times: {line}"
    new = wanted + block if how == "below" else block.rstrip("\n")
    path.write_text(text.replace(wanted, new), encoding="utf-8")


def test_the_recipes_that_newcomers_need_are_there() -> None:
    wanted = ("axis basis", "export target", "status", "word of the command line")
    assert [w for w in wanted if not any(w in title for title in recipes())] == []


@pytest.mark.parametrize("title", recipes())
def test_a_recipe_works(title: str, tree: Path) -> None:
    commands = follow(recipes()[title], tree)
    assert commands, "a recipe ends with a check"
    commands += ["ruff check --no-cache .", "ruff format --no-cache --check ."]
    environment = {**os.environ, "PYTHONPATH": f"{tree}:{tree / '.path'}", "TMPDIR": str(tree)}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for command in commands:
        done = subprocess.run(
            command,
            shell=True,
            cwd=tree,
            env={**environment, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"

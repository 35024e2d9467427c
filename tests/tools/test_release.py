"""One version everywhere; the workflow runs what exists here."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def rule(root: Path) -> dict[str, Any]:
    return runpy.run_path(str(root / "tools" / "release" / "version.py"))


@pytest.fixture
def copy(root: Path, rule: dict[str, Any], tmp_path: Path) -> Path:
    """The files that carry the number, as a repository with one commit."""
    for name in (*rule["CARRIERS"], rule["HEADER"], "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((root / name).read_text(encoding="utf-8"), encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "x")


def test_files_agree_on_the_version(rule: dict[str, Any]) -> None:
    assert not rule["problems"]()


def test_the_version_is_the_tag(rule: dict[str, Any], copy: Path) -> None:
    version, problems = rule["version"], rule["problems"]
    number = version(copy)
    assert re.fullmatch(r"\d+\.\d+\.\d+", number)
    git(copy, "tag", "v7.8.9")
    assert version(copy) == "7.8.9"
    assert problems(copy) == [f"the tag says v7.8.9, {rule['PACKAGE']} says {number}"]
    commit(copy)
    assert re.fullmatch(r"7\.8\.9\+1\.g[0-9a-f]+", version(copy))
    package = copy / rule["PACKAGE"]
    rule["stamp"](package, version(copy))
    assert rule["carried"](rule["PACKAGE"], copy) == version(copy)


def test_a_release_writes_its_number_everywhere(rule: dict[str, Any], copy: Path) -> None:
    rule["write"]("7.8.9", copy)
    commit(copy)
    git(copy, "tag", "v7.8.9")
    assert not rule["problems"](copy)
    assert re.search(
        r"^## Unreleased\n\n## 7\.8\.9 \(\d{4}-\d\d-\d\d\)$",
        (copy / "CHANGELOG.md").read_text(encoding="utf-8"),
        re.M,
    )
    assert "#define SNA_LIBRARY_MINOR 8\n" in (copy / rule["HEADER"]).read_text(encoding="utf-8")


def test_a_folder_inside_another_repository_has_its_own_number(
    rule: dict[str, Any], copy: Path
) -> None:
    git(copy, "tag", "v7.8.9")
    inner = copy / "inner" / rule["PACKAGE"]
    inner.parent.mkdir(parents=True)
    inner.write_text('__version__ = "0.0.1"\n', encoding="utf-8")
    assert rule["version"](copy / "inner") == "0.0.1"


def test_sizes_that_grow_are_said(root: Path) -> None:
    tool = runpy.run_path(str(root / "tools" / "release" / "firmware_sizes.py"))
    page = (root / "docs" / "tables" / "firmware.md").read_text(encoding="utf-8")
    before = tool["sizes"](page)
    key = ("int8", "cortex-m0plus", "code, bytes")
    assert key in before and len(before) > 60
    assert not tool["grown"](before, before, 0.0)
    assert not tool["grown"](before, {**before, key: before[key] + 100}, 2.0)
    assert tool["grown"](before, {**before, key: before[key] + 300}, 2.0)
    assert tool["grown"](before, {k: v for k, v in before.items() if k != key}, 2.0)


def test_the_workflow_runs_what_is_here(root: Path) -> None:
    text = (root / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    targets = re.findall(r"run: make (\w+)", text)
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert targets and all(re.search(rf"^{name}:", makefile, re.M) for name in targets)
    for script in re.findall(r"run: (?:python )?((?:tools|\.ci)/\S+)", text):
        assert (root / script).is_file()
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    pythons = re.findall(r"Programming Language :: Python :: (3\.\d+)", project)
    (matrix,) = re.findall(r"python: \[(.*)\]", text)
    assert re.findall(r"3\.\d+", matrix) == pythons

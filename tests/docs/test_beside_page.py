"""docs/beside.md: its Python prints what it shows, its commands run, its C program agrees."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from sna_edge.cli.main import main


@pytest.fixture(scope="module")
def page(root: Path, tmp_path_factory: pytest.TempPathFactory):
    """Its blocks by language, and a folder where its Python was run, with what that printed."""
    text = (root / "docs" / "beside.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", text, re.S))
    folder, said = tmp_path_factory.mktemp("beside"), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said):
        patch.chdir(folder)
        exec(compile(blocks["python"], "docs/beside.md", "exec"), {})
    return blocks, folder, said.getvalue()


def test_the_python_prints_what_it_shows(page) -> None:
    blocks, _, said = page
    assert said == blocks["text"]


def test_the_commands_and_the_c_program_agree_with_it(page, monkeypatch, capsys) -> None:
    blocks, folder, _ = page
    compiler = shutil.which("cc") or pytest.skip("no C compiler on this machine")
    monkeypatch.chdir(folder)
    commands = blocks["sh"].splitlines()
    for command in commands[:3]:
        assert main(command.split()[1:]) == 0
    said = capsys.readouterr().out
    assert "99 % interval: 34.6" in said and "energy = 10 * power / speed" in said
    assert commands[3] == "make -C device && device/selftest"
    sources = ["device/depth.c", "device/sna.c"]
    for name, text in (("selftest", None), ("program", blocks["c"])):
        if text:
            Path("device/program.c").write_text(text, encoding="utf-8")
        flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-Idevice", "-o", name]
        subprocess.run([compiler, *flags, f"device/{name}.c", *sources], check=True)
    assert subprocess.run(["./selftest"], capture_output=True, text=True).returncode == 0
    told = subprocess.run(["./program"], capture_output=True, text=True, check=True).stdout
    value, low, high = blocks["text"].splitlines()[1].split()[1:]
    assert told.split() == ["ok", value, low, high]

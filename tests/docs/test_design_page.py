"""docs/design.md: its session prints what it shows, and its commands run."""

from __future__ import annotations

import re
import shlex
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import pytest

from sna_edge.cli.main import main

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docs" / "design.md").read_text(encoding="utf-8")


def test_the_session_reaches_what_it_shows(text: str) -> None:
    (code,), (shown,) = (
        re.findall(rf"```{kind}\n(.*?)```", text, re.S) for kind in ("python", "text")
    )
    said = StringIO()
    with redirect_stdout(said):
        exec(compile(code, "docs/design.md", "exec"), {})
    lines, wanted = said.getvalue().splitlines(), shown.splitlines()
    assert [NUMBER.sub("#", line) for line in lines[:-1]] == [
        NUMBER.sub("#", line) for line in wanted[:-1]
    ]
    last = [float(n) for n in NUMBER.findall(lines[4].partition(":")[2])]
    assert min(abs(depth - 120) for depth in last) <= 2


def test_the_commands_run(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All but the fit, whose model is made by hand: depth = 0.4 power + 10 on nitrogen."""
    monkeypatch.chdir(tmp_path)
    (plan,) = re.findall(r"```toml title=\"plan.toml\"\n(.*?)```", text, re.S)
    Path("plan.toml").write_text(plan, encoding="utf-8")
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.S)).replace("\\\n", " ")
    asked = [shlex.split(line)[1:] for line in commands.splitlines() if line.strip()]
    assert [words[0] for words in asked] == ["design", "design", "fit", "design", "design"]
    for words in asked:
        if words[0] == "fit":
            measure()
            continue
        assert main(words) == 0, capsys.readouterr().err
    assert Path("plan.html").read_text(encoding="utf-8").count("<svg") == 3
    assert len(Path("more.csv").read_text(encoding="utf-8").splitlines()) == 10
    power = np.loadtxt("try.csv", delimiter=",", skiprows=2, usecols=0)
    assert np.all((power >= 60) & (power <= 110))


def measure() -> None:
    """Fill plan.csv in, and write the model."""
    from sna_edge import CP, Model, Output, level_axis, spline_axis

    units, *rows = Path("plan.csv").read_text(encoding="utf-8").splitlines()[1:]
    lines = ["power,speed,gas,depth", units]
    for i, row in enumerate(rows):
        power, _, gas, _ = row.split(",")
        lines.append(f"{row}{0.4 * float(power) + 10 * (gas == 'N2') + 0.1 * (-1) ** i}")
    Path("plan.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    axes = [
        spline_axis("power", "W", 100, 400, spans=1, degree=1),
        spline_axis("speed", "", 500, 2000, spans=1, degree=1),
        level_axis("gas", ("Ar", "N2")),
    ]
    tables = (np.array([[40.0], [160.0]]), np.array([[0.0], [0.01]]), np.array([[0.0], [10.0]]))
    modes = tuple(np.array([r]) for r in range(3))
    Model(axes, CP(tables, modes, np.ones((3, 1))), [Output("depth")]).save("depth.sna")

"""C exports of models on the integer path: what stands beside the values is there, is tested, and
what is missing is said."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP
from sna_edge.cli import main
from sna_edge.core.beside import Signature
from sna_edge.errors import InputError
from sna_export.firmware import command, export_c, workspace
from sna_export.integers import Query, Whole, path_of
from sna_export.integers.packed import ENDS, HEAD

from ...sna_edge.beside_models import companions
from ..integers.whole_kinds import WHOLE, everything, scored, whole_of


@pytest.fixture(autouse=True)
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_report", lambda *given: [])


def test_a_folder_tells_everything_in_whole_numbers(tmp_path: Path, capsys: Any) -> None:
    scored(everything()).save(tmp_path / "m.sna")
    assert main(["export", str(tmp_path / "m.sna"), "--to", "c", "-o", str(tmp_path / "c")]) == 0
    said = capsys.readouterr().out
    assert "all reference outputs reproduced" in said and "without" not in said
    header = (tmp_path / "c" / "m.h").read_text()
    assert "in whole numbers (intervals and familiarity), for sna_fixed_answer" in header
    assert re.search(r"extern const unsigned char m_beside\[M_BESIDE_SIZE\];", header)


@pytest.mark.parametrize("name", ["level pairs alone", "one-sided, behind a logistic"])
def test_other_kinds_pass_their_self_test(name: str, tmp_path: Path) -> None:
    _, said, checked = export_c(WHOLE[name](), tmp_path, "m")
    assert checked and "without" not in said


def test_the_self_test_finds_another_constant(compiler: str, tmp_path: Path) -> None:
    export_c(scored(everything()), tmp_path, "m")
    source = tmp_path / "m.c"
    text = source.read_text()
    block = re.search(r"m_beside\[M_BESIDE_SIZE\] = \{\n(.*?)\n\};", text, re.S)
    assert block is not None
    data = bytearray(int(n) for n in re.findall(r"\d+", block[1]))
    first = np.frombuffer(data, ENDS, 1, int(np.frombuffer(data, HEAD, 1)["ends"][0]))
    first["error"] += 1
    source.write_text(text.replace(block[1], ",".join(map(str, data))))
    files = [str(p) for p in tmp_path.glob("*.c")]
    subprocess.run([compiler, "-std=c99", *files, "-o", str(tmp_path / "t")], check=True)
    told = subprocess.run([str(tmp_path / "t")], capture_output=True, text=True, check=False)
    assert told.returncode == 1 and "corrupt" in told.stdout


def test_a_level_is_that_of_the_constants(tmp_path: Path, capsys: Any) -> None:
    scored(everything()).save(tmp_path / "m.sna")
    words = ["export", str(tmp_path / "m.sna"), "--to", "c", "-o", str(tmp_path / "c")]
    assert main([*words, "--level", "80%"]) == 0
    assert "intervals at 80 % and familiarity" in (tmp_path / "c" / "m.h").read_text()
    assert main([*words, "--level", "99.999%"]) == 2
    assert "beyond" in capsys.readouterr().err
    narrow, wide = (ends_at(level) for level in (0.5, 0.95))
    assert (narrow < wide).all()


def ends_at(level: float) -> np.ndarray:
    """Widths of the first output at the middle of the domain."""
    data = whole_of(everything()).plan.artifact
    path = path_of(data)
    assert path is not None
    whole = Whole(Query(sna_edge.from_bytes(data, backend="numpy"), level), path)
    told = whole.laid_out(np.array([[32768, 32768, 0, 0, 32768]]))
    return told[:, 4] - told[:, 2]


def test_a_level_needs_the_integer_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no integer path; leave it out"):
        export_c(everything(), tmp_path, "m", integers=False, level=0.9)
    assert not list(tmp_path.iterdir())


def test_what_has_no_integer_path_is_said(tmp_path: Path) -> None:
    model = everything(companions=companions("float32"), readings=None)
    _, said, _ = export_c(model, tmp_path, "m")
    for what in ("the interval of share", "familiarity"):
        assert f"in whole numbers without {what}: axis 'z1' is stored as float32" in said
    assert "(intervals), for sna_fixed_answer" in (tmp_path / "m.h").read_text()


def test_a_signed_file_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its companions hold no integer path: that is said, and how to go on."""
    data = everything().to_bytes()
    model = sna_edge.from_bytes(data, backend="numpy")
    monkeypatch.setattr(model, "signature", Signature(b"s" * 64, b"k" * 16, 1))
    _, said, _ = export_c(model, tmp_path, "m")
    assert "without familiarity: the file holds no integer path of its companion" in said
    assert f"#define M_SIZE {len(data)}u" in (tmp_path / "m.h").read_text()


def test_values_alone_have_nothing_beside_them(tmp_path: Path) -> None:
    axes = [sna_edge.spline_axis("x", "", 0.0, 1.0, spans=2)]
    table = np.rint(np.linspace(0.1, 0.9, axes[0].basis.n_rows) * 2**15)[:, None] / 2**15
    model = sna_edge.Model(axes, CP.full([table], [[2.0]]), [sna_edge.Output("y")],
                           dtypes=["int16"])  # fmt: skip
    export_c(model, tmp_path, "m")
    assert "beside" not in (tmp_path / "m.h").read_text().lower()
    assert "whole_test" not in (tmp_path / "m.c").read_text()


@pytest.mark.parametrize("name", WHOLE)
def test_the_stated_workspace_is_enough(name: str, c_double: Any) -> None:
    data = whole_of(WHOLE[name]()).plan.artifact
    stated = workspace.work_bytes(sna_edge.from_bytes(data, backend="numpy"))
    assert all(c_double.open(data).workspace(verb) <= stated for verb in (0, 3, 4, 7))

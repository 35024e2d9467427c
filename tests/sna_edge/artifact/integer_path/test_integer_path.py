"""The integer path is in a file only when asked for, survives a round trip, and is refused where it
would say something else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Axis, InputError, Model, Output
from sna_edge.artifact import integer_section
from sna_edge.cli import main
from sna_edge.core.basis import bspline, uniform_breaks
from sna_export.certify import with_integer_path
from sna_export.firmware import source
from sna_export.quantize import quantize

from ....c_models import axes_of, cp_model


def bytes_of(model: Model, dtype: str) -> int:
    return len(quantize(model, dtype).to_bytes())


@pytest.mark.parametrize("rank", [3, 8, 32])
@pytest.mark.parametrize("inputs", [2, 4, 7])
def test_fewer_bits_make_a_smaller_file(inputs: int, rank: int) -> None:
    model = cp_model(axes_of("uniform", 3, inputs), rank=rank)
    sizes = [
        len(model.replace(dtypes=["float32"] * inputs).to_bytes()),
        bytes_of(model, "int16"),
        bytes_of(model, "int8"),
    ]
    free = 64 * (inputs + 1)  # a certificate, and tables that fill their last 64 bytes anyhow
    assert sizes[2] <= sizes[1] <= sizes[0] + free
    if rank == 32:
        assert sizes[2] < sizes[1] < sizes[0]


def test_it_is_there_when_asked_for_and_stays() -> None:
    small = quantize(cp_model(axes_of("uniform", 3, 3)), "int8")
    with pytest.raises(InputError, match="no integer path"):
        integer_section.of_artifact(small.to_bytes())
    data = with_integer_path(small).to_bytes()
    assert integer_section.of_artifact(data).axes and len(data) > len(small.to_bytes())
    loaded = sna_edge.from_bytes(data, backend="numpy")
    assert loaded.integer_path and loaded.to_bytes() == data
    assert loaded.certificate["integer"] < 1e-3
    part = loaded.at(x0=0.0)
    assert not part.integer_path and not sna_edge.from_bytes(part.to_bytes()).integer_path


def deep(inputs: int) -> Model:
    """Products of many factors around one half: below 2^-15 after some thirty axes."""
    rng = np.random.default_rng(0)
    axes = [Axis(f"x{d}", "", bspline(uniform_breaks(0.0, 1.0, 3), 2)) for d in range(inputs)]
    tables = [rng.uniform(0.35, 0.99, (5, 4)) for _ in axes]
    return quantize(
        Model(axes, CP.full(tables, rng.standard_normal((4, 1))), [Output("y")]), "int8"
    )


def test_products_of_many_axes_are_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert with_integer_path(deep(6)).integer_path
    model = deep(36)
    with pytest.raises(InputError, match=r"would err by .* of the output range"):
        with_integer_path(model)
    model.save(tmp_path / "deep.sna")
    words = [
        "quantize",
        str(tmp_path / "deep.sna"),
        "--to",
        "int8",
        "--integer-path",
        "-o",
        str(tmp_path / "small.sna"),
        "--json",
    ]
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert not said["integer_path"] and "would err by" in said["remarks"][0]
    assert not sna_edge.load(tmp_path / "small.sna").integer_path


@pytest.mark.usefixtures("compiler")
def test_words_of_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sna_export.firmware.command._report", lambda *_: [])
    cp_model(axes_of("uniform", 3, 3)).save(tmp_path / "m.sna")
    plain, both = str(tmp_path / "plain.sna"), str(tmp_path / "both.sna")
    assert main(["quantize", str(tmp_path / "m.sna"), "--to", "int8", "-o", plain]) == 0
    assert (
        main(["quantize", str(tmp_path / "m.sna"), "--to", "int8", "--integer-path", "-o", both])
        == 0
    )
    assert "measured, integer path against float" in capsys.readouterr().out
    assert [sna_edge.load(p).integer_path for p in (plain, both)] == [False, True]
    for model, options, there in (
        (plain, [], 1),
        (both, [], 1),
        (both, ["--float-only"], 0),
        (str(tmp_path / "m.sna"), [], 0),
    ):
        assert (
            main(["export", model, "--to", "c", "-o", str(tmp_path / "c"), "--stem", "m", *options])
            == 0
        )
        assert f"M_HAS_INTEGER_PATH {there}\n" in (tmp_path / "c" / "m.h").read_text()
        assert ("no integer path: axis" in capsys.readouterr().out) == (model.endswith("m.sna"))


def test_generated_source_says_what_it_holds() -> None:
    model = with_integer_path(quantize(cp_model(axes_of("uniform", 3, 2)), "int16"))
    assert "HAS_INTEGER_PATH 1" in source.generate(model.to_bytes(), model, "m").header

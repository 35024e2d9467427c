"""The firmware is run: built with clang for each core, executed by unicorn, the artifact's bytes
opened in emulated flash."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Axis, Model, Output, Status
from sna_edge.artifact import integer_section
from sna_edge.core.basis import bspline, uniform_breaks

from ..c_library import KEPT_1_1
from ..c_models import INTEGER_MODELS as INTEGERS
from ..c_models import allowed, axes_of, cp_model, mixed, points_in, some_places, tt_model

for package in ("ziglang", "unicorn", "elftools"):
    pytest.importorskip(package, reason="no emulated cores: pip install 'sna-edge[firmware]'")

from sna_export.firmware import resources  # noqa: E402
from sna_export.firmware.cores import CORES  # noqa: E402
from sna_export.firmware.emulate import LOOP, Firmware  # noqa: E402
from sna_export.firmware.toolchain import compile_image  # noqa: E402

POINTS = 1000
MANY = int(
    os.environ.get("SNA_POINTS", "2000")
)  # integer queries per model and core; `make firmware` asks 100,000
FLOAT = [c for c in CORES.values() if not c.integer]
INTEGER = [c for c in CORES.values() if c.integer] + [CORES["cortex-m4f"]]


def seven_inputs(dtype: str = "float32") -> Model:
    """The model of the table in README: 7 inputs, cubic, 16 modes, 32 rows per table."""
    rng = np.random.default_rng(0)
    axes = [Axis(f"x{d}", "", bspline(uniform_breaks(0.0, 1.0 + d, 29), 3)) for d in range(7)]
    tables = [rng.uniform(0.3, 0.999, (32, 16)) for _ in axes]
    unit = {"int16": 2.0**-15, "int8": 2.0**-7}.get(dtype)
    tables = [t if unit is None else np.floor(t / unit) * unit for t in tables]
    return Model(
        axes,
        CP.full(tables, rng.standard_normal((16, 1))),
        [Output("y")],
        dtypes=[dtype] * 7,
        integer_path=True,
    )


MODELS = {
    "seven": seven_inputs,
    "mixed": lambda: cp_model(mixed(), rank=9, outputs=2, sparse=True),
    "half": lambda: cp_model(axes_of("graded", 3, 3), dtype="float16", rank=5),
    "byte": lambda: cp_model(axes_of("uniform", 5, 3), dtype="int8", rank=5, link="exp"),
    "train": lambda: tt_model(axes_of("uniform", 3, 4)),
}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder, made = tmp_path_factory.mktemp("images"), {}

    def image(core: Any, optimize: str = "-Os", *defines: str) -> Any:
        key = (core.name, optimize, defines)
        if key not in made:
            place = folder / "-".join([core.name, optimize, *defines])
            place.mkdir()
            entries = [
                "sna_open",
                "sna_verify",
                "sna_eval",
                "sna_eval_grad",
                "sna_fixed_verify",
                "sna_fixed_eval",
                "sna_workspace_size",
            ]
            loop = place / "loop.c"
            loop.write_text(LOOP)
            made[key] = compile_image(
                core,
                [*entries, "sna_fixed_many"],
                place,
                optimize=optimize,
                defines=defines,
                sources=[loop],
            )
        return made[key]

    return image


@pytest.mark.parametrize("core", FLOAT, ids=lambda c: c.name)
@pytest.mark.parametrize("name", MODELS)
def test_float_cores_give_what_python_gives(name: str, core: Any, images: Any) -> None:
    data = MODELS[name]().to_bytes()
    model = sna_edge.from_bytes(data, backend="numpy")
    firmware = Firmware(core, images(core), data)
    assert (firmware.opened, firmware.verified) == (0, 0)
    x = points_in(model, POINTS if name == "seven" else POINTS // 10).astype(np.float32)
    x = np.clip(
        x, [np.float32(a.lower) for a in model.axes], [np.float32(a.upper) for a in model.axes]
    )
    expected = model.backend.value(x.astype(float))
    y = np.stack([firmware.value(row)[0] for row in x])
    assert (np.abs(y - expected) <= allowed(model, expected)).all()
    slopes = model.backend.value_and_gradient(x[:100].astype(float))[1]
    slopes[:, :, [a.kind == "categorical" for a in model.axes]] = 0.0
    got = np.stack([firmware.gradient(row)[0] for row in x[:100]])
    assert np.abs(got - slopes).max() <= 2e-5 * np.abs(slopes).max()


@pytest.mark.parametrize("core", INTEGER, ids=lambda c: c.name)
@pytest.mark.parametrize("name", [*INTEGERS, "int16-readme", "int8-readme"])
def test_integer_cores_are_equal_to_the_bit(name: str, core: Any, images: Any) -> None:
    data = (INTEGERS[name]() if name in INTEGERS else seven_inputs(name.split("-")[0])).to_bytes()
    path = integer_section.of_artifact(data)
    firmware = Firmware(core, images(core), data)
    if not core.integer:
        assert firmware.machine.call("sna_fixed_verify", 0x20000000, 0x20001000, 0x10000).value == 0
    assert firmware.verified == 0
    places = some_places(path.axes, MANY)
    y = firmware.many_integers(places)
    assert y.shape == (MANY, len(path.outputs))
    np.testing.assert_array_equal(y, path.evaluate(places))
    np.testing.assert_array_equal(firmware.integers(places[-1])[0], y[-1])


@pytest.mark.parametrize("core", FLOAT, ids=lambda c: c.name)
@pytest.mark.parametrize("defines", [(), ("SNA_PLAIN_ONLY",)], ids=["all", "plain"])
def test_what_has_no_value_is_said(
    defines: tuple[str, ...], core: Any, images: Any, tmp_path: Path
) -> None:
    data = seven_inputs().to_bytes()
    entries = ["sna_open", "sna_verify", "sna_eval", "sna_eval_grad", "sna_workspace_size"]
    image = compile_image(
        core,
        entries,
        tmp_path,
        defines=(*defines, "SNA_NO_TT", "SNA_NO_F16", "SNA_NO_INT", "SNA_NO_LINK", "SNA_NO_FIXED"),
    )
    firmware = Firmware(core, image, data)
    x = np.full(7, 0.5, np.float32)
    assert firmware.value(x)[1].value == Status.OK
    for value, status in (
        (np.nan, Status.BAD_INPUT),
        (1.5, Status.OUT_OF_DOMAIN),
        (-1e-6, Status.OUT_OF_DOMAIN),
        (np.inf, Status.BAD_INPUT),
    ):
        bad = x.copy()
        bad[0] = value
        y, run = firmware.value(bad)
        assert run.value == status and np.isnan(y).all()
        slopes, run = firmware.gradient(bad)
        assert run.value == status and np.isnan(slopes).all()
    for border in (0.0, 1.0):
        x[0] = border
        assert firmware.value(x)[1].value == firmware.gradient(x)[1].value == Status.OK
    need = firmware.machine.call("sna_workspace_size", 0x20000000, 1).value
    for size, status in ((need, Status.OK), (need - 8, Status.NO_SPACE)):
        arguments = (0x20000000, 0, 0x20020000, 0x20028000, 0x20030000, 0x20001000, size)
        assert firmware.machine.call("sna_eval_grad", *arguments).value == status


def test_the_report_says_what_intervals_and_familiarity_cost() -> None:
    everything = next(path for path in KEPT_1_1 if path.stem == "everything").read_bytes()
    (cost,) = resources.report(everything, ("cortex-m4f",))
    beside = cost.beside
    assert beside is not None and beside.interval and beside.familiarity
    assert beside.code > cost.code and beside.ram <= 2048
    assert f"| {beside.interval:,} | {beside.familiarity:,} |" in resources.markdown([cost])
    plain = resources.measure(seven_inputs().to_bytes(), CORES["cortex-m4f"], gradient=False)
    assert plain.beside is None and "familiarity" not in resources.markdown([plain])


def test_a_damaged_artifact_is_refused_in_flash(images: Any) -> None:
    data = bytearray(seven_inputs().to_bytes())
    data[len(data) // 2] ^= 4
    assert (
        Firmware(CORES["cortex-m4f"], images(CORES["cortex-m4f"]), bytes(data)).opened
        == Status.CORRUPT
    )


def test_costs_stay_within_their_bounds() -> None:
    """Instructions are exact: the same compiler gives the same count on every machine."""
    m4 = resources.measure(seven_inputs().to_bytes(), CORES["cortex-m4f"])
    assert m4.instructions <= 1700 and m4.code <= 6144 and m4.ram <= 512
    assert m4.gradient is not None and m4.gradient <= 3 * m4.instructions
    for dtype in ("int16", "int8"):
        m0 = resources.measure(seven_inputs(dtype).to_bytes(), CORES["cortex-m0plus"])
        assert m0.instructions <= 8000 and m0.ram <= 512


def test_the_model_record_has_the_size_the_report_states(compiler: str, tmp_path: Path) -> None:
    source = tmp_path / "size.c"
    source.write_text(
        f'#include "sna.h"\ntypedef char fits[sizeof(sna_model) <= {resources.MODEL_RECORD} ? 1 :'
        " -1];\n"
    )
    import subprocess

    from sna_export.firmware.toolchain import library_folder, zig

    command = [
        *zig(),
        "-target",
        CORES["cortex-m4f"].target,
        "-mcpu=cortex_m4",
        f"-I{library_folder()}",
        "-c",
        str(source),
        "-o",
        str(tmp_path / "o"),
    ]
    subprocess.run(command, check=True, capture_output=True)

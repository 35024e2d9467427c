"""What format 1.1 added, in C: the answers of Python, statuses, workspace, builds that leave parts
out, and value queries that do not know of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Output, Status
from sna_edge.core.beside import Companion, Coordinate, CoordinateSource, Readings, Role

from ..c_library import KEPT_1_1, STRICT
from ..c_models import axes_of, cp_model, tt_model

FILES = {path.stem: path.read_bytes() for path in KEPT_1_1}
EVERYTHING = FILES["everything"]
LEVELS = (0.1, 0.5, 0.8, 0.95, 0.99)
OK, UNFAMILIAR, EXTRAPOLATED = Status.OK, Status.UNFAMILIAR, Status.EXTRAPOLATED


def points(data: bytes, count: int = 40) -> np.ndarray:
    """Rows [N, D] that float32 holds."""
    model = sna_edge.from_bytes(data, backend="numpy")
    rng = np.random.default_rng(4)
    columns = [
        rng.integers(0, a.basis.n_spans, count).astype(float)
        if a.kind == "categorical"
        else a.lower + a.width * rng.random(count)
        for a in model.axes
    ]
    return np.float32(np.stack(columns, axis=1)).astype(float)


@pytest.fixture(params=["double", "float"])
def library(request: pytest.FixtureRequest, c_double: Any, c_float: Any) -> Any:
    return c_double if request.param == "double" else c_float


@pytest.fixture
def opened(library: Any) -> Any:
    found = library.open(EVERYTHING)
    assert found.status == OK and found.verify() == OK
    return found


def near(library: Any) -> dict[str, float]:
    return {"rtol": 1e-12, "atol": 1e-12} if library.real is np.float64 else {
        "rtol": 4e-6, "atol": 4e-6
    }  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_kept_file_opens(name: str, library: Any) -> None:
    found = library.open(FILES[name])
    assert (found.status, found.rule, found.verify()) == (OK, "", OK)


def test_intervals_are_those_of_python(opened: Any) -> None:
    model = sna_edge.from_bytes(EVERYTHING, backend="numpy")
    x = points(EVERYTHING)
    y, status = opened.value(x)
    for level in LEVELS:
        wanted = model.interval_at(x, level, level_index=True)
        for i, row in enumerate(x):
            for k in range(len(model.outputs)):
                low, high, said = opened.interval_at(k, row, level, int(status[i]), y[i])
                ends = wanted.lower[i, k], wanted.upper[i, k]
                np.testing.assert_allclose((low, high), ends, **near(opened.library))
                assert said == OK


def test_familiarity_is_that_of_python(opened: Any) -> None:
    model = sna_edge.from_bytes(EVERYTHING, backend="numpy")
    x = points(EVERYTHING, 200)
    wanted = model.familiarity(x, level_index=True)
    y, status = opened.value(x)
    assert set(wanted.status.tolist()) == {OK, UNFAMILIAR}
    for i, row in enumerate(x):
        p, said = opened.familiarity(row, int(status[i]), y[i])
        np.testing.assert_allclose(p, wanted.p[i], **near(opened.library))
        assert said == wanted.status[i]


def test_derived_inputs_are_those_of_python(opened: Any) -> None:
    model = sna_edge.from_bytes(EVERYTHING, backend="numpy")
    rng = np.random.default_rng(0)
    x = points(EVERYTHING)
    raw = np.stack([rng.uniform(1.9, 8.1, len(x)), rng.uniform(15, 82, len(x))], axis=1)
    x[:5, 0] = (79.75, 400.25, 401.0, 79.0, 80.0)
    readings = np.concatenate([x, np.float32(raw)], axis=1)
    wanted = model.derived(readings, level_index=True)
    assert {OK, Status.OUT_OF_DOMAIN} <= set(wanted.status.tolist())
    for i, row in enumerate(readings):
        found, said = opened.derive(row)
        assert said == wanted.status[i]
        if said == OK:
            np.testing.assert_allclose(found, wanted.x[i], **near(opened.library))


def test_a_reading_exactly_the_decimal_tolerance_away_is_the_end(library: Any) -> None:
    """79.7 and 400.3 are rounded: their distances to 80 and 400 are not 0.3."""
    model = sna_edge.from_bytes(EVERYTHING, backend="numpy")
    told = model.readings
    assert told is not None
    wide = Readings([0.3, *told.tolerance[1:]], told.raw, told.derived)
    found = library.open(model.replace(readings=wide).to_bytes())
    assert found.verify() == OK
    x = np.concatenate([points(EVERYTHING)[0], [5.0, 50.0]])
    for given, end in ((79.7, 80.0), (400.3, 400.0), (79.69, None), (400.31, None)):
        x[0] = given
        assert found.derive(x)[0][0] == (library.real(given) if end is None else end)


def test_what_came_without_a_value_has_neither_interval_nor_familiarity(opened: Any) -> None:
    x = points(EVERYTHING)[0]
    y = opened.value(x[None])[0][0]
    for status in (EXTRAPOLATED, Status.OUT_OF_DOMAIN, Status.BAD_INPUT):
        low, high, said = opened.interval_at(0, x, 0.9, int(status), y)
        assert math.isnan(low) and math.isnan(high) and said == status
        p, said = opened.familiarity(x, int(status), y)
        assert math.isnan(p) and said == status


def test_unfamiliar_wins_over_edge_and_edge_stays_otherwise(opened: Any) -> None:
    x = points(EVERYTHING, 200)
    y, _ = opened.value(x)
    said = {opened.familiarity(a, int(Status.EDGE), b)[1] for a, b in zip(x, y, strict=True)}
    assert said == {Status.EDGE, UNFAMILIAR}


def test_an_output_with_a_scale_has_no_interval_of_one_width(opened: Any) -> None:
    assert [opened.interval(k, 1.0)[2] for k in (0, 1)] == [Status.UNSUPPORTED] * 2
    assert opened.interval(2, 0.5)[2] == Status.BAD_INPUT  # no scale, and no interval


def test_files_without_calibration_say_unsupported(library: Any) -> None:
    found = library.open(FILES["nothing"])
    assert found.verify() == OK
    x = points(FILES["nothing"])[0]
    y = found.value(x[None])[0][0]
    assert found.interval_at(0, x, 0.9, 0, y)[2] == Status.UNSUPPORTED
    assert found.familiarity(x, 0, y)[1] == Status.UNSUPPORTED
    assert found.derive(x)[0].tolist() == np.asarray(x, library.real).tolist()
    assert found.companion(0).status == Status.BAD_INPUT


def test_nothing_is_answered_before_the_golden_vectors(library: Any) -> None:
    found = library.open(EVERYTHING)
    x, y = points(EVERYTHING)[0], np.ones(3)
    assert found.interval_at(0, x, 0.9, 0, y)[2] == Status.NOT_VERIFIED
    assert found.familiarity(x, 0, y)[1] == Status.NOT_VERIFIED
    assert found.companion(0).record.seal == 0
    assert found.verify() == OK and found.companion(0).record.seal


def test_workspace_is_what_each_verb_asks_for(opened: Any) -> None:
    x = next(x for x in points(EVERYTHING) if opened.familiarity(x, 0, np.ones(3))[0] > 0)
    y = opened.value(x[None])[0][0]
    assert opened.workspace(4) >= opened.workspace(0)
    for verb, ask in (
        (5, lambda: opened.interval_at(1, x, 0.9, 0, y)[2]),
        (6, lambda: opened.familiarity(x, 0, y)[1]),
        (4, opened.verify),
    ):
        words = opened.workspace(verb) // 8
        opened._work = np.zeros(words, np.uint64)
        assert ask() in (OK, UNFAMILIAR)
        opened._work = np.zeros(words - 1, np.uint64)
        assert ask() == Status.NO_SPACE
        opened._work = np.zeros(1000, np.uint64)
        assert opened.verify() == OK


def test_a_companion_may_need_more_workspace_than_the_values(library: Any, host: Any) -> None:
    axis = axes_of("uniform", 3, 1)
    scores = Companion(
        Role.CLASS_SCORE,
        tt_model(axes_of("uniform", 3, 3), rank=30).replace(outputs=[Output("a"), Output("b")]),
        [Coordinate(CoordinateSource.PREDICTION)] * 3,
    )
    data = cp_model(axis).replace(companions=[scores]).to_bytes()
    found = library.open(data)
    assert found.workspace(4) > found.workspace(1) and found.verify() == OK
    assert host.Model(data).status == OK


BUILDS = {
    "SNA_NO_COMPANIONS": (Status.UNSUPPORTED, "unsupported_feature"),
    "SNA_NO_TT": (Status.UNSUPPORTED, ""),
    "SNA_NO_F16": (Status.UNSUPPORTED, ""),
    "SNA_NO_INT": (Status.UNSUPPORTED, ""),
    "SNA_NO_LINK": (Status.UNSUPPORTED, ""),
}


@pytest.mark.parametrize("option", BUILDS)
def test_a_build_that_leaves_out_what_a_companion_needs(
    option: str, compiled: Any, bindings: Any
) -> None:
    build = bindings.Library(str(compiled(option, "sna.c", *STRICT, "-O1", f"-D{option}")))
    found = build.open(EVERYTHING)
    assert (found.status, found.rule) == BUILDS[option]
    broken = bytearray(EVERYTHING)
    broken[-1] ^= 1
    if option != "SNA_NO_COMPANIONS":
        assert build.open(bytes(broken)).rule == "bad_checksum"


def test_a_float_build_refuses_numbers_that_float_does_not_carry(
    c_double: Any, c_float: Any
) -> None:
    from ..c_models import repaired

    data = bytearray(FILES["pairs"])
    readings = bytearray(FILES["readings"])
    start = int.from_bytes(readings[64 + 15 * 16 + 4 :][:4], "little")
    readings[start + 8 : start + 16] = np.float64(1e200).tobytes()  # a tolerance
    for library, status in ((c_double, OK), (c_float, Status.UNSUPPORTED)):
        assert library.open(repaired(bytes(readings))).status == status
        assert library.open(bytes(data)).status == OK


def test_value_queries_take_the_same_instructions(tmp_path: Path) -> None:
    for package in ("ziglang", "unicorn", "elftools"):
        pytest.importorskip(package, reason="no emulated cores")
    from sna_export.firmware.cores import CORES
    from sna_export.firmware.emulate import Firmware
    from sna_export.firmware.toolchain import compile_image

    core, x = CORES["cortex-m4f"], points(EVERYTHING)[0]
    entries = ("sna_open", "sna_verify", "sna_eval", "sna_eval_grad", "sna_workspace_size")
    image = compile_image(core, entries, tmp_path)
    counts = set()
    for name in ("nothing", "everything"):
        firmware = Firmware(core, image, FILES[name])
        assert firmware.verified == OK
        counts.add((firmware.value(x, count=True)[1], firmware.gradient(x, count=True)[1]))
    assert len(counts) == 1


@pytest.mark.parametrize("y", [math.inf, -math.inf, math.nan])
def test_a_value_that_overflows_has_no_interval(opened: Any, y: float) -> None:
    """C said bad_input where Python and the format page say not_converged."""
    x = points(EVERYTHING, 1)[0]
    low, high, status = opened.interval_at(0, x, 0.9, OK, [y, 1.0, 0.5])
    assert math.isnan(low) and math.isnan(high) and status == Status.NOT_CONVERGED

"""FMPy reads, compiles and simulates the FMUs, and finds the reference results."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_export.fmu import export
from sna_export.fmu.variables import LOWER, UPPER, VALUE, asked, variables_of

from ...c_library import KEPT_1_1
from ...model_kinds import KINDS

SCRIPT = Path(__file__).with_name("simulate.py")
REFUSED = 2  # discard


def everything() -> sna_edge.Model:
    """Intervals, familiarity, derived inputs and raw readings."""
    data = next(p for p in KEPT_1_1 if p.stem == "everything").read_bytes()
    return sna_edge.from_bytes(data, backend="numpy")


MODELS: dict[str, Callable[[], sna_edge.Model]] = {
    "mixed": KINDS["mixed axes"],
    "everything": everything,
}


@pytest.fixture(scope="module", params=[2, 3])
def fmi(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module", params=MODELS)
def told(
    request: pytest.FixtureRequest,
    fmi: int,
    root: Path,
    compiler: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[sna_edge.Model, dict[str, Any]]:
    """The model and what FMPy says; of the mixed one with the binary that FMPy compiles."""
    python = root / ".venv-fmu" / "bin" / "python"
    if not python.exists():
        pytest.skip("no .venv-fmu with FMPy (make test makes it)")
    folder = tmp_path_factory.mktemp("fmu")
    model = sna_edge.from_bytes(MODELS[request.param]().to_bytes(), backend="numpy")
    export(model, folder, "a model", fmi=fmi)
    words = [str(python), str(SCRIPT), str(folder), "a model"]
    if request.param == "mixed":
        words.append("--build")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return model, json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.slow
def test_nothing_to_complain_of(told: tuple[sna_edge.Model, dict[str, Any]]) -> None:
    assert told[1]["problems"] == [] and "c-code" in told[1]["platforms"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["CoSimulation", "ModelExchange"])
def test_reference_results(told: tuple[sna_edge.Model, dict[str, Any]], kind: str) -> None:
    model, found = told
    assert len(found[kind]) >= len(model.outputs) + 1
    if model.calibration is not None:
        assert {"familiarity", f"{model.output_names[0]}_upper"} <= set(found[kind])
    kinds = {v.name: v.reference for v in variables_of(model, None)}
    for name, off in found[kind].items():
        real = kinds[name] >> 8 in (VALUE, LOWER, UPPER)
        span = np.ptp(model.outputs[kinds[name] & 255].range or (0.0, 1.0)) if real else 1.0
        assert off <= 1e-9 * span, name  # both sides compute in double; status and shares are 0 off


@pytest.mark.slow
def test_derivatives(told: tuple[sna_edge.Model, dict[str, Any]], fmi: int) -> None:
    """Of values exact, by both ways; of interval ends and familiarity to differences."""
    model, found = told[0], told[1]["derivatives"]
    by_direction = np.array(found["found"])  # [points, unknowns, knowns]
    assert np.isfinite(by_direction).all() and np.any(by_direction)
    if fmi == 3:
        np.testing.assert_allclose(found["adjoint"], by_direction, rtol=1e-12, atol=1e-14)
    wanted = differences(model, np.array(found["points"]), found["inputs"])
    values = by_direction[:, : len(model.outputs)]
    scale = np.abs(wanted).max(axis=(0, 1))
    np.testing.assert_allclose(values / scale, wanted / scale, atol=1e-7)  # of the differences


def differences(model: sna_edge.Model, points: np.ndarray, inputs: list[str]) -> np.ndarray:
    """[points, outputs, inputs] of what numpy answers to readings, formulas included; fourth order,
    h = 2^-12 of the domain."""
    axes = [axis for _, axis in asked(model)]

    def values(x: np.ndarray) -> np.ndarray:
        return model.evaluate({a.name: x[:, i] for i, a in enumerate(axes)}, level_index=True).value

    columns = []
    for i, axis in enumerate(axes):
        if axis.name in inputs:
            h = np.zeros(len(axes))
            h[i] = axis.width * 2.0**-12
            wide, near = (values(points + n * h) - values(points - n * h) for n in (2, 1))
            columns.append((8 * near - wide) / (12 * h[i]))
    return np.stack(columns, axis=2)


@pytest.mark.slow
def test_outside_the_domain(told: tuple[sna_edge.Model, dict[str, Any]]) -> None:
    refused, nan, on = (told[1]["outside"][choice] for choice in "012")
    assert refused["refused"] == REFUSED and refused["status"] < 0
    assert nan["value"] == "nan" and nan["status"] < 0
    if told[0].readings is None:  # no raw reading is continued beyond its ends
        assert on["status"] == sna_edge.Status.EXTRAPOLATED and np.isfinite(float(on["value"]))
    assert np.isfinite(refused["back"]) and refused["back"] == nan["back"] == on["back"]


@pytest.mark.slow
def test_states_are_kept(told: tuple[sna_edge.Model, dict[str, Any]]) -> None:
    assert told[1]["state"] is True

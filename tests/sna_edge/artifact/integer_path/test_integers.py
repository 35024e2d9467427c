"""The integer path: Python and C equal to the bit, its loss against float, its proof and its
checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import ArtifactError, InputError, Status
from sna_edge.artifact import integer_section
from sna_edge.artifact.integer_section import plan

from ....c_models import INTEGER_MODELS, axes_of, cp_model, repaired, some_places, tt_model

POINTS = 100_000
LOSS = {
    "int16": 1.5e-3,
    "int8": 1.5e-3,
}  # of the output range on these rough models, products of 3 to 7 atoms


def coordinates(model: sna_edge.Model, places: np.ndarray) -> np.ndarray:
    columns = []
    for d, axis in enumerate(model.axes):
        span, u, breaks = places[:, d, 0], places[:, d, 1] / 32768, axis.basis.breaks
        width = breaks[span + 1] - breaks[span]
        columns.append(
            span.astype(float)
            if axis.kind == "categorical"
            else np.clip(breaks[span] + u * width, axis.lower, axis.upper)
        )
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("name", INTEGER_MODELS)
def test_python_and_c_are_equal_to_the_bit(name: str, c_double: Any) -> None:
    data = INTEGER_MODELS[name]().to_bytes()
    path, opened = integer_section.of_artifact(data), c_double.open(data)
    assert (opened.status, opened.fixed_verify()) == (0, 0), opened.rule
    places = some_places(path.axes, POINTS)
    y, status = opened.fixed_value(places)
    assert set(status.tolist()) <= {Status.OK, Status.EDGE}
    np.testing.assert_array_equal(y, path.evaluate(places))


@pytest.mark.parametrize("name", INTEGER_MODELS)
def test_loss_against_float(name: str) -> None:
    data = INTEGER_MODELS[name]().to_bytes()
    model, path = sna_edge.from_bytes(data, backend="numpy"), integer_section.of_artifact(data)
    places = some_places(path.axes, 5000, seed=2)
    inner = (
        places[:, :, 1] < 32768
    )  # at u = 1 the float path is already in the next span, where degree 0 jumps
    places = places[inner.all(axis=1)]
    y = model.backend.value(coordinates(model, places))
    loss = np.abs(path.decoded(path.evaluate(places)) - y).max(axis=0) / np.ptp(y, axis=0)
    assert (loss < LOSS[model.dtypes[0]]).all(), loss


@pytest.mark.parametrize("name", INTEGER_MODELS)
def test_places_of_counts(name: str, c_double: Any) -> None:
    data = INTEGER_MODELS[name]().to_bytes()
    path, opened = integer_section.of_artifact(data), c_double.open(data)
    model = sna_edge.from_bytes(data, backend="numpy")
    rng = np.random.default_rng(1)
    counts = np.stack(
        [rng.integers(a.count_lower - 3, a.count_upper + 4, 1000) for a in path.axes], axis=1
    )
    counts[0], counts[1] = [a.count_lower for a in path.axes], [a.count_upper for a in path.axes]
    places, status = path.locate(counts)
    there, said = opened.fixed_place(counts)
    np.testing.assert_array_equal(status, said)
    good = (status == 0).all(axis=1)
    np.testing.assert_array_equal(places[good], there[good])
    assert good[:2].all()
    for d, (axis, record) in enumerate(zip(model.axes, path.axes, strict=True)):
        share = (counts[good, d] - record.count_lower) / (record.count_upper - record.count_lower)
        x = counts[good, d] if axis.kind == "categorical" else axis.lower + share * axis.width
        assert np.abs(coordinates(model, places[good])[:, d] - x).max() <= 1e-4 * max(
            axis.width, 1.0
        )


def test_counts_of_a_sensor_come_from_the_metadata() -> None:
    model = cp_model(axes_of("graded", 3, 2), dtype="int16").replace(
        metadata={"counts": {"x1": [-200, 3800]}}
    )
    data = model.to_bytes()
    assert sna_edge.from_bytes(data).to_bytes() == data
    axis = integer_section.of_artifact(data).axes[1]
    assert (axis.count_lower, axis.count_upper, axis.breaks[0], axis.breaks[-1]) == (
        -200,
        3800,
        -200,
        3800,
    )


def test_float_tables_and_tensor_trains_have_none() -> None:
    for model in (
        cp_model(axes_of("uniform", 3, 2)),
        tt_model(axes_of("uniform", 3, 2), dtype="int16"),
    ):
        with pytest.raises(InputError, match="integer path"):
            integer_section.of_artifact(model.to_bytes())


def test_a_model_that_could_wrap_is_refused_with_the_axis_named() -> None:
    axes = axes_of("lagrange", 7, 8)
    model = cp_model(axes, dtype="int16", rank=3)
    rough = [
        np.where(np.arange(len(t))[:, None] % 2, -1.0, 1.0 - 2.0**-15) * np.ones_like(t)
        for t in model.interaction.tables
    ]
    model = model.replace(interaction=model.interaction.with_tables(rough))
    assert sna_edge.from_bytes(model.to_bytes()).dtypes[0] == "int16"
    groups = np.zeros(1, [("mask", "<u8"), ("count", "<u4"), ("first", "<u4")])
    groups[0] = (255, 3, 0)
    with pytest.raises(InputError, match="axis 'x"):
        plan(model, groups, [(0.0, 1.0)])


@pytest.mark.parametrize("name", ["int16-graded", "int8-mixed"])
def test_every_bit_of_the_section_counts(name: str, c_double: Any) -> None:
    """Each flipped byte of section 8 gives bad_fixed or golden_mismatch, in C and in Python, or the
    same answers in both."""
    data = bytearray(INTEGER_MODELS[name]().to_bytes())
    record = data[64 + 7 * 16 : 64 + 8 * 16]
    start, size = int.from_bytes(record[4:8], "little"), int.from_bytes(record[8:12], "little")
    rng, seen = np.random.default_rng(3), set()
    at = {*range(start, start + 160), *(start + int(i) for i in rng.integers(0, size, 150))}
    for i in sorted(at):
        bad = bytearray(data)
        bad[i] ^= 1 << int(rng.integers(8))
        broken = repaired(bytes(bad))
        opened = c_double.open(broken)
        rule = opened.rule
        if opened.status == 0 and opened.fixed_verify():
            rule = opened.rule
        try:
            sna_edge.from_bytes(broken, backend="numpy")
            said = ""
        except ArtifactError as error:
            said = error.rule
        assert rule == said, (i - start, rule, said)
        seen.add(rule)
    assert {"bad_fixed", "golden_mismatch"} <= seen

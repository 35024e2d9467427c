"""What stands beside the values is read back as it was written, byte by byte; files without it are
of format 1.0."""

from __future__ import annotations

import struct
import tracemalloc
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import ArtifactError, InputError, Model, Output, from_bytes
from sna_edge.artifact import layout
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.checks import validate
from sna_edge.core.beside import Calibration, Companion, LevelPair, Readings, Role, Signature
from sna_edge.numerics.domain_points import domain_points

from ... import beside_models as made

NO_SCALE = {"companions": (), "calibration": None, "readings": None}
PARTS: dict[str, dict[str, Any]] = {
    "companions of class and base": {**NO_SCALE, "companions": made.companions()[3:]},
    "residuals": {
        **NO_SCALE,
        "calibration": made.calibration(n_scores=0, scores=(), least_p=0.0, pairs=()),
    },
    "pairs": {
        **NO_SCALE,
        "calibration": Calibration(pairs=[LevelPair.of(2, 3, np.eye(3, 2, dtype=bool))]),
    },
    "readings": {**NO_SCALE, "readings": made.readings()},
    "tolerances": {**NO_SCALE, "readings": Readings([0.5, 0, 0, 0, 0.25])},
    "readings that say nothing": {**NO_SCALE, "readings": Readings(np.zeros(5))},
    "everything": {},
}


def opened(model: Model) -> Model:
    return from_bytes(model.to_bytes(), backend="numpy")


@pytest.mark.parametrize("part", PARTS)
def test_round_trip_of_every_part(part: str) -> None:
    data = made.whole(**PARTS[part]).to_bytes()
    again = from_bytes(data, backend="numpy")
    assert again.to_bytes() == data
    header = np.frombuffer(data, layout.HEADER, 1)[0]
    assert (header["minor"], header["features"], header["n_sections"]) == (1, 4, 16)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int16", "int8"])
def test_round_trip_of_every_dtype(dtype: str) -> None:
    model = made.whole(dtype)
    again = opened(model)
    assert again.to_bytes() == model.to_bytes()
    assert {c.model.dtypes[0] for c in again.companions} == {dtype}


def test_numbers_are_read_as_given() -> None:
    model = made.whole()
    again, wanted = opened(model), model.calibration
    found = again.calibration
    assert wanted is not None and found is not None and again.readings is not None
    for name in ("n_residuals", "spaces", "n_scores", "least_p"):
        assert getattr(found, name) == getattr(wanted, name)
    for name in ("quantiles", "correlation", "scores"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name))
    assert np.array_equal(found.pairs[0].seen, wanted.pairs[0].seen)
    assert not found.pairs[0].seen[1, 1] and found.pairs[0].seen.sum() == 5
    assert again.readings.raw == model.readings.raw  # type: ignore[union-attr]
    assert again.readings.derived == model.readings.derived  # type: ignore[union-attr]
    for one, other in zip(model.companions, again.companions, strict=True):
        assert (one.role, one.output, one.weight) == (other.role, other.output, other.weight)
        for a, b in zip(one.coordinates, other.coordinates, strict=True):
            assert (a.source, a.index, a.constant) == (b.source, b.index, b.constant)
            assert np.array_equal(a.weights, b.weights)
        stored, z = as_stored(one.model), one.model.axes[0].lower
        x = [0.5 * (a.lower + a.upper) if a.kind != "categorical" else z for a in stored.axes]
        x = [1.0 if a.kind == "categorical" else v for a, v in zip(stored.axes, x, strict=True)]
        assert np.allclose(
            other.model.value(x, level_index=True), stored.value(x, level_index=True), rtol=1e-12
        )


def test_without_anything_the_file_is_of_format_1_0() -> None:
    plain = made.whole(**NO_SCALE)
    header = np.frombuffer(plain.to_bytes(), layout.HEADER, 1)[0]
    assert (header["minor"], header["features"], header["n_sections"]) == (0, 0, 13)
    told = plain.replace(metadata={"raw_inputs": "what a user wrote"})
    assert opened(told).metadata == {"raw_inputs": "what a user wrote"}
    values = validate(made.whole().to_bytes()).sections
    for name in layout.FIRST_SECTIONS[:9]:
        if name != "outputs":  # which holds the space of residuals
            assert bytes(values[name]) == bytes(validate(plain.to_bytes()).sections[name])


def test_integer_paths_of_companions_are_written_and_replayed(by_hand) -> None:
    parts = made.companions("int8", integer_path=True)[3:]
    model = made.whole("int8", **{**NO_SCALE, "companions": parts})
    data = model.to_bytes()
    raw = validate(data)
    assert [c.file.has_integer_path for c in raw.companions] == [True, True]
    assert from_bytes(data, backend="numpy").to_bytes() == data
    record, block = raw.companions[1].record, bytes(raw.sections["companions"])
    inside = int(record["file"])
    fixed = struct.unpack_from("<II", block, inside + 64 + 16 * 7 + 4)
    place = inside + sum(fixed) - 4
    wrong = bytearray(block)
    wrong[place] ^= 1
    with pytest.raises(ArtifactError, match="golden_mismatch"):
        from_bytes(bytes(by_hand(data).replaced(companions=bytes(wrong))), backend="numpy")


def test_a_companion_that_misses_its_golden_vectors_is_refused(by_hand) -> None:
    data = made.whole().to_bytes()
    raw = validate(data)
    block = bytearray(raw.sections["companions"])
    inside = int(raw.companions[4].record["file"])
    offset, size = struct.unpack_from("<II", block, inside + 64 + 16 * 8 + 4)
    place = inside + offset + size - 8
    struct.pack_into("<d", block, place, struct.unpack_from("<d", block, place)[0] + 1e-4)
    with pytest.raises(ArtifactError, match="golden_mismatch"):
        from_bytes(bytes(by_hand(data).replaced(companions=bytes(block))), backend="numpy")


def test_signatures_are_read_kept_with_the_bytes_and_never_written(by_hand) -> None:
    data = by_hand(made.whole().to_bytes())
    data.poke("signature", 0, "64s", b"s" * 64).poke("signature", 64, "16s", b"k" * 16)
    signed = bytes(data.poke("signature", 80, "Q", 7))
    model = from_bytes(signed, backend="numpy")
    assert model.signature == Signature(b"s" * 64, b"k" * 16, 7)
    assert model.with_backend("numpy").signature == model.signature
    assert model.replace().signature is None
    assert model.to_bytes() == made.whole().to_bytes()


def test_an_error_inside_a_companion_says_which_one() -> None:
    wide = made.function([made.knotted()], [Output("b", scale=2.0)], 1)
    far = wide.replace(outputs=[Output("b", offset=1e305)])
    model = made.whole(**{**NO_SCALE, "companions": made.companions()[3:4]})
    base = Companion(Role.BASE, far, (made.source(0),))
    with pytest.raises(InputError, match="another domain of input 'power'"):
        model.replace(companions=[base])
    own = made.function([model.axes[0]], [Output("b", offset=1e305)], 1)
    broken = model.replace(
        companions=[*model.companions, Companion(Role.BASE, own, (made.source(0),))]
    )
    with pytest.raises(InputError, match=r"^companion 1 \(base\): output 'b' has numbers beyond"):
        broken.to_bytes()


def test_storing_raises_the_floor_once() -> None:
    model = made.whole("float16", calibration=made.calibration(floor=[0.0, 0.0]))
    wide = model.interaction
    rough = wide.with_tables(
        [t + 1e-4 * np.sin(np.arange(t.size).reshape(t.shape)) for t in wide.tables]
    )
    rough_model = model.replace(interaction=rough)
    again = opened(rough_model)
    assert again.calibration is not None
    x = domain_points(model.axes, 500)
    error = again.value(x, level_index=True)[:, 0] - rough_model.value(x, level_index=True)[:, 0]
    inside = np.abs(error) <= again.calibration.floor[0]
    assert inside.mean() > 0.97 and np.abs(error).max() > 0.3 * again.calibration.floor[0]
    assert np.array_equal(opened(again).calibration.floor, again.calibration.floor)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["quantize", "integer path"])
def test_what_keeps_the_function_keeps_what_stands_beside(kind: str) -> None:
    from sna_export.certify.integer_path import with_integer_path
    from sna_export.quantize import quantize

    model = made.whole("int16")
    kept = quantize(model, "int8") if kind == "quantize" else with_integer_path(model)
    assert kept.readings is model.readings
    for one, other in zip(kept.companions, model.companions, strict=True):
        assert one is other or (kind == "integer path" and one.model.integer_path)
        assert (one.role, one.coordinates, one.output, one.weight) == (
            other.role, other.coordinates, other.output, other.weight
        )  # fmt: skip
        assert one.model.axes == other.model.axes
        assert one.model.interaction is other.model.interaction
    assert kept.calibration is not None and model.calibration is not None
    assert (kept.calibration.floor >= model.calibration.floor).all()
    assert (kept.calibration.floor > model.calibration.floor).all() == (kind == "quantize")


def test_another_function_has_nothing_beside_it() -> None:
    model = made.whole()
    others = [model.at(power=150.0), model.linear(), model.at(alloy="A")]
    single = made.whole(**{**NO_SCALE, "readings": made.readings()})
    identity = single.replace(outputs=[single.outputs[0], Output("b")])
    others += [identity.derivative("power"), 2 * identity, identity + identity, identity.mean({})]
    for other in others:
        if isinstance(other, Model):
            assert (other.companions, other.calibration, other.readings) == ((), None, None)
    assert model.sobol(sampled=True).first.shape == (5, 2)


def test_reading_takes_no_more_than_ten_times_the_file() -> None:
    axis = sna_edge.spline_axis("x", "", 0.0, 1.0, spans=2000, degree=3)
    own = made.function([axis], [Output("b")], 1, "int8", rank=200)
    plain = made.function([axis], [Output("b")], 1, "int8", rank=4)
    model = plain.replace(companions=[Companion(Role.BASE, own, (made.source(0),))])
    seen = np.ones((2000, 2000), bool)
    many = [sna_edge.level_axis(n, tuple(map(str, range(2000)))) for n in "ab"]
    pairs = made.function(many, [Output("b")], 1, "int8").replace(
        calibration=Calibration(pairs=[LevelPair.of(0, 1, seen)])
    )
    for data in (model.to_bytes(), pairs.to_bytes()):
        validate(data)
        tracemalloc.start()
        from sna_edge.artifact.reader import from_bytes as read

        read(data, Model)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= 10 * len(data) + (1 << 20), (peak, len(data))

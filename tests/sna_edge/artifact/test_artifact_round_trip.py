"""Writing and reading: byte-equal, deterministic, equal values; golden vectors that touch
everything."""

from __future__ import annotations

import struct
import subprocess
import sys

import numpy as np
import pytest

import sna_edge
from sna_edge import ArtifactError, InputError, Interval, Model, Output, from_bytes
from sna_edge.artifact import golden, layout
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.numerics import domain_points

DTYPES = ["float32", "float16", "int16", "int8", "float64", "mixed"]
HALF_UNIT = {
    "float32": 2.0**-25,
    "float64": 2.0**-25,
    "float16": 2.0**-12,
    "int16": 0.0,
    "int8": 0.0,
}


def models(build, dtype: str) -> list[Model]:
    out = []
    for make in (build.cp, build.tt):
        model = make(build.mixed_axes(), seed=3, rank=5 if make is build.cp else 3)
        dtypes = (
            ("float32", "int8", "int16", "float16", "int8") if dtype == "mixed" else (dtype,) * 5
        )
        out.append(build.gridded(model, dtypes))
    return out


@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip_is_byte_equal(build, dtype: str) -> None:
    for model in models(build, dtype):
        data = model.to_bytes()
        again = from_bytes(data, backend="numpy")
        assert again.to_bytes() == data
        assert again.dtypes == tuple("float32" if d == "float64" else d for d in model.dtypes)
        assert again.artifact == data


@pytest.mark.parametrize("dtype", DTYPES)
def test_read_models_give_the_values_of_the_stored_tables(build, dtype: str) -> None:
    for model in models(build, dtype):
        x = build.points(model, 300)
        again = from_bytes(model.to_bytes(), backend="numpy")
        stored = as_stored(model).value(x, level_index=True)
        assert (
            np.abs(again.value(x, level_index=True) - stored).max() <= 1e-13 * np.abs(stored).max()
        )


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_float_types_lose_no_more_than_their_rounding(build, dtype: str) -> None:
    """Every factor of a mode errs by half a unit in the last place, and so do W and the span
    matrices in float32."""
    model = build.gridded(build.cp(build.mixed_axes(), seed=3), (dtype,) * 5)
    x = build.points(model, 500)
    kappa = golden.measure(model, x)
    error = np.abs(
        from_bytes(model.to_bytes(), backend="numpy").value(x, level_index=True)
        - model.value(x, level_index=True)
    ).max(axis=0)
    factors = 5 * (HALF_UNIT[dtype] + 4 * 2.0**-25) + 2.0**-25
    assert (error <= 4 * factors * kappa.kappa * (kappa.high - kappa.low)).all()


def test_integers_and_dyadic_numbers_are_lossless(build) -> None:
    model = models(build, "int16")[0]
    again = from_bytes(model.to_bytes(), backend="numpy")
    wanted = model.interaction.sorted()
    for table, truth in zip(again.interaction.tables, wanted.tables, strict=True):
        assert np.array_equal(table, truth)
    assert np.array_equal(again.interaction.weights, wanted.weights.astype(np.float32))


def test_same_model_same_bytes_in_another_process(build, tmp_path) -> None:
    data = models(build, "mixed")[0].to_bytes()
    path = tmp_path / "a.sna"
    path.write_bytes(data)
    code = (
        f"import sna_edge, sys; sys.stdout.buffer.write(sna_edge.load({str(path)!r},"
        " backend='numpy').to_bytes())"
    )
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert again == data


def test_everything_that_is_not_a_number_survives(build) -> None:
    model = build.cp(build.mixed_axes(), seed=5)
    support = np.array([0, 1, 2, 254, 255], dtype=np.uint8)
    axes = (type(model.axes[0])("power", "W", model.axes[0].basis, (), support), *model.axes[1:])
    outputs = [
        Output("Länge", "µm", "exp", 2.0, -1.0, 0.5, Interval(0.8, 0.25, 0.5, "link"), None),
        Output("b", "", "identity", 1.0, 0.0, 0.0, Interval(0.9, 0.0, 3.0), None),
    ]
    certificate, metadata = {"max": 0.25, "at": [1, 2.5]}, {"name": "spür", "n": [1, {"a": None}]}
    model = model.replace(axes=axes, outputs=outputs, certificate=certificate, metadata=metadata)
    again = from_bytes(model.to_bytes(), backend="numpy")
    assert [(a.name, a.unit, a.kind, a.level_names) for a in again.axes] == [
        (a.name, a.unit, a.kind, a.level_names) for a in axes
    ]
    assert all(np.array_equal(a.support, b.support) for a, b in zip(again.axes, axes, strict=True))
    for a, b in zip(again.outputs, outputs, strict=True):
        for field in ("name", "unit", "link", "scale", "offset", "bias", "interval"):
            assert getattr(a, field) == getattr(b, field)
        assert a.range is not None and a.range[0] < a.range[1]
    assert again.certificate == model.certificate and again.metadata == model.metadata


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_links_survive(build, link: str) -> None:
    model = build.linked(link)
    x = build.points(model, 50)
    assert (
        np.abs(from_bytes(model.to_bytes(), backend="numpy").value(x) - model.value(x)).max() < 1e-5
    )


@pytest.mark.parametrize("p", range(8))
def test_every_degree_survives(build, p: int) -> None:
    from sna_edge.core.basis import (
        bernstein,
        bspline,
        graded_breaks,
        lagrange,
        periodic_bspline,
        uniform_breaks,
    )

    graded = graded_breaks(0.0, 1.0, 9, 0.4, 5.0)
    for basis in (
        bspline(graded, p),
        periodic_bspline(uniform_breaks(0.0, 1.0, 9), p),
        lagrange(graded, p),
        bernstein(graded, p),
    ):
        model = build.cp((sna_edge.Axis("x", "", basis),), rank=3, outputs=1)
        x = build.points(model, 60)
        again = from_bytes(model.to_bytes(), backend="numpy")
        assert again.to_bytes() == model.to_bytes()
        assert (
            np.abs(again.value(x) - model.value(x)).max()
            <= 2e-6 * np.abs(basis.matrices).max() * 10
        )


def test_save_and_load(build, tmp_path) -> None:
    model = build.cp(build.mixed_axes())
    model.save(tmp_path / "m.sna")
    assert (tmp_path / "m.sna").read_bytes() == model.to_bytes()
    assert sna_edge.load(tmp_path / "m.sna").to_bytes() == model.to_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["m.sna"]


def test_a_failed_save_leaves_the_old_file(build, tmp_path, monkeypatch) -> None:
    path = tmp_path / "m.sna"
    path.write_bytes(b"old")
    model = build.cp(build.mixed_axes())

    def broken(*_: object) -> None:
        raise OSError("disk full")

    for step in ("fsync", "replace", "chmod"):
        with monkeypatch.context() as patch:
            patch.setattr(f"os.{step}", broken)
            with pytest.raises(OSError, match="disk full"):
                model.save(path)
        assert path.read_bytes() == b"old" and [p.name for p in tmp_path.iterdir()] == ["m.sna"]


def test_missing_files_say_so(tmp_path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none\.sna"):
        sna_edge.load(tmp_path / "none.sna")
    with pytest.raises(InputError, match="cannot read"):
        sna_edge.load(tmp_path)


def test_golden_vectors_touch_every_span_off_the_breaks(build) -> None:
    for model in models(build, "float32"):
        x = domain_points.span_points(model.axes)
        for d, axis in enumerate(model.axes):
            span, u = axis.basis.locate(x[:, d])
            assert set(span) == set(range(axis.basis.n_spans))
            if axis.kind != "categorical":
                assert (u > 0.05).all() and (u < 0.95).all()
                assert np.array_equal(x[:, d].astype(np.float32), x[:, d])


def test_golden_inputs_of_narrow_axes_stay_in_their_span() -> None:
    """A domain far from zero, narrower than float32 resolves: full float64 inputs are kept."""
    axis = sna_edge.spline_axis("t", "s", 1.7e9, 1.7e9 + 10, spans=12)
    x = domain_points.span_points((axis,))
    assert set(axis.basis.locate(x[:, 0])[0]) == set(range(12))


class Wrong:
    """A backend that errs by a given fraction of the tolerance."""

    def __init__(self, model: Model, factor: float, tolerance: np.ndarray, name: str) -> None:
        self.inner, self.error, self.name = model.backend, factor * tolerance, name

    def value(self, x: np.ndarray) -> np.ndarray:
        return self.inner.value(x) + self.error

    def value_and_gradient(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.inner.value_and_gradient(x)


@pytest.mark.parametrize("name", ["numpy", "native"])
def test_a_backend_is_refused_just_above_its_tolerance(build, name: str) -> None:
    model = as_stored(build.cp(build.mixed_axes()))
    vectors, _ = golden.make(model)
    tolerance = vectors.tolerance64 if name == "numpy" else vectors.tolerance32
    for factor, good in ((0.9, True), (1.1, False), (np.nan, False)):
        wrong = Wrong(model, factor, tolerance, name)
        if good:
            golden.replay(wrong, vectors)
        else:
            with pytest.raises(ArtifactError, match="golden_mismatch"):
                golden.replay(wrong, vectors)


def test_float32_tolerance_covers_float32_arithmetic(build) -> None:
    """The chain of products and sums in float32, as a device without doubles does it."""
    for seed in range(5):
        model = as_stored(build.cp(build.smooth_axes(), seed=seed, rank=12))
        vectors, _ = golden.make(model)
        f = np.zeros((len(vectors.inputs), 2), dtype=np.float32) + np.array(
            [o.bias for o in model.outputs], dtype=np.float32
        )
        product = np.ones((len(vectors.inputs), 12), dtype=np.float32)
        for d, axis in enumerate(model.axes):
            atoms = axis.basis.design(vectors.inputs[:, d]).astype(
                np.float32
            ) @ model.interaction.tables[d].astype(np.float32)
            product[:, model.interaction.modes[d]] *= atoms
        f = f + product @ model.interaction.weights.astype(np.float32)
        y = np.stack([o.value(f[:, k].astype(float)) for k, o in enumerate(model.outputs)], axis=1)
        assert (np.abs(y - vectors.expected) <= vectors.tolerance32).all()


def test_tables_that_do_not_fit_are_refused(build) -> None:
    model = build.cp(build.smooth_axes(), seed=1, outputs=1)
    with pytest.raises(InputError, match="quantize"):
        model.replace(dtypes=["int8", "float32", "float32"]).to_bytes()
    work = model.interaction
    with pytest.raises(InputError, match="float32"):
        model.replace(interaction=work.with_tables(work.tables, work.weights * 1e300)).to_bytes()
    broken = (np.full_like(work.tables[0], np.nan), *work.tables[1:])
    with pytest.raises(InputError, match="NaN"):
        model.replace(interaction=work.with_tables(broken)).to_bytes()


def test_tiny_weights_become_zero_not_subnormal(build) -> None:
    model = build.cp(build.smooth_axes(), seed=1, outputs=1)
    work = model.interaction
    weights = work.weights.copy()
    weights[0] = 1e-42
    assert from_bytes(
        model.replace(interaction=work.with_tables(work.tables, weights)).to_bytes(),
        backend="numpy",
    )


def test_normalising_rounds_nothing(build) -> None:
    """Scales are powers of two: a table of dyadic numbers comes back as it was, up to that
    power."""
    model = build.gridded(build.cp(build.smooth_axes(), seed=1), ("int16", "int16", "int16"))
    tables = tuple(t * 3.0 for t in model.interaction.tables)
    stored = as_stored(
        model.replace(interaction=model.interaction.with_tables(tables), dtypes=["float32"] * 3)
    )
    for table, truth in zip(
        stored.interaction.tables, model.interaction.sorted().tables, strict=True
    ):
        ratio = np.divide(3 * truth, table, where=table != 0, out=np.ones_like(table))
        assert np.array_equal(np.exp2(np.rint(np.log2(ratio))), ratio)
        assert (np.abs(table).max(axis=0) <= 1).all() and (np.abs(table).max(axis=0) > 0.5).all()


def test_weights_of_a_hundred_axis_product_stay_finite() -> None:
    """Tables of size 1e-5 on 20 axes: normalised columns keep the products in float32's range."""
    rng = np.random.default_rng(0)
    axes = [sna_edge.spline_axis(f"x{d}", "", 0.0, 1.0, spans=2) for d in range(20)]
    tables = [1e-5 * (1 + 0.1 * rng.standard_normal((5, 3))) for _ in axes]
    model = Model(axes, sna_edge.CP.full(tables, np.full((3, 1), 1e80)), [Output("y")])
    again = from_bytes(model.to_bytes(), backend="numpy")
    x = rng.random((20, 20))
    assert np.abs(again.value(x) / model.value(x) - 1).max() < 1e-5


def test_sizes_of_records_are_those_of_the_page() -> None:
    sizes = {"HEADER": 64, "SECTION": 16, "AXIS": 80, "GROUP_RECORD": 16, "OUTPUT": 80}
    assert {name: getattr(layout, name).itemsize for name in sizes} == sizes


def test_files_are_aligned_and_padded_with_zeros(build, by_hand) -> None:
    data = models(build, "mixed")[0].to_bytes()
    h = by_hand(data)
    end = 64 + 13 * 16
    for i, name in enumerate(layout.FIRST_SECTIONS):
        number, offset, size, reserved = struct.unpack_from("<IIII", data, 64 + 16 * i)
        assert (number, reserved) == (i + 1, 0) and offset % 64 == 0 and 0 <= offset - end < 64
        assert not any(data[end:offset]) and h.place(name) == (offset, size)
        end = offset + size
    assert end == len(data)

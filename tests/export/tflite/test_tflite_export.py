"""TFLite files of every model kind, and the backend that serves them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Axis, BackendError, DomainError, InputError, Model, Output, spline_axis
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.cli import main
from sna_edge.core.basis import bspline
from sna_edge.numerics.domain_points import domain_points
from sna_export.graph.dense import filled

from ...model_kinds import (
    KINDS,
    mixed,
    model_on,
    replace_tables,
    rounded,
    sparse,
    spline_model,
)

litert = pytest.importorskip(
    "ai_edge_litert.interpreter",
    reason="ai-edge-litert is not installed: pip install 'sna-edge[tflite]'",
)

from sna_export.graph import build  # noqa: E402
from sna_export.graph.agreement import compare  # noqa: E402
from sna_export.tflite import export, to_bytes  # noqa: E402
from sna_export.tflite.blocks import in_blocks  # noqa: E402
from sna_export.tflite.export import run  # noqa: E402


@pytest.fixture
def served(tmp_path):
    """Save, export and load a model through the tflite backend."""

    def serve(model, **options):
        model.save(tmp_path / "m.sna")
        export(sna_edge.load(tmp_path / "m.sna", backend="numpy"), tmp_path, stem="m", **options)
        return sna_edge.load(tmp_path / "m.sna", backend="tflite")

    return serve


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_agrees_on_golden_and_random_points(kind: str) -> None:
    model = KINDS[kind]()
    interpreter = litert.Interpreter(model_content=to_bytes(model))
    runners = {
        name: interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()
    }
    found = compare(model, lambda name, x: run(runners[name], model, x), samples=10_000)
    assert set(runners) == {"forward", "value_and_gradient"}
    assert found.value <= 4e-6
    assert found.gradient <= 1e-5


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_is_small(kind: str) -> None:
    model = KINDS[kind]()
    assert len(to_bytes(model)) <= 1.3 * len(model.to_bytes()) + 12288


@pytest.mark.parametrize("dtype", ["float32", "int16", "int8"])
def test_small_sparse_models_are_written_densely_and_mean_the_same(dtype: str) -> None:
    model = sparse()
    model = as_stored(
        replace_tables(model, [rounded(t, dtype) for t in model.interaction.tables], (dtype,) * 4)
    )
    dense = filled(model)
    assert dense.interaction.uses.all()
    x = domain_points(model.axes, 500)
    np.testing.assert_allclose(
        dense.value(x), model.value(x), rtol=0, atol=1e-6 * np.ptp(model.value(x))
    )


def test_large_sparse_models_stay_sparse() -> None:
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=20) for d in range(4)]
    tables = tuple(np.ones((23, 16)) for _ in axes)
    modes = tuple(np.arange(16) + 16 * d for d in range(4))
    model = Model(axes, CP(tables, modes, np.ones((64, 1))), [Output("y")], dtypes=["float32"] * 4)
    assert filled(model) is model


def test_the_file_is_the_same_every_time() -> None:
    assert to_bytes(mixed()) == to_bytes(mixed())


@pytest.mark.parametrize("batch", [None, 1, 7])
def test_the_backend_gives_what_numpy_gives(served, batch: int | None) -> None:
    model = served(mixed(), batch=batch)
    rng = np.random.default_rng(1)
    x = np.array([a.lower for a in model.axes]) + rng.random((700, 4)) * [
        a.width for a in model.axes
    ]
    x[:, 3] = np.rint(x[:, 3])
    reference = model.with_backend("numpy")
    width = np.ptp(reference.value(x, level_index=True), axis=0)
    assert model.backend.name == "tflite"
    assert np.all(
        np.abs(model.value(x, level_index=True) - reference.value(x, level_index=True))
        <= 4e-6 * width
    )
    assert np.all(
        np.abs(model.value(x[0], level_index=True) - reference.value(x[0], level_index=True))
        <= 4e-6 * width
    )
    slope, wanted = model.gradient(x, level_index=True), reference.gradient(x, level_index=True)
    assert np.isnan(slope[:, :, 3]).all()
    allowed = 1e-5 * width[:, None] / np.array([a.width for a in model.axes])
    assert np.all(np.abs(slope - wanted)[:, :, :3] <= allowed[:, :3])


@pytest.mark.parametrize(
    "batch", [512, 700]
)  # two blocks; three, of which the last begins in the second
def test_many_rows_go_through_one_graph_in_blocks(batch: int) -> None:
    model = spline_model(7, 35, 32, outputs=2)
    whole, body = in_blocks(build(model, batch=batch), 2)
    assert body is not None and sum(n.op == "call" for n in whole.nodes) == -(-batch // body.batch)
    interpreter = litert.Interpreter(model_content=to_bytes(model, batch))
    x = domain_points(model.axes, batch)[:batch]
    value, *_ = run(interpreter.get_signature_runner("forward"), model, x)
    second, slope = run(interpreter.get_signature_runner("value_and_gradient"), model, x)[1:3]
    wanted, steep = model.value(x), model.gradient(x)
    width = np.ptp(wanted, axis=0)
    np.testing.assert_allclose(value, wanted[:, 0], rtol=0, atol=4e-6 * width[0])
    np.testing.assert_allclose(second, wanted[:, 1], rtol=0, atol=4e-6 * width[1])
    np.testing.assert_allclose(
        slope, steep[:, 0], rtol=0, atol=1e-5 * width[0] / min(a.width for a in model.axes)
    )


@pytest.mark.parametrize(("modes", "batch"), [(256, 700), (1024, 128), (1024, 257), (32, 100_003)])
def test_blocks_hold_every_row_in_order(modes: int, batch: int) -> None:
    whole, body = in_blocks(build(spline_model(7, 9, modes), batch=batch), 1)
    assert body is not None
    starts = [
        n.attributes["start"] for n in whole.nodes if n.op == "slice" and n.attributes["axis"] == 1
    ]
    size, *tails = [
        body.batch,
        *(n for n in whole.nodes if n.op == "slice" and n.attributes["axis"] == 0),
    ]
    skipped = [0] * (len(starts) - 1) + [tails[0].attributes["start"] if tails else 0]
    rows = [
        np.arange(start + skip, start + size) for start, skip in zip(starts, skipped, strict=True)
    ]
    np.testing.assert_array_equal(np.concatenate(rows), np.arange(batch))


@pytest.mark.parametrize("name", ["c0", "i0", "y_0", "slice1", "index6", "own0"])
def test_any_name_may_be_that_of_an_input_or_output(name: str) -> None:
    axes = [spline_axis(name if d == 0 else f"x{d}", "", 0.0, 1.0, spans=6) for d in range(7)]
    for model in (
        model_on(axes, modes=32),
        model_on(axes[1:], modes=32, outputs=[Output(name), Output("y")]),
    ):
        interpreter = litert.Interpreter(model_content=to_bytes(model, 700))
        x = domain_points(model.axes, 700)[:700]
        value = run(interpreter.get_signature_runner("forward"), model, x)[0]
        np.testing.assert_allclose(
            value, model.value(x)[:, 0], rtol=0, atol=4e-6 * np.ptp(model.value(x)[:, 0])
        )


def test_mixed_storage_keeps_the_slopes_of_lower_degrees() -> None:
    graded = Axis("a", "", bspline(np.array([0.0, 0.05, 0.15, 0.35, 0.6, 1.0]), 2))
    axes = [graded, spline_axis("b", "", 0.0, 1.0, spans=5)]
    dtypes = ("float32", "int16")
    model = model_on(axes)
    model = as_stored(
        replace_tables(
            model,
            [rounded(t, k) for t, k in zip(model.interaction.tables, dtypes, strict=True)],
            dtypes,
        )
    )
    interpreter = litert.Interpreter(model_content=to_bytes(model))
    runners = {
        name: interpreter.get_signature_runner(name) for name in interpreter.get_signature_list()
    }
    found = compare(model, lambda name, x: run(runners[name], model, x), samples=2000)
    assert found.value <= 4e-6 and found.gradient <= 1e-5


def test_graphs_of_few_numbers_stay_whole() -> None:
    assert in_blocks(build(spline_model(3, 12, 4), batch=2000), 2)[1] is None
    assert in_blocks(build(spline_model(7, 35, 32)), 2)[1] is None


@pytest.mark.parametrize("make", [mixed, lambda: spline_model(4, 12, 4)])
@pytest.mark.parametrize("resolver", ["AUTO", "BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"])
def test_nan_is_answered_with_nan_by_every_set_of_kernels(make, resolver: str) -> None:
    model = make()
    kind = litert.OpResolverType[resolver]
    runner = litert.Interpreter(
        model_content=to_bytes(model), experimental_op_resolver_type=kind
    ).get_signature_runner("forward")
    x = np.repeat([[(a.lower + a.upper) / 2 for a in model.axes]], 13, axis=0)
    x[:, 3] = 1.0
    for d, bad in enumerate((np.nan, np.inf, -np.inf)):
        x[4 * d + 1 : 4 * d + 5][np.diag_indices(4)] = bad
    value = run(runner, model, x)[0]
    assert np.isfinite(value[0]) and np.isnan(value[1:]).all()


def test_outside_the_domain_the_backend_refuses_or_extrapolates(served) -> None:
    model = served(spline_model(2, 12, 4))
    beyond = np.array([1.5, 1.0])
    with pytest.raises(DomainError, match="x0"):
        model.value(beyond)
    answer = model.evaluate(beyond, extrapolate=True)
    np.testing.assert_allclose(
        answer.value, model.with_backend("numpy").evaluate(beyond, extrapolate=True).value
    )


def test_the_domain_ends_where_it_ends_in_float64(served) -> None:
    model = served(mixed())
    inside = np.array([(a.lower + a.upper) / 2 for a in model.axes])
    inside[3] = 1.0
    for d, beyond in ((0, model.axes[0].upper * (1 + 1e-6)), (3, 1 + 1e-9)):
        x = inside.copy()
        x[d] = beyond
        for query in (x, x.tolist(), dict(zip(model.input_names, x.tolist(), strict=True))):
            with pytest.raises(DomainError, match=model.axes[d].name):
                model.value(query, level_index=True)
    assert model.backend.single(inside) is not None


def test_threads_share_a_model(served) -> None:
    model = served(spline_model(4, 12, 8))
    parts = [domain_points(model.axes, 600 * seed)[-600:] for seed in (1, 2)]
    wanted = [model.value(x) for x in parts]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(30):
            for got, right in zip(pool.map(model.value, parts), wanted, strict=True):
                np.testing.assert_array_equal(got, right)


def test_fixed_inputs_are_filled_in(served) -> None:
    model = served(sparse())
    part = model.at(x1=0.5).at(x3=0.1)
    x = np.array([[0.2, -0.3], [0.9, 1.0]])
    full = np.array([[0.2, 0.5, -0.3, 0.1], [0.9, 0.5, 1.0, 0.1]])
    assert part.backend.name == "tflite"
    np.testing.assert_array_equal(part.value(x), model.value(full))
    np.testing.assert_allclose(
        part.gradient(x), model.gradient(full)[:, :, [0, 2]], rtol=1e-5, atol=1e-5
    )


def test_inverse_queries_run_on_the_file(served) -> None:
    from sna_edge.inverse import roots

    model = served(spline_model(3, 10, 3, seed=2))
    truth = np.array([0.4, 0.7, 1.1])
    target = float(model.with_backend("numpy").value(truth)[0])
    found = roots(model.at(x0=0.4, x1=0.7), "x2", target)
    assert np.min(np.abs(np.asarray(found.x) - 1.1)) < 1e-6


def test_a_file_of_another_model_is_refused(tmp_path) -> None:
    spline_model(2, 12, 4).save(tmp_path / "m.sna")
    export(spline_model(2, 12, 4, seed=9), tmp_path, stem="m")
    with pytest.raises(BackendError, match="another model"):
        sna_edge.load(tmp_path / "m.sna", backend="tflite")
    (tmp_path / "m.tflite").unlink()
    with pytest.raises(BackendError, match="sna-edge export"):
        sna_edge.load(tmp_path / "m.sna", backend="tflite")


def test_a_damaged_file_is_named(served) -> None:
    path = Path(served(spline_model(2, 12, 4)).path)
    blob = path.with_suffix(".tflite").read_bytes()
    path.with_suffix(".tflite").write_bytes(blob[: len(blob) * 3 // 4])
    with pytest.raises(BackendError, match=r"damaged|does not name the model"):
        sna_edge.load(path, backend="tflite")


def test_without_a_runtime_the_message_says_what_to_install(served, monkeypatch) -> None:
    from sna_edge.backends import tflite

    model = served(spline_model(2, 12, 4))
    monkeypatch.setattr(tflite, "RUNTIMES", ("no_such_runtime",))
    with pytest.raises(BackendError, match="ai-edge-litert"):
        sna_edge.load(model.path, backend="tflite")


def test_bad_requests_are_one_sentence(tmp_path) -> None:
    model = spline_model(2, 12, 4)
    with pytest.raises(InputError, match="direct, onnx2tf"):
        export(model, tmp_path, converter="magic")
    with pytest.raises(InputError, match="--batch"):
        export(model, tmp_path, batch=-1)
    assert not list(tmp_path.iterdir())


def test_the_command_puts_the_file_beside_the_model(tmp_path, capsys) -> None:
    as_stored(spline_model(2, 12, 4)).save(tmp_path / "plate.sna")
    assert (
        main(
            ["export", str(tmp_path / "plate.sna"), "--to", "tflite", "-o", str(tmp_path), "--json"]
        )
        == 0
    )
    assert "agrees" in json.loads(capsys.readouterr().out)["check"]
    assert sna_edge.load(tmp_path / "plate.sna", backend="tflite").backend.name == "tflite"

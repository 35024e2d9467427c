"""ONNX files of every model kind against the float64 reference."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sna_edge import InputError, spline_axis
from sna_edge.artifact.canonical_form import as_stored
from sna_edge.cli import main

from ...model_kinds import KINDS, mixed, model_on, spline_model

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'sna-edge[onnx]'")
runtime = pytest.importorskip(
    "onnxruntime", reason="onnxruntime is not installed: pip install 'sna-edge[onnx]'"
)

from sna_export.graph.agreement import compare  # noqa: E402
from sna_export.onnx import export, proto, run  # noqa: E402


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_agrees_on_golden_and_random_points(kind: str, tmp_path) -> None:
    model = KINDS[kind]()
    files = export(model, tmp_path).paths
    sessions = {path.stem.removeprefix("model_"): runtime.InferenceSession(path) for path in files}
    found = compare(model, lambda name, x: run(sessions[name], x), samples=10_000)
    assert found.points > 10_000
    assert found.value <= 4e-6
    assert found.gradient <= 1e-5


@pytest.mark.parametrize("dtype", ["int8", "int16", "float16"])
def test_tables_keep_their_storage_type(dtype: str) -> None:
    stored = getattr(onnx.TensorProto, dtype.upper())
    model = spline_model(3, 20, 8, dtype=dtype)
    tables = [t for t in proto(model).graph.initializer if t.data_type == stored]
    assert sum(np.prod(t.dims) for t in tables) >= sum(t.size for t in model.interaction.tables)


def test_names_units_and_hash_are_in_the_file(tmp_path) -> None:
    model = mixed()
    found = onnx.load(export(model, tmp_path, opset=18).paths[1])
    facts = {p.key: p.value for p in found.metadata_props}
    assert [i.name for i in found.graph.input] == model.input_names
    assert [o.name for o in found.graph.output] == ["depth", "risk", "d_depth", "d_risk"]
    assert json.loads(facts["inputs"])[0][:2] == ["power", "W"]
    assert len(facts["sna_content_sha256"]) == 64
    assert found.opset_import[0].version == 18


def test_outside_the_domain_the_graph_says_nan(tmp_path) -> None:
    model = mixed()
    session = runtime.InferenceSession(export(model, tmp_path).paths[0])
    inside = np.array([100.0, 360.0, 5.0, 2.0])
    assert np.isfinite(run(session, inside[None])).all()
    for axis, bad in [
        (0, 99.9),
        (0, 401.0),
        (1, 361.0),
        (2, -1e-3),
        (3, 3.0),
        (3, 0.5),
        (3, -1.0),
        (0, np.nan),
        (2, np.inf),
    ]:
        x = inside.copy()
        x[axis] = bad
        assert np.isnan(run(session, x[None])).all(), (axis, bad)


def test_a_fixed_batch_is_fixed(tmp_path) -> None:
    model = spline_model(2, 12, 4)
    session = runtime.InferenceSession(export(model, tmp_path, batch=4).paths[0])
    x = np.repeat([[0.5, 0.9]], 4, axis=0)
    np.testing.assert_allclose(run(session, x)[0], as_stored(model).value(x)[:, 0], rtol=1e-5)
    assert session.get_inputs()[0].shape == [4]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"opset": 12}, "13..23"),
        ({"opset": 99}, "13..23"),
        ({"batch": 0}, "--batch"),
        ({"batch": 10**8}, "too large"),
    ],
)
def test_bad_requests_are_one_sentence(options: dict, words: str, tmp_path) -> None:
    with pytest.raises(InputError, match=words):
        export(spline_model(2, 12, 4), tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_the_command_writes_both_files(tmp_path, capsys) -> None:
    spline_model(2, 12, 4).save(tmp_path / "plate.sna")
    assert (
        main(
            [
                "export",
                str(tmp_path / "plate.sna"),
                "--to",
                "onnx",
                "-o",
                str(tmp_path / "out"),
                "--json",
            ]
        )
        == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "plate_forward.onnx",
        "plate_value_and_gradient.onnx",
    ]
    assert "agrees" in answer["check"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--to", "onnx", "--converter", "onnx2tf"],
            "--converter cannot be combined with --to onnx",
        ),
        (["--to", "tflite", "--opset", "17"], "--opset cannot be combined with --to tflite"),
        (["--to", "c", "--batch", "4"], "--to c; it goes with --to onnx or tflite"),
        (["--to", "onnx", "--float-only"], "--float-only cannot be combined with --to onnx"),
        (["--to", "onnx", "--stem", "../out"], "plain file name"),
    ],
)
def test_options_of_other_targets_are_refused(
    options: list[str], words: str, tmp_path, capsys
) -> None:
    spline_model(2, 12, 4).save(tmp_path / "plate.sna")
    assert main(["export", str(tmp_path / "plate.sna"), *options, "-o", str(tmp_path / "out")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["c0", "own0", "stack0_flat", "index6_any", "linear31_product"])
def test_any_name_may_be_that_of_an_input(name: str, tmp_path) -> None:
    axes = [spline_axis(name if d == 0 else f"x{d}", "", 0.0, 1.0, spans=6) for d in range(3)]
    assert export(model_on(axes, modes=4), tmp_path).agreement is not None

"""Around the ends of the domain Python, C in double and in float, ONNX and TFLite say inside and
outside of the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Axis, Model, Output, from_bytes, spline_axis

ENDS = {
    "0.1 .. 0.3": (0.1, 0.3),
    "0 .. 1": (0.0, 1.0),
    "-1 .. 0": (-1.0, 0.0),
    "-0.3 .. 0.7": (-0.3, 0.7),
    "metres": (1e-5, 4e-5),
    "kelvin": (273.15, 293.15),
    "pascal": (1e5, 1.1e5),
    "negative": (-7.1, -6.3),
    "wide": (0.0, 3e7),
    "picofarad": (0.0, 1e-12),
}


def model_on(lower: float, upper: float) -> Model:
    rng = np.random.default_rng(1)
    axes: list[Axis] = [spline_axis("a", "", lower, upper), spline_axis("b", "", 0.0, 1.0)]
    tables = [rng.uniform(0.2, 0.9, (a.basis.n_rows, 4)) for a in axes]
    return Model(
        axes, CP.full(tables, rng.normal(size=(4, 1))), [Output("y")], dtypes=["float32"] * 2
    )


def sweep(lower: float, upper: float) -> np.ndarray:
    """float32 numbers from well inside to well outside both ends, by their own steps and by shares
    of the slack."""
    from sna_edge.core.border import slack

    points = []
    for end in (lower, upper):
        near = [np.float32(end)]
        for direction in (-np.inf, np.inf):
            x = np.float32(end)
            for _ in range(12):
                x = np.nextafter(x, np.float32(direction))
                near.append(x)
        shares = np.array([-4, -1, -0.5, 0.25, 0.5, 0.9, 0.999, 1.001, 1.1, 2, 16, 1e3])
        near += list(np.float32(end + shares * slack(lower, upper))) + list(
            np.float32(end - shares * slack(lower, upper))
        )
        points += near
    return np.unique(np.array(points, np.float32)).astype(float)


def inside(y: np.ndarray) -> np.ndarray:
    return np.isfinite(y)


def answers_of_graphs(model: Model) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """ONNX and TFLite where their runtimes are installed: x [N, 2] -> y [N]."""
    found: dict[str, Callable[[np.ndarray], np.ndarray]] = {}
    try:
        import onnxruntime

        from sna_export.onnx.export import proto, run

        session = onnxruntime.InferenceSession(
            proto(model).SerializeToString(), providers=["CPUExecutionProvider"]
        )
        found["onnx"] = lambda x: run(session, x)[0]
    except ModuleNotFoundError:
        pass
    try:
        from ai_edge_litert.interpreter import Interpreter

        from sna_export.tflite.export import run as run_tflite
        from sna_export.tflite.export import to_bytes

        runner = Interpreter(model_content=to_bytes(model)).get_signature_runner("forward")
        found["tflite"] = lambda x: run_tflite(runner, model, x)[0]
    except ModuleNotFoundError:
        pass
    return found


@pytest.mark.parametrize("name", ENDS)
def test_all_say_the_same_around_both_ends(name: str, c_double: Any, c_float: Any) -> None:
    lower, upper = ENDS[name]
    data = model_on(lower, upper).to_bytes()
    model = from_bytes(data, backend="numpy")
    a = sweep(lower, upper)
    x = np.stack([a, np.full(len(a), 0.375)], axis=1)
    reference = model.evaluate(x)
    assert {int(s) for s in reference.status} == {0, -1}
    at_end = {end: model.value([end, 0.375])[0] for end in (lower, upper)}
    said = {"C double": native(c_double, data, x), "C float": native(c_float, data, x)}
    said |= {name: f(x) for name, f in answers_of_graphs(model).items()}
    slack = model.axes[0].slack
    for who, y in said.items():
        differ = inside(y) != (reference.status == 0)
        if (
            who == "C float"
        ):  # its sums are float32: within a step of the slack's own end it may decide otherwise
            step = 2 * np.spacing(np.float32(max(abs(lower), abs(upper))))
            differ &= np.minimum(np.abs(a - (lower - slack)), np.abs(a - (upper + slack))) > step
        assert not differ.any(), (who, a[differ])
        rounding = (
            np.ptp(reference.value[reference.status == 0]) + np.abs(list(at_end.values())).max()
        )
        for end, beyond in ((lower, a < lower), (upper, a > upper)):
            near = beyond & inside(y) & (reference.status == 0)
            np.testing.assert_allclose(
                y[near], at_end[end], rtol=0, atol=4e-6 * rounding if who != "C double" else 1e-12
            )
        assert np.isfinite(y[(a >= lower) & (a <= upper)]).all()


def native(library: Any, data: bytes, x: np.ndarray) -> np.ndarray:
    opened = library.open(data)
    assert (opened.status, opened.verify()) == (0, 0), opened.rule
    y, _ = opened.value(x)
    return np.asarray(y, dtype=float)[:, 0]


COARSE = {
    "unix seconds": ((1.6e9, 1.6e9 + 60), 0.0, True),
    "pascal": ((101324.0, 101326.0), 0.0, True),
    "days": ((19700.0, 19700.5), 0.0, True),
    "negative": ((-5e7, -5e7 + 3), 0.0, True),
    "y = 1e9 + a little": ((0.0, 1.0), 1e9, True),
    "y = -1e8 + a little": ((0.0, 1.0), -1e8, True),
    "kelvin": ((288.15, 303.15), 10.0, False),
    "ten times its range away": ((-70.1, -69.3), 10.0, False),
    "beyond float": ((0.0, 1e39), 0.0, True),
    "zero to one": ((0.0, 1.0), 0.0, False),
}


@pytest.mark.parametrize("name", COARSE)
def test_single_precision_refuses_what_a_float_does_not_carry(
    name: str, c_double: Any, c_float: Any
) -> None:
    """Not a self-test that passes with every answer 1000000000.000, and no status without a
    reason."""
    ends, offset, coarse = COARSE[name]
    model = model_on(*ends)
    data = model.replace(outputs=[Output("y", offset=offset)]).to_bytes()
    small, large = c_float.open(data), c_double.open(data)
    assert small.library.status_name(small.status) == ("unsupported" if coarse else "ok")
    assert (large.status, large.verify()) == (0, 0)
    assert coarse or small.verify() == 0

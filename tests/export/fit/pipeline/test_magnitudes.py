"""Numbers beyond what targets carry: one sentence with the column before the fit, or right on every
backend."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, InputError, Interval, Model, Output, spline_axis
from sna_edge.artifact import from_bytes
from sna_edge.cli import main
from sna_export.fit import AxisSpec, fit_arrays

RNG = np.random.default_rng(0)
U = RNG.random((40, 2))
Y = 3 * U[:, 0] + U[:, 1] + 0.5 * U[:, 0] * U[:, 1] + 1
BACKENDS = ["numpy", *(["native"] if importlib.util.find_spec("sna_edge_native") else [])]

BEYOND = [1e31, 1e40, 1e150, 1e160, 1e300, 1e308, 1e-31, 1e-45, 1e-160, 1e-300, 1e-310, 5e-322]
CARRIED = [
    (1e29, 1.0),
    (1e-28, 1.0),
    (1.0, 1e29),
    (1.0, 1e-28),
    (1e-15, 1e16),
    (1e15, 1e-16),
    (1e6, 1e-9),
    (1e-12, 1e12),
]


def columns(sx: float, sy: float) -> tuple[np.ndarray, np.ndarray]:
    x = U.copy()
    x[:, 0] *= sx
    return x, Y * min(sy, 1e307) / 5


@pytest.mark.parametrize("size", BEYOND)
@pytest.mark.parametrize("which", ["input", "output"])
def test_magnitudes_that_no_target_carries_are_one_sentence(which: str, size: float) -> None:
    """1e160 was an internal error, 1e-300 a raw warning, 1e40 a file that every target
    refused."""
    x, y = columns(size, 1.0) if which == "input" else columns(1.0, size)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InputError, match=rf"{which} '(x0|y)' (reaches|spans) .*unit"):
            fit_arrays(x, y, time_limit=5.0)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("offset,spread", [(1.0, 1e-14), (1e6, 1e-8), (1e9, 1e-6), (1e20, 1e5)])
@pytest.mark.parametrize("which", ["input", "output"])
def test_spreads_that_doubles_do_not_tell_apart(
    which: str, offset: float, spread: float, sign: float
) -> None:
    x, y = U.copy(), Y.copy()
    if which == "input":
        x[:, 0] = sign * offset + spread * U[:, 0]
    else:
        y = sign * offset + spread * Y
    with pytest.raises(InputError, match=f"{which} .*subtract an offset"):
        fit_arrays(x, y)


@pytest.mark.parametrize("domain", [(0.0, 1e40), (-1e160, 1.0), (0.0, 1e-40)])
def test_declared_domains_count(domain: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="input 'a'"):
        fit_arrays(U, Y, [AxisSpec("a", domain=domain), AxisSpec("b")], ["y"])


def test_slopes_count() -> None:
    x, y = columns(1e-25, 1e25)
    with pytest.raises(InputError, match=r"slope.*another unit"):
        fit_arrays(x, y)


@pytest.mark.parametrize("sx,sy", CARRIED)
def test_what_is_carried_is_right_on_every_backend(sx: float, sy: float) -> None:
    x, y = columns(sx, sy)
    model = fit_arrays(x, y, link="identity", time_limit=5.0).model
    data = model.to_bytes()
    for backend in BACKENDS:
        again = from_bytes(data, backend)
        assert np.abs(again.backend.value(x)[:, 0] - y).max() < 1e-3 * np.ptp(y)
        assert np.isfinite(again.gradient(x)).all()


HAND = [
    (0.0, 1e40),
    (-1e160, 0.0),
    (0.0, 1e-45),
    (1e9, 1e9 + 1e-6),
    (0.0, 1e300),
    (-1e-300, 1e-300),
    (-1e153, 1e155),
    (1e-40, 3e-40),
]


@pytest.mark.parametrize("lower,upper", HAND)
def test_axes_made_by_hand_are_right_in_double_without_warnings(lower: float, upper: float) -> None:
    model = Model(
        [spline_axis("a", "", lower, upper, spans=1, degree=1)],
        CP.full([np.array([[0.0], [1.0]])]),
        [Output("y")],
    )
    x = lower + (upper - lower) * np.linspace(0, 1, 9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = model.to_bytes()
        for backend in BACKENDS:
            y = from_bytes(data, backend).backend.value(x[:, None])[:, 0]
            assert np.abs(y - (x - lower) / (upper - lower)).max() < 1e-6


SCALES = [
    (1e40, 0.0),
    (1e-45, 0.0),
    (1e160, 0.0),
    (1e-300, 0.0),
    (1e300, 0.0),
    (-1e200, 1e200),
    (1.0, 1e14),
    (1e-40, 1e-40),
]


@pytest.mark.parametrize("scale,offset", SCALES)
def test_outputs_made_by_hand_are_right_in_double_without_warnings(
    scale: float, offset: float
) -> None:
    output = Output(
        "y", scale=scale, offset=offset, interval=Interval(0.9, abs(scale) / 10, abs(scale) / 10)
    )
    model = Model(
        [spline_axis("a", "", 0.0, 1.0, spans=1, degree=1)],
        CP.full([np.array([[0.0], [1.0]])]),
        [output],
    )
    x = np.linspace(0, 1, 9)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = model.to_bytes()
        for backend in BACKENDS:
            found = from_bytes(data, backend).evaluate(x)
            assert np.abs((found.value[:, 0] - offset) / scale - x[:, 0]).max() < (
                1e-6 if abs(offset) < 1e13 * abs(scale) else 0.1
            )
            assert (found.lower < found.value).all() and (found.value < found.upper).all()


@pytest.mark.parametrize("lower,upper", [(0.0, 5e-320), (0.0, 1.5e-306), (0.0, 1e-310)])
def test_axes_beyond_double_are_refused_when_written(lower: float, upper: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the basis, made before
        model = Model(
            [spline_axis("a", "", lower, upper, spans=1, degree=1)],
            CP.full([np.array([[0.0], [1.0]])]),
            [Output("y")],
        )
    with pytest.raises(InputError, match=r"input 'a'.*unit"):
        model.to_bytes()


@pytest.mark.parametrize("scale,offset", [(1e308, 1e308), (-1.7e308, -1e308)])
def test_outputs_beyond_double_are_refused_when_written(scale: float, offset: float) -> None:
    table = CP.full([np.array([[0.0], [1.0]])])
    model = Model(
        [spline_axis("a", "", 0.0, 1.0, spans=1, degree=1)],
        table,
        [Output("y", scale=scale, offset=offset)],
    )
    with pytest.raises(InputError, match=r"output 'y'.*unit"):
        model.to_bytes()


@pytest.mark.parametrize("cell", ["1e40", "1e200", "-1e160", "1e-320"])
def test_the_command_names_the_column(
    cell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "a,b,y\n" + "".join(f"{float(cell) * (i + 1) / 9!r},{i % 3},{i}\n" for i in range(8))
    )
    assert main(["fit", str(table), "--target", "y", "-o", str(tmp_path / "m.sna")]) == 2
    said = capsys.readouterr().err
    assert "'a'" in said and "unit" in said and len(said.strip().splitlines()) == 1

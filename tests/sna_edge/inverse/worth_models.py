"""Models that say what solutions are worth, by hand: familiar where x is below 1.2, as wide as the
inputs say."""

from __future__ import annotations

import numpy as np

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.core.beside import GRID, Calibration, Companion, Coordinate, CoordinateSource, Role

LOGITS = (np.arange(GRID) - 16) / 2
SCATTER = 0.02 * LOGITS


def on(table: list[float], output: Output) -> Model:
    """A function of x on 0 .. 2, linear between 0, 1 and 2."""
    axis = spline_axis("x", "m", 0, 2, spans=2, degree=1)
    return Model([axis], CP.full([np.array(table)[:, None]]), [output])


def familiar() -> tuple[Companion, dict[str, object]]:
    """A density that falls from 1 at x = 1 to 0 at x = 2, and scores of it: p is 1 / 501 past
    x = 1.2."""
    density = on([1.0, 1.0, 0.0], Output("density"))
    made = Companion(
        Role.FAMILIARITY, density, (Coordinate(CoordinateSource.INPUT, 0),), weight=1.0
    )
    scores = np.linspace(np.log(0.8), -1e-9, GRID)
    return made, {"n_scores": 500, "scores": scores, "least_p": 0.005}


def tent(*, wide: bool = False, outputs: int = 1, correlation: float = 0.0) -> Model:
    """y = x up to 1, then 2 - x; where `wide`, sigma is exp(4 (x - 1)) past 1; a second output is
    -y."""
    axis = spline_axis("x", "m", 0, 2, spans=2, degree=1)
    weights = np.array([[1.0, -1.0][:outputs]])
    companion, told = familiar()
    numbers = Calibration(
        500, [SCATTER] * outputs, [0.0] * outputs, [correlation] * (outputs - 1), **told
    )
    beside = [companion]
    if wide:
        sigma = on([0.0, 0.0, 4.0], Output("sigma", link="exp"))
        beside.append(Companion(Role.SCALE, sigma, (Coordinate(CoordinateSource.INPUT, 0),)))
    return Model(
        [axis],
        CP.full([np.array([[0.0], [1.0], [0.0]])], weights),
        [Output(name) for name in "yz"[:outputs]],
        companions=beside,
        calibration=numbers,
    )


def plane(correlation: float = 0.0, *, told: bool = True) -> Model:
    """a = x + y and b = x - y on 0 .. 2; familiar where x is below 1.2."""
    axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    tables = [np.array([[0.0, 1.0], [2.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 2.0]])]
    companion, scores = familiar()
    numbers = Calibration(500, [SCATTER] * 2, [0.0] * 2, [correlation], **(scores if told else {}))
    return Model(
        axes,
        CP.full(tables, np.array([[1.0, 1.0], [1.0, -1.0]])),
        [Output("a"), Output("b")],
        companions=[companion] if told else [],
        calibration=numbers,
    )

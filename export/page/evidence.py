"""What the page draws of a model's worth beside its own answers, as data for JSON.

    worth    {level, rows, least, familiar, correlation [K (K - 1) / 2], outputs [{space, link,
             scale, offset, quantiles [33], floor, lowest, highest}]}: how measurements scatter
    quality  {said, outputs [{name, levels, quarters, places}]}: covered shares of measured rows

A share is {name, rows, covered, least, most}: least .. most is what a perfect model would cover in
95 of 100 tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.uncertainty.interval import supported

from ..calibrate.coverage import Part, coverage, perfect
from ..calibrate.judged import LEVELS, Judged
from ..calibrate.local_scale import constant
from ..calibrate.residuals import interval_score

Floats = NDArray[np.float64]
READ_AT = (0.9, 0.8, 0.5)
"""Levels of the interval that the scale is read from: the first that the rows support."""
PLACES = 10
WIDER = "wider than it need be"
"""Bins of the place of measured values in their predicted distribution."""


def distribution(model: Model) -> dict[str, Any] | None:
    """`worth` of a model; None where it has no quantiles of residuals."""
    found = model.calibration
    if found is None or not found.n_residuals:
        return None
    levels = [v for v in READ_AT if _supports(model, v)]
    if not levels:
        return None
    return {
        "level": levels[0],
        "rows": found.n_residuals,
        "least": max(1.0 / (1.0 + float(np.exp(8.0))), 1.0 / (found.n_residuals + 1.0)),
        "familiar": found.least_p if found.n_scores else None,
        "correlation": found.correlation.tolist(),
        "outputs": [
            _output(o, space, q, floor)
            for o, space, q, floor in zip(
                model.outputs, found.spaces, found.quantiles, found.floor, strict=True
            )
        ],
    }


def _output(output: Output, space: str, quantiles: Floats, floor: float) -> dict[str, Any]:
    lowest, highest = (float(v) if np.isfinite(v) else None for v in output.ends)
    return {
        "space": space,
        "link": output.link,
        "scale": output.scale,
        "offset": output.offset,
        "quantiles": quantiles.tolist(),
        "floor": float(floor),
        "lowest": lowest,
        "highest": highest,
    }


def judged_by(
    model: Model, x: Floats, measured: Floats, axes: Sequence[Axis] | None = None
) -> tuple[Judged, ...]:
    """The model's own predictions and intervals on measured rows x [N, I] of `axes` (None: the D
    of the model), measured [N, K]; rows that it refuses or that lack the output are left out,
    outputs without intervals too. Nothing is held out: where the model was fitted to these rows,
    they look better than new ones will."""
    axes = model.axes if axes is None else axes
    found = []
    for k in range(len(model.outputs)):
        told = model.evaluate(_asked(axes, x), level_index=True)
        use = (told.status >= 0) & np.isfinite(measured[:, k]) & np.isfinite(told.lower[:, k])
        if use.sum() > 1:
            found.append(_own(model, k, axes, x[use], measured[use, k]))
    return tuple(found)


def _asked(axes: Sequence[Axis], x: Floats) -> dict[str, Floats]:
    """Columns by name."""
    return {axis.name: x[:, d] for d, axis in enumerate(axes)}


def _own(model: Model, k: int, axes: Sequence[Axis], x: Floats, y: Floats) -> Judged:
    output, query = model.outputs[k], _asked(axes, x)
    usual = output.interval.level if output.interval else READ_AT[0]
    told = model.evaluate(query, level_index=True)
    by_level = {usual: (told.lower[:, k], told.upper[:, k])}
    for level in LEVELS:
        if level != usual and _supports(model, level):
            at = model.evaluate(query, level=level, level_index=True)
            by_level[level] = at.lower[:, k], at.upper[:, k]
    predicted = told.value[:, k]
    covered = {
        level: coverage(*((axes, x) if level == usual else ((), x[:, :0])),
                        y, predicted, *ends, level)
        for level, ends in sorted(by_level.items())
    }  # fmt: skip
    low, high = by_level[usual]
    score = float(interval_score(y, low, high, usual).mean())
    pit = np.empty(0)
    if model.calibration is not None and model.calibration.n_residuals:
        pit = model.predictive(query, level_index=True).cdf(_column(y, k, len(model.outputs)))[:, k]
    why = "these are the model's own predictions of rows that it may have been fitted to"
    return Judged(
        output, constant(len(x)), covered[usual], covered, pit, predicted, high - low, high - low,
        score, score, why,
    )  # fmt: skip


def _column(y: Floats, k: int, outputs: int) -> Floats:
    """y [N] as column k of [N, K]."""
    found = np.zeros((len(y), outputs))
    found[:, k] = y
    return found


def _supports(model: Model, level: float) -> bool:
    try:
        supported(model.calibration.n_residuals if model.calibration else 0, level)
    except InputError:
        return False
    return True


def quality(found: Sequence[Judged], said: str, held: bool = True) -> dict[str, Any] | None:
    """`quality` of judged outputs; `said`: which rows these are, `held` whether predictions had not
    seen them (where they had, intervals that cover too much say nothing). None without outputs."""
    if not found:
        return None
    return {"said": said, "outputs": [_judged(one, held) for one in found]}


def _judged(one: Judged, held: bool) -> dict[str, Any]:
    levels = [{"level": level, **_share(at.whole)} for level, at in sorted(one.at_levels.items())]
    return {
        "name": one.output.name,
        "level": one.coverage.level,
        "levels": levels,
        "quarters": [_share(p) for p in one.coverage.by_prediction],
        "inputs": {
            name: [_share(p) for p in parts] for name, parts in one.coverage.by_input.items()
        },
        "places": _places(one),
        "said": [s for s in one.sentences if held or not s.endswith(WIDER)],
    }


def _share(part: Part) -> dict[str, Any]:
    n = part.rows
    return {
        "name": part.name, "values": part.where, "rows": n, "covered": _short(part.inside / n),
        "least": _short(part.least / n), "most": _short(part.most / n), "verdict": part.verdict,
    }  # fmt: skip


def _places(one: Judged) -> dict[str, Any] | None:
    """Shares of rows by tenth of their predicted distribution; None for few rows."""
    n = len(one.pit)
    if n < 50:
        return None
    low, high = perfect(n, 1.0 / PLACES, PLACES, one.worth)
    counts = np.histogram(one.pit, bins=PLACES, range=(0, 1))[0]
    return {
        "shares": [_short(c / n) for c in counts],
        "least": _short(low / n),
        "most": _short(high / n),
    }


def _short(value: float) -> float:
    return float(f"{value:.5g}")

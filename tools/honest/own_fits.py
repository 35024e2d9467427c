"""sna-edge's own fits with the local width, asked as a file is asked."""

from __future__ import annotations

import numpy as np
from measures import JUDGED, LEVELS, judged
from tables import Measured, drawn

from sna_export.calibrate import calibrated
from sna_export.fit import fit_arrays

OWN = (
    "track depth",
    "concrete strength",
    "turbine CO 2011",
    "turbine yield by weather",
    "moulding torque",
    "machine temperature",
)
SECONDS, ROWS, FEWER, SEED = 30, 700, 500, 0


def own_fit(table: Measured) -> list[str]:
    """Rows, kind of the scale, score over the constant width, RMSE over the out-of-fold one and
    coverage by quartile of a fit of at most SECONDS, on test rows inside its domain."""
    split = drawn(table, ROWS, SEED) or drawn(table, FEWER, SEED)
    assert split is not None
    fit = fit_arrays(split.x, split.y, time_limit=SECONDS)
    made = calibrated(fit.model, fit.inputs, fit.measured, fit.predicted)
    plain = calibrated(fit.model, fit.inputs, fit.measured, fit.predicted, local=False).model
    status = fit.model.evaluate(split.x_test, level_index=True).status
    x, y = split.x_test[status >= 0], split.y_test[status >= 0]
    found = []
    for model in (plain, made.model):
        p = model.value(x, level_index=True)[:, 0]
        ends = [model.interval_at(x, level, level_index=True) for level in LEVELS]
        lower, upper = (
            np.stack([getattr(e, end)[:, 0] for e in ends]) for end in ("lower", "upper")
        )
        found.append(judged(y, p, lower, upper))
    missed = [np.sqrt(np.mean(e**2)) for e in (y - p, (fit.measured - fit.predicted)[:, 0])]
    cover = [" ".join(f"{100 * c:.0f}" for c in j.covered / j.rows) for j in found]
    ratio = found[1].score[JUDGED] / found[0].score[JUDGED]
    kind = f"{made.scales[0].kind}, {made.scales[0].shrink:g}"
    error = f"{missed[0] / missed[1]:.2f}"
    return [table.name, str(len(split.y)), kind, f"{ratio:.3f}", error, " / ".join(cover)]

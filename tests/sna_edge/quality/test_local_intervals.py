"""Models of format 1.1: a value is never accepted without its interval, nor where it is
unfamiliar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sna_edge import Status
from sna_edge.quality import Limit
from sna_edge.quality.limits import LineLimits
from sna_edge.quality.verdict import judge

from .. import beside_models as made

X = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "density": 40.0}


def test_a_value_without_its_local_interval_gets_no_verdict() -> None:
    model = made.whole()
    y = model(X)[0]
    limits = LineLimits((Limit("depth", lsl=y - 0.5, usl=y + 0.5),))
    few = model.replace(calibration=made.calibration(n_residuals=18))
    bare, told = few.evaluate(X), model.evaluate(X)
    assert np.isnan(bare.lower).all()
    assert judge(few, limits, bare).verdict.tolist() == ["NO VERDICT"]
    assert judge(model, limits, told).verdict.tolist() == ["ACCEPT"]
    narrow = LineLimits((Limit("depth", lsl=y - 0.001, usl=y + 0.001),))
    assert judge(model, narrow, told).verdict.tolist() == ["NO VERDICT"]


def test_an_unfamiliar_part_gets_no_verdict_inside_and_outside() -> None:
    model = made.whole(companions=(), calibration=None)
    found = replace(model.evaluate(X), status=np.array([Status.UNFAMILIAR], np.int8))
    y = model(X)[0]
    for limit in (Limit("depth", usl=y + 1.0), Limit("depth", usl=y - 1.0)):
        judged = judge(model, LineLimits((limit,)), found)
        assert judged.verdict.tolist() == ["NO VERDICT"] and judged.edge.all()

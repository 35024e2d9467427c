"""Intervals of fields: as wide as runs left out were missed by, at these parameters."""

from __future__ import annotations

import numpy as np

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.core.axis import Axis
from sna_edge.core.basis import levels
from sna_edge.core.mesh import Mesh
from sna_export.fields.folds import HeldOut, folds_of_runs
from sna_export.fields.intervals import with_intervals

from ...runs_of_a_plate import SQUARE


def test_intervals_are_wider_where_runs_left_out_were_missed_by_more() -> None:
    rng = np.random.default_rng(0)
    nodes, runs = SQUARE.p.shape[1], 60
    x = rng.random((runs, 2))
    fields = rng.normal(size=(runs, nodes)) * (0.01 + x[:, 1:])  # errors grow with q alone
    held = HeldOut(fields, np.zeros_like(fields), np.full(nodes, 1 / nodes), 1)
    part = Axis("part", "", levels(nodes), mesh=Mesh(SQUARE.p.T, SQUARE.t.T, ("x", "y")))
    axes = [part, *(spline_axis(n, "", 0, 1, spans=1, degree=1) for n in "pq")]
    tables = [np.zeros((a.basis.n_rows, 1)) for a in axes]
    model = Model(axes, CP.full(tables), [Output("u")])
    found = with_intervals(model, x, held, folds_of_runs(runs, 5, 0), seed=0)
    q = np.array([0.1, 0.9])
    wide = found.model.evaluate({"part": 3, "p": 0.5, "q": q})
    ratio = np.divide(*(wide.upper - wide.lower)[::-1, 0])
    assert 5.0 < ratio < 14.0  # 0.91 / 0.11 = 8.3
    across = found.model.evaluate({"part": 3, "p": q, "q": 0.5})
    assert 0.7 < np.divide(*(across.upper - across.lower)[::-1, 0]) < 1.4
    assert 0.85 < found.coverage < 0.96

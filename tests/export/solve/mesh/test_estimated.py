"""How large the error on a part is said to be, against what is true."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    div_div,
    grad_grad,
    mesh_space,
    on,
    parameter,
    solve,
    strain_strain,
    test_function,
    unknown,
)

skfem: Any = pytest.importorskip("skfem")
LEAST = 1e-3


def layer(x, k):
    """The solution of -k u'' + u = 1 with u = 0 at 0 and 1."""
    width = np.sqrt(k)
    return 1.0 - np.cosh((x - 0.5) / width) / np.cosh(0.5 / width)


def test_the_mesh_is_looked_at_where_it_errs_most_and_not_the_model():
    u, v = unknown(), test_function()
    ends = {"ends": lambda x, y: (x < 1e-9) | (x > 1.0 - 1e-9)}
    part = mesh_space("part", skfem.MeshTri().refined(4), held=["ends"], sets=ends)
    k = parameter("k", LEAST, 0.2, breaks=np.geomspace(LEAST, 0.2, 6), degree=4)
    problem = Problem("layer", (part, k), k * grad_grad(u, v, part) + u * v, 1.0 * v)
    found = solve(problem, tolerance=1e-5)
    exact = layer(part.points[0], LEAST)
    nodes = np.arange(part.space.n_nodes)
    miss = found.model.grid({"part": nodes}, at={"k": LEAST})[..., 0].reshape(-1) - exact
    true = np.sqrt((part.size @ miss**2) / (part.size @ exact**2))
    assert found.estimate.at == {"k": LEAST}
    assert true / 2 < found.estimate.worst < 5 * true
    assert found.estimate.relative < found.estimate.worst / 2  # most of the box is met better


def test_a_component_that_is_nearly_zero_has_no_error_of_its_own():
    sets = {
        "left": lambda x, y: x < 1e-9,
        "foot": lambda x, y: y < 1e-9,
        "right": lambda x, y: x > 1.0 - 1e-9,
    }
    mesh = skfem.MeshTri().refined(2)
    part = mesh_space("part", mesh, components=2, held={"left": "x", "foot": "y"}, sets=sets)
    lame = parameter("lame", 0.0, 1.0, spans=3, degree=4)
    u, v = unknown(part), test_function(part)
    elastic = lame * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    pulled = Problem("pulled", (part, lame), elastic, 1.0 * v["x"] * on(part, "right"))
    found = solve(pulled)  # at lame = 0 nothing moves along y
    assert found.estimate.worst < 1e-2 and not found.doubts

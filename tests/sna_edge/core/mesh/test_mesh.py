"""Meshes behind node axes: points are found, polynomials reproduced, distances right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sna_edge.core.mesh import Mesh, NodeIndex
from sna_edge.core.mesh.mesh import EDGES
from sna_edge.core.mesh.search import Search
from sna_edge.core.mesh.simplices import barycentric, to_border
from sna_edge.errors import InputError


def triangles(n: int = 6) -> tuple[Any, Any]:
    """Points and cells of a square of n x n squares, each cut in two."""
    x, y = np.meshgrid(np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1), indexing="ij")
    i = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).reshape(-1)
    a, b, c, d = i, i + 1, i + n + 1, i + n + 2
    cells = np.concatenate([np.stack([a, b, c], axis=1), np.stack([b, c, d], axis=1)])
    return np.stack([x.reshape(-1), y.reshape(-1)], axis=1), cells


def tetrahedra() -> tuple[Any, Any]:
    """A cube as six tetrahedra around its diagonal."""
    points = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)], dtype=float)
    ways = [(1, 3), (1, 5), (2, 3), (2, 6), (4, 5), (4, 6)]
    return points, np.array([[0, p, q, 7] for p, q in ways])


def quadratic(points: Any, cells: Any) -> tuple[Any, Any]:
    """With the middles of edges."""
    dim = points.shape[1]
    found, more, known = [tuple(p) for p in points], [], {}
    for cell in cells:
        row = []
        for i, j in EDGES[dim]:
            key = tuple(sorted((int(cell[i]), int(cell[j]))))
            if key not in known:
                known[key] = len(found)
                found.append(tuple((points[key[0]] + points[key[1]]) / 2))
            row.append(known[key])
        more.append([*cell, *row])
    return np.array(found), np.array(more)


@pytest.mark.parametrize("made", [triangles, tetrahedra])
@pytest.mark.parametrize("degree", [1, 2])
def test_polynomials_of_its_degree_are_reproduced_at_points(made: Any, degree: int) -> None:
    points, cells = made() if degree == 1 else quadratic(*made())
    mesh = Mesh(points, cells, ("x", "y", "z")[: points.shape[1]])
    rng = np.random.default_rng(0)
    asked = rng.random((200, points.shape[1]))
    nodes, weights, distance = mesh.located(asked)
    assert np.all(distance == 0) and np.allclose(weights.sum(axis=1), 1.0)

    def f(x: Any) -> Any:
        return (
            1 + x @ np.arange(1, x.shape[1] + 1) + (degree - 1) * (x[:, 0] ** 2 - x[:, 1] * x[:, 0])
        )

    assert np.allclose((f(points)[nodes] * weights).sum(axis=1), f(asked), atol=1e-12)


def test_nodes_and_corners_are_inside() -> None:
    points, cells = triangles()
    mesh = Mesh(points.astype(np.float32), cells, ("x", "y"))
    nodes, weights, distance = mesh.located(points)
    assert np.all(distance == 0)
    assert np.array_equal(nodes[np.arange(len(points)), weights.argmax(axis=1)], np.arange(49))


def test_points_outside_know_how_far() -> None:
    mesh = Mesh(*triangles(), ("x", "y"))
    asked = np.array([[1.5, 0.5], [2.0, 2.0], [-3.0, 0.2], [0.5, np.nan]])
    _, weights, distance = mesh.located(asked)
    assert np.isnan(weights).all()
    assert np.allclose(distance[:3], [0.5, 2**0.5, 3.0])
    solid = Mesh(*tetrahedra(), ("x", "y", "z"))
    asked = np.array([[0.5, 0.5, 1.25], [2.0, 2.0, 0.5], [2.0, 2.0, 2.0]])
    assert np.allclose(solid.located(asked)[2], [0.25, 2**0.5, 3**0.5])


def shaken(made: Any, n: int = 12) -> Mesh:
    """A mesh whose inner points are moved at random and whose cells stand in a random order."""
    points, cells = made(n) if made is triangles else cube(n)
    rng = np.random.default_rng(1)
    inner = ((points > 0) & (points < 1)).all(axis=1)
    points = points + inner[:, None] * rng.uniform(-0.2, 0.2, points.shape) / n
    return Mesh(points, rng.permutation(cells), ("x", "y", "z")[: points.shape[1]])


def cube(n: int) -> tuple[Any, Any]:
    """n x n x n cubes of six tetrahedra each."""
    grid = np.meshgrid(*[np.linspace(0, 1, n + 1)] * 3, indexing="ij")
    step = np.array([(n + 1) ** 2, n + 1, 1])
    first = np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3) @ step
    corner = tetrahedra()[0].astype(int) @ step
    cells = [first[:, None] + corner[cell] for cell in tetrahedra()[1]]
    return np.stack([g.reshape(-1) for g in grid], axis=1), np.concatenate(cells)


@pytest.mark.parametrize("made", [triangles, tetrahedra])
def test_boxes_find_what_a_look_at_every_cell_finds(made: Any) -> None:
    mesh = shaken(made)
    asked = np.random.default_rng(2).uniform(-0.3, 1.3, (300, mesh.dimension))
    nodes, weights, distance = mesh.located(asked)
    cells = mesh.points[mesh.cells]
    for at, found, by, away in zip(asked, nodes, weights, distance, strict=True):
        every = barycentric(np.broadcast_to(at, (len(cells), len(at))), cells)
        if every.min(axis=1).max() < 0:
            assert np.isnan(by).all() and np.isclose(away, to_border(at[None], cells).min())
            continue
        assert away == 0 and np.allclose(by @ mesh.points[found], at)
    assert 50 < np.count_nonzero(distance) < 280


@pytest.mark.parametrize("made", [triangles, tetrahedra])
def test_few_cells_are_looked_at(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mesh, seen = shaken(made, 60 if made is triangles else 16), []
    real = Search._corners
    monkeypatch.setattr(Search, "_corners", lambda s, c: seen.append(len(c)) or real(s, c))
    for away in (0.4, -0.001, -7.0, -1e9):
        mesh.located(np.full((1, mesh.dimension), away))
    assert sum(seen) < len(mesh.cells) / 4
    far = [0.0, np.inf, 1e200, np.nan]
    point = np.array([[a, *[0.4] * (mesh.dimension - 1)] for a in far])
    assert np.array_equal(mesh.located(point)[2], [0.0, np.inf, np.inf, np.nan], equal_nan=True)


@pytest.mark.parametrize("made", [triangles, tetrahedra])
def test_boxes_are_stored_once_and_for_all(made: Any) -> None:
    mesh = shaken(made)
    first = mesh.stored
    again = Mesh(first.points, first.cells, mesh.coordinates).stored
    assert first.stored is first and np.array_equal(first.cells, again.cells)
    assert first.boxes is not None and first.boxes.shape == (
        -(-len(mesh.cells) // 16),
        2,
        mesh.dimension,
    )
    corners = first.points[first.cells[-5:]]
    inside = (corners >= first.boxes[-1, 0] - 1e-6) & (corners <= first.boxes[-1, 1] + 1e-6)
    assert inside.all()


@pytest.mark.parametrize("made", [triangles, tetrahedra])
def test_flat_and_doubled_cells_answer_too(made: Any) -> None:
    points, cells = made()
    flat = np.concatenate([cells[:3] * 0 + cells[:3, :1], cells, cells])
    mesh = Mesh(points, flat, ("x", "y", "z")[: points.shape[1]])
    asked = np.array([[0.3, 0.4, 0.2], [1.5, 0.5, 0.5], [0.0, 0.0, 0.0]])[:, : mesh.dimension]
    nodes, weights, distance = mesh.located(asked)
    assert np.allclose(distance, [0, 0.5, 0]) and np.allclose(np.nansum(weights, axis=1), [1, 0, 1])


def test_a_hole_is_outside() -> None:
    points, cells = triangles()
    kept = cells[np.abs(points[cells].mean(axis=1) - 0.5).max(axis=1) > 1 / 6]
    mesh = Mesh(points, kept, ("x", "y"))
    assert np.allclose(mesh.located(np.array([[0.5, 0.5], [0.4, 0.5]]))[2], [1 / 6, 1 / 15])


def test_a_node_is_named_by_number_or_probe() -> None:
    index = NodeIndex(30, {"tip": 12, "7": 3})
    assert [index.index(v) for v in (5, 5.0, "5", "tip", "7", 7)] == [5, 5, 5, 12, 3, 3]
    assert [index.index(v) for v in (30, -1, 2.5, "hole", True)] == [np.inf] * 5
    assert np.array_equal(index.indices(np.array([1.0, 30.0])), [1.0, np.inf])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells": [[0, 1, 99]]}, "node that it does not have"),
        ({"cells": [[0, 1]]}, "triangles or tetrahedra"),
        ({"coordinates": ("x",)}, "needs as many coordinate names"),
        ({"probes": {"tip": 49}}, "probe 'tip'"),
    ],
)
def test_what_does_not_fit_is_refused(change: Any, said: str) -> None:
    points, cells = triangles()
    with pytest.raises(InputError, match=said):
        Mesh(**{"points": points, "cells": cells, "coordinates": ("x", "y"), **change})


@pytest.mark.parametrize(("n", "size", "place"), [(7, 0.1, (0.03, 0.08)), (40, 2e-3, (0.1, 9.7))])
@pytest.mark.parametrize("far", [1.0, 1000.0])
@pytest.mark.parametrize("kept", [float, np.float32])
def test_nodes_are_no_farther_out_than_coordinates_are_rounded(
    n: int, size: float, place: tuple[float, float], far: float, kept: Any
) -> None:
    points, cells = triangles(n)
    points = size * points + far * np.array(place)
    mesh = Mesh(points.astype(kept).astype(float), cells, ("x", "y"))
    nodes, weights, distance = mesh.located(points)
    assert np.all(distance == 0.0) and np.isfinite(weights).all()
    off = np.abs((weights[:, :, None] * mesh.points[nodes]).sum(axis=1) - points)
    assert off.max() <= 2.0**-23 * np.abs(points).max()
    beyond = points[-1] + 4.0 * 2.0**-23 * np.abs(points).max()
    assert mesh.located(beyond[None])[2][0] > 0.0


def test_a_point_on_a_cell_without_a_volume_alone_is_outside() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 2.0]])
    mesh = Mesh(points, np.array([[0, 1, 2], [3, 4, 5]]), ("x", "y"))
    _, weights, distance = mesh.located(np.array([[1.5, 0.0], [0.25, 1.25]]))
    assert distance[0] > 0.0 and np.isnan(weights[0]).all() and distance[1] == 0.0

"""Meshes cut finer, with their regions and boundaries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .curved import bent

Ints = NDArray[np.int64]


def refined(mesh: Any) -> Any:
    """The mesh with every cell cut into 2^dim; point i stays point i, middles of edges follow, in
    the plane those of the border on its curve. scikit-fem drops the boundaries of tetrahedra, which
    are found again."""
    if mesh.p.shape[0] == 2:
        return bent(mesh, mesh.refined())
    if not mesh.boundaries:
        return mesh.refined()
    fine = replace(mesh, _boundaries=None).refined()
    known = _keys(np.asarray(fine.facets), fine.p.shape[1])
    order = np.argsort(known)
    found = {}
    for name, facets in mesh.boundaries.items():
        wanted = _keys(_quarters(mesh, np.asarray(facets, dtype=np.int64)), fine.p.shape[1])
        found[name] = order[np.searchsorted(known[order], wanted)]
    return fine.with_boundaries(found)


def _keys(facets: Ints, count: int) -> Ints:
    """One number for the points of every facet [3, F]; below 2^63 for two million points."""
    low, middle, high = np.sort(facets.astype(np.int64), axis=0)
    return np.asarray((low * count + middle) * count + high)


def _quarters(mesh: Any, which: Ints) -> Ints:
    """The four facets [3, 4 F] that every one of `which` is cut into."""
    count, edges = mesh.p.shape[1], np.sort(np.asarray(mesh.edges, dtype=np.int64), axis=0)
    keys = edges[0] * count + edges[1]
    order = np.argsort(keys)

    def middle(one: Ints, other: Ints) -> Ints:
        wanted = np.minimum(one, other) * count + np.maximum(one, other)
        return np.asarray(count + order[np.searchsorted(keys[order], wanted)])

    a, b, c = np.asarray(mesh.facets, dtype=np.int64)[:, which]
    ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
    parts = ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))
    return np.concatenate([np.stack(p) for p in parts], axis=1)

"""Rows (node, component) of one axis as two axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sna_edge import CP, TT, level_axis

EXACT = 1e-12  # relative: ranks between the two axes that are left out


def exported(axes: Sequence[Any], interaction: CP | TT) -> tuple[list[Any], CP | TT]:
    """The axes of a model and its interaction from those of a problem: an axis of several numbers a
    node becomes two, its nodes and the level "NAME component"."""
    found = [a.exported() for a in axes]
    for d, axis in reversed(list(enumerate(axes))):
        if axis.n_rows != found[d].basis.n_rows:
            found.insert(d + 1, level_axis(f"{axis.name} component", axis.labels))
            interaction = split(interaction, d, len(axis.labels))
    return found, interaction


def split(interaction: CP | TT, d: int, count: int) -> CP | TT:
    """The same function with axis d, rows node * count + component, as axes d and d + 1."""
    if isinstance(interaction, CP):
        return _split_modes(interaction, d, count)
    cores = list(interaction.cores)
    rows, left, right = cores[d].shape
    pair = cores[d].reshape(rows // count, count, left, right)
    flat = pair.transpose(0, 2, 1, 3).reshape(rows // count * left, count * right)
    u, s, vt = np.linalg.svd(flat, full_matrices=False)
    rank = max(int(np.count_nonzero(s > EXACT * s[0])), 1)
    nodes = (u[:, :rank] * s[:rank]).reshape(-1, left, rank)
    parts = vt[:rank].reshape(rank, count, right).transpose(1, 0, 2)
    return TT((*cores[:d], nodes, parts, *cores[d + 1 :]), interaction.weights)


def _split_modes(interaction: CP, d: int, count: int) -> CP:
    """Every mode once for every component."""
    columns = [interaction.expanded(i, np.ones(len(t))) for i, t in enumerate(interaction.tables)]
    rank = interaction.rank
    tables = [np.tile(c, (1, count)) for c in columns]
    own = columns[d].reshape(-1, count, rank)
    tables[d] = own.reshape(len(own), count * rank)
    tables.insert(d + 1, np.repeat(np.eye(count), rank, axis=1))
    tables[0] = tables[0] * np.tile(interaction.weights[:, 0], count)
    return CP.full(tables)

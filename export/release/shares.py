"""Outputs that are shares of several labels: exp(f) alone says nothing, its part of their sum is
the probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.calculus.difference import SAMPLES, Difference
from sna_edge.calculus.shared_domain import as_coordinates, shared_axes
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points

Floats = NDArray[np.float64]


def of_labels(model: Model, kind: str = "") -> set[str]:
    """Names of the outputs that are probabilities of labels, of one kind of classes or of all."""
    return {
        model.output_names[k]
        for one in model.classes
        if kind in ("", one.kind)
        for k in one.outputs
    }


def as_shares(model: Model, y: Floats) -> Floats:
    """Outputs y [N, K] with probabilities in place of what they are shares of."""
    several = [one for one in model.classes if one.kind == "several"]
    y = np.array(y, dtype=float) if several else y
    for one in several:
        y[:, list(one.outputs)] = one.probabilities(y)
    return y


def share_differences(old: Model, new: Model, outputs: Sequence[str]) -> list[Difference]:
    """The change of probabilities of several labels over the domain that both models have: sampled;
    none can be larger than 1."""
    axes = shared_axes(old, new)
    x = domain_points(axes, SAMPLES)
    before, now = (
        as_shares(m, m.value(as_coordinates(m, axes, x), level_index=True)) for m in (old, new)
    )
    found = []
    for name in outputs:
        was = before[:, old.output_names.index(name)]
        change = now[:, new.output_names.index(name)] - was
        low, high = int(change.argmin()), int(change.argmax())
        found.append(
            Difference(
                name, float(change.mean()), float(np.sqrt((change**2).mean())), False,
                (float(change[low]), float(change[high])), (x[low], x[high]),
                0.0 if old.artifact == new.artifact else 1.0, float(was.std()),
            )
        )  # fmt: skip
    return found

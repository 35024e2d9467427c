"""A model of this package: its tables are its atoms."""

from __future__ import annotations

import numpy as np

from sna_edge import CP, Model

from ..adopted import Adopted, Domain
from ..tabled import Tabled


def from_model(model: Model) -> Adopted:
    """A model as an `Adopted`, exactly: its tables are its atoms."""
    work = model.interaction
    domain = tuple(Domain(a.name, a.unit, a.lower, a.upper, a.level_names) for a in model.axes)
    atoms = tuple(
        Tabled(a.basis, t.reshape(len(t), -1)) for a, t in zip(model.axes, work.tables, strict=True)
    )
    modes = work.modes if isinstance(work, CP) else tuple(np.arange(a.count) for a in atoms)
    return Adopted(
        domain,
        atoms,
        modes,
        work.weights,
        tuple(model.outputs),
        "model",
        None if isinstance(work, CP) else work.ranks,
    )

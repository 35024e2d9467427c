"""The front door: a model in, one with fewer modes or smaller ranks out."""

from __future__ import annotations

from dataclasses import replace

from sna_edge.core.interaction import CP, TT
from sna_edge.core.record import ALONE
from sna_edge.errors import InputError
from sna_edge.model import Model

from ..certify.certificate import linear_span
from ..certify.comparison import measure, points_of
from ..certify.intervals import widen
from .cp import compress_cp
from .tt import compress_tt


def compress(model: Model, tolerance: float = 1e-4, *, rank: int | None = None) -> Model:
    """The model with as few modes (CP) or as small ranks (TT) as the tolerance allows.

    `tolerance`: root mean square error over the domain of the linear part over its range, all
    outputs together. `rank`: at most so many modes, whatever the error. Intervals are widened by
    the error; tables become float. Raises InputError when the tolerance is not positive or the rank
    is below 1.

    >>> import numpy as np
    >>> from sna_export.adopt import Domain, from_products
    >>> from sna_export.compress import compress
    >>> domain = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]
    >>> twice = from_products([[np.sin, np.exp], [np.sin, np.exp]], domain).compile(1e-4)
    >>> twice.interaction.rank, compress(twice).interaction.rank
    (2, 1)
    """
    if not tolerance > 0 or (rank is not None and rank < 1):
        raise InputError(
            f"compress needs a tolerance above 0 and a rank of at least 1, not {tolerance} and"
            f" {rank}"
        )
    output = 1.0 / linear_span(model)
    most = model.interaction.rank if rank is None else rank
    interaction: CP | TT
    outputs = list(model.outputs)
    if isinstance(model.interaction, CP):
        interaction, bias = compress_cp(model, output, tolerance, most)
        outputs = [replace(o, bias=float(b)) for o, b in zip(outputs, bias, strict=True)]
    else:
        most = max(model.interaction.ranks) if rank is None else rank
        interaction = compress_tt(model, output, tolerance, most)
    small = model.replace(
        interaction=interaction,
        outputs=[replace(o, range=None) for o in outputs],
        dtypes=None,
        certificate={},
        **ALONE,
    )
    found = measure(small, model, points_of(model))
    return small.replace(outputs=widen(small.outputs, found))

"""What a model says of the shape of its outputs, proved from its tables over the whole domain.

A slope is an SNA too, so a claim is a sign of an SNA: by the signs of the control points of its
atoms mode by mode where these agree, else by the range that nothing leaves (branch and bound on
Bernstein control points). Links rise, so increasing and decreasing hold for the outputs where they
hold for the linear part; exp keeps convex, no other bend survives a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.basis.nodal import bernstein_matrix
from ..core.interaction import CP
from ..core.record import ModelRecord
from .operations import derivative, linear
from .ranges import ranges

Floats = NDArray[np.float64]
KINDS = {"increasing": (1, 1), "decreasing": (1, -1), "convex": (2, 1), "concave": (2, -1)}
"""(order of the derivative, its sign) of a claim."""
POSITIVE = "positive"
ROUNDING = 1e-9
"""Share of the largest control point below which one is rounding: float32 resolves 6e-8."""
SECONDS = 10.0
"""For each claim on a slow or busy machine; the work is bounded, too."""


@dataclass(frozen=True)
class Claim:
    """`kind` (increasing, decreasing, convex, concave) along `input`, or positive with none; of all
    outputs."""

    kind: str
    input: str = ""

    def __str__(self) -> str:
        return f"{self.kind} in {self.input}" if self.input else self.kind


def claims_of(shape: Mapping[str, Any]) -> list[Claim]:
    """The claims of metadata {"increasing": [inputs], ..., "positive": true}."""
    found = [
        Claim(kind, str(name))
        for kind in KINDS
        for name in (shape.get(kind) if isinstance(shape.get(kind), list) else None) or []
    ]
    return found + ([Claim(POSITIVE)] if shape.get(POSITIVE) is True else [])


def proofs(model: ModelRecord, claims: Iterable[Claim]) -> dict[Claim, bool]:
    """Whether each claim is proved of these tables; False says that it is not, not that it is
    wrong."""
    return {claim: proved(model, claim) for claim in claims}


def proved(model: Any, claim: Claim, seconds: float = SECONDS) -> bool:
    """Whether the claim is proved over the whole domain, of every output.

    >>> import sna_edge
    >>> from sna_edge.basis import bspline
    >>> axis = sna_edge.Axis("speed", "", bspline([0.0, 1.0], 1))
    >>> rise = sna_edge.CP((np.array([[0.0], [2.0]]),), (np.array([0]),), np.ones((1, 1)))
    >>> model = sna_edge.Model([axis], rise, [sna_edge.Output("depth")])
    >>> proved(model, Claim("increasing", "speed")), proved(model, Claim("decreasing", "speed"))
    (True, False)
    """
    if claim.kind == POSITIVE:
        if all(o.link in ("exp", "logistic") and _keeps_sign(o) for o in model.outputs):
            return True
        return all(bool(r.within[0] > 0.0) for r in ranges(model, seconds))
    if claim.input not in model.input_names:
        return False
    order, sign = KINDS[claim.kind]
    links = {o.link for o in model.outputs}
    bent = order == 2 and not (links == {"identity"} or (links <= {"identity", "exp"} and sign > 0))
    axis = model.axes[model.input_names.index(claim.input)]
    if bent or axis.kind == "categorical":
        return False
    slope = linear(model)
    for output, of_link in zip(slope.outputs, model.outputs, strict=True):
        if of_link.link != "identity" and of_link.scale < 0.0:
            return False
        assert output.link == "identity"
    for _ in range(order):
        slope = derivative(slope, claim.input)
    if isinstance(slope.interaction, CP) and _signs_agree(slope, sign):
        return True
    ends = [np.array(r.within) * sign for r in ranges(slope, seconds)]
    return all(e.min() >= -ROUNDING * np.abs(e).max() for e in ends)


def _keeps_sign(output: Any) -> bool:
    return bool(output.scale > 0.0 and output.offset >= 0.0)


def _signs_agree(slope: Any, sign: int) -> bool:
    """Whether every mode of the slope has this sign in every output, by its control points."""
    cp = slope.interaction
    of_mode = np.ones(cp.rank)
    for axis, table, modes in zip(slope.axes, cp.tables, cp.modes, strict=True):
        if len(modes):
            of_mode[modes] *= _sign(_control_points(axis.basis, table))
    weights = cp.weights * of_mode[:, None]
    return bool(not np.isnan(weights).any() and np.all(sign * weights >= 0.0))


def _control_points(basis: Any, table: Floats) -> Floats:
    """Bernstein coefficients [S (p + 1), R] of the atoms."""
    p = basis.degree
    to_bernstein = np.linalg.inv(bernstein_matrix(p)).T
    power = basis.power_tables(table)
    return np.asarray(np.matmul(to_bernstein, power).reshape(-1, table.shape[1]))


def _sign(control: Floats) -> Floats:
    """[R]: 1 or -1 where all control points of a column have this sign, 0 where they are zero, NaN
    where they have both."""
    least = ROUNDING * np.abs(control).max(axis=0)
    up, down = (control >= -least).all(axis=0), (control <= least).all(axis=0)
    return np.asarray(np.where(up & down, 0.0, np.where(up, 1.0, np.where(down, -1.0, np.nan))))

"""What the tables of a model prove of its shape, a line each."""

from __future__ import annotations

from ..calculus.shape import Claim, claims_of, proofs
from ..model import Model


def shape_proofs(model: Model) -> dict[Claim, bool]:
    """The claims of the metadata, and whether these tables prove each."""
    said = model.metadata.get("shape", {})
    return proofs(model, claims_of(said)) if isinstance(said, dict) else {}


def shape_lines(model: Model) -> list[str]:
    """'increasing in power, proved' for each claim."""
    found = shape_proofs(model)
    lines = [f"{claim}, proved" for claim, holds in found.items() if holds]
    return lines + [
        f"{claim} was asked of the fit and is not proved of these tables"
        for claim, holds in found.items()
        if not holds
    ]

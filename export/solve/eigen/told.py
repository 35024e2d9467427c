"""What was found of an eigenvalue problem, in lines and as entries of JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..weak_form.restated import parameters
from .modes import Eigenmodes
from .run import has_part


def described(found: Eigenmodes) -> dict[str, Any]:
    """The eigenvalues in the middle of the parameters, how many branches there are, the error."""
    estimate = found.estimate
    moved = estimate.discretisation
    return {
        "eigenvalues": found.middle.tolist(),
        "branches": len(found.shapes.outputs),
        "error": estimate.worst,
        "error_at": dict(estimate.at),
        "discretisation": None if moved != moved else moved,
    }


def told(found: Eigenmodes) -> list[str]:
    """Lines for a person."""
    held = parameters(found.problem)
    at = ", ".join(f"{a.name} = {(a.basis.lower + a.basis.upper) / 2:.4g}" for a in held)
    values = ", ".join(f"{v:.7g}" for v in found.middle)
    lines = [f"eigenvalues{' at ' if at else ''}{at}: {values}"]
    estimate = found.estimate
    place = ", ".join(f"{n} = {v:.4g}" for n, v in estimate.at.items())
    where = f" (largest at {place}; {estimate.points} points looked at)" if place else ""
    lines.append(f"estimated error: {estimate.worst:.1e} relative{where}")
    branches = len(found.shapes.outputs)
    if branches > found.modes:
        lines.append(
            f"eigenvalues cross, so that {branches} branches are followed: the lowest {found.modes}"
            " are the smallest of them"
        )
    if estimate.discretisation != estimate.discretisation:
        finer = "a finer mesh is" if has_part(found.problem) else "halved spans are"
        lines.append(f"the error of the mesh is not in it: {finer} too large to be solved")
    return lines


def save_shapes(found: Eigenmodes, path: str, dtype: str) -> str | None:
    """Write the shapes beside the eigenvalues in `path`; where to, None where `path` has them."""
    if found.values is None:
        return None
    beside = Path(path).with_name(f"{Path(path).stem}-shapes.sna")
    found.shapes.replace(dtypes=[dtype] * len(found.shapes.axes)).save(beside)
    return str(beside)

"""Solutions of `inverse` for people: with their interval, probability in spec and familiarity where
the model tells them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...inverse import SolutionWorth
from ...model import Model
from ...values.naming import labelled
from ..console import table


def told(model: Model, found: Any) -> SolutionWorth | None:
    """What is shown of solutions: nothing of a model without calibration, where nobody asked."""
    asked = found.believed is not None and (
        model.calibration is not None or found.believed.level or found.believed.low is not None
    )
    return found.worth if asked else None


def percent(share: float) -> str:
    """0.953 as '95.3 %'."""
    return f"{100 * share:.3g} %"


def remark(worth: SolutionWorth | None, i: int) -> str:
    """'  (width 86 to 94; p = 41 %)' of one solution."""
    if worth is None:
        return ""
    words = [
        f"{name} {worth.lower[i, k]:.6g} to {worth.upper[i, k]:.6g} ({100 * level:.10g} %)"
        for k, (name, level) in enumerate(zip(worth.names, worth.levels, strict=True))
        if level is not None
    ]
    if np.isfinite(worth.probability[i]):
        words.append(f"in spec with {percent(worth.probability[i])}")
    if np.isfinite(worth.p[i]):
        words.append(f"familiarity p = {percent(worth.p[i])}")
    words += ["unfamiliar"] if worth.unfamiliar[i] else []
    return f"  [{'; '.join(words)}]" if words else ""


def solution_lines(model: Model, found: Any) -> list[str]:
    """A table with a row per solution."""
    header = [labelled(a.name, a.unit) for a in found.axes]
    rows = [[cell(s[a.name]) for a in found.axes] for s in found.solutions]
    worth = told(model, found)
    if worth is not None and rows:
        more = _columns(worth)
        header += list(more)
        rows = [row + [column[i] for column in more.values()] for i, row in enumerate(rows)]
    return table(header, rows) if rows else []


def _columns(worth: SolutionWorth) -> dict[str, list[str]]:
    """{heading: cells} of what is known of solutions."""
    found = {}
    for k, (name, level) in enumerate(zip(worth.names, worth.levels, strict=True)):
        if level is not None:
            pairs = zip(worth.lower[:, k], worth.upper[:, k], strict=True)
            found[f"{name} ({100 * level:.10g} %)"] = [f"{a:.6g} to {b:.6g}" for a, b in pairs]
    if np.isfinite(worth.probability).any():
        found["in spec"] = [percent(p) for p in worth.probability]
    if np.isfinite(worth.p).any():
        words = zip(worth.p, worth.unfamiliar, strict=True)
        found["familiarity p"] = [percent(p) + (" unfamiliar" if u else "") for p, u in words]
    return found


def cell(value: Any) -> str:
    """A level as it is, a number with six digits."""
    return value if isinstance(value, str) else f"{value:.6g}"

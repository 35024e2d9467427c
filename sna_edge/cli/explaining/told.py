"""Contributions of the inputs to one point: a table with bars, and an object for JSON."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...calculus.contributions import Contributions
from ...model import Model
from ...values.naming import labelled
from ..console import as_written, table
from ..raw_readings import readable
from .against import Against

Floats = NDArray[np.float64]
BAR = 12
"""Characters of the longest bar, to either side."""
DIGITS = 5


def as_json(model: Model, found: Contributions, against: Against) -> dict[str, Any]:
    """{against, outputs: {name: {base, inputs: {name: contribution}, value, unit}}}; errors where
    contributions are sampled."""
    told: dict[str, Any] = {"against": against.told, "outputs": {}}
    for k, output in enumerate(model.outputs):
        shares = dict(zip(found.names, found.contribution[:, k].tolist(), strict=True))
        one = {"base": found.base[k], "inputs": shares, "value": found.value[k]}
        if found.error[:, k].any():
            one["error"] = dict(zip(found.names, found.error[:, k].tolist(), strict=True))
        told["outputs"][output.name] = one | {"unit": output.unit}
    if found.remark:
        told["remark"] = found.remark
    return told


def as_lines(
    model: Model, found: Contributions, against: Against, point: dict[str, Any]
) -> list[str]:
    """A table per output: the reference, inputs by the size of what they contribute, the sum."""
    lines: list[str] = []
    for k in range(len(model.outputs)):
        lines += ["", *_table(model, found, against, point, k)]
    return lines + ([f"remark: {found.remark}"] if found.remark else [])


def _table(
    model: Model, found: Contributions, against: Against, point: dict[str, Any], k: int
) -> list[str]:
    output, shares, error = model.outputs[k], found.contribution[:, k], found.error[:, k]
    decimals = _decimals([found.base[k], found.value[k]], shares.tolist())
    most = float(np.max(np.abs(shares), initial=0.0))
    rows = [["at the reference", "", "", f"{found.base[k]:.{decimals}f}", ""]]
    for p in np.argsort(-np.abs(shares), kind="stable").tolist():
        name, share = found.names[p], float(shares[p])
        sign = f"{share:+.{decimals}f}" if share else "0"
        off = f" +-{error[p]:.2g}" if error[p] else ""
        here, there = (_written(model, name, v) for v in (point.get(name), against.value(name)))
        rows.append([_label(model, name), here, there, sign + off, bar(share, most)])
    rows.append(["at this point", "", "", f"{found.value[k]:.{decimals}f}", ""])
    head = [labelled(output.name, output.unit), "here", "reference", "contribution", ""]
    return [f"{output.name} explained against {against.said}", *table(head, rows)]


def bar(share: float, most: float) -> str:
    """'    ----|            ': to the left what lowers, to the right what raises."""
    count = round(BAR * abs(share) / most) if most > 0 and isfinite(share) else 0
    left, right = ("-" * count, "") if share < 0 else ("", "+" * count)
    return f"{left:>{BAR}}|{right:<{BAR}}"


def _decimals(ends: list[float], shares: list[float]) -> int:
    """So many that the largest number has DIGITS digits and the largest contribution three; what
    rounding leaves is none."""
    whole = max((abs(v) for v in [*ends, *shares] if isfinite(v)), default=0.0)
    share = max((abs(v) for v in shares if isfinite(v)), default=0.0)
    if whole == 0:
        return 0
    finer = 2 - floor(log10(share)) if share > 1e-9 * whole else 0
    usual = DIGITS - 1 - floor(log10(whole))
    return min(max(usual, finer, 0), max(usual, 12))


def _label(model: Model, name: str) -> str:
    return labelled(name, readable(model)[name].unit)


def _written(model: Model, name: str, x: Any) -> str:
    """A coordinate as a user writes it, '' for none."""
    if x is None or x != x:
        return ""
    value = as_written(readable(model)[name], float(x))
    return value if isinstance(value, str) else f"{value:.6g}"

"""What a setting makes where its inputs scatter: the distribution of each output beside its limits,
with Ppk and parts per million."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sna_edge.errors import InputError
from sna_edge.inverse.query.scatter import TOLD, Scatter
from sna_edge.model import Model
from sna_edge.quality.capability.figures import of_values
from sna_edge.quality.capability.setting import setting as capability
from sna_edge.quality.limits import Limit, LineLimits

from .asked import Floats, Limits, limits_of, outputs_of, setting
from .canvas import (
    BLUE,
    INK,
    ORANGE,
    SKY,
    Size,
    drawn,
    folded,
    label,
    legend,
    number,
    panels,
    remark,
)

USUAL = 0.01  # of the domain: standard deviation where none is stated
ROOM = 3.0
BINS = 60
FAR, TALLEST = 2.0, 1.5
"""How far a limit may be to be drawn, in widths of the distribution; how much taller than that of
the parts the line of the model may be."""
CUT = 0.0005  # of the drawn parts, on each side outside the panel


@dataclass(frozen=True)
class Made:
    """`values` [n, K] of the model where the inputs scatter, `parts` [m, K] as they would be
    measured (None without quantiles of residuals); `lost`: share of settings outside the domain."""

    values: Floats
    parts: Floats | None
    lost: float


@drawn
def sweep(
    model: Model,
    at: Mapping[str, object] | None = None,
    *,
    scatter: Mapping[str, float] | None = None,
    limits: Limits | None = None,
    outputs: str | Sequence[str] | None = None,
    seed: int = 0,
    size: Size = None,
) -> Any:
    """Histograms of the outputs at a setting whose inputs scatter, dashed limits, Ppk and ppm.

    `scatter`: {input: standard deviation}, by default 1 % of the domain of every input that stays
    inside it. Filled: parts as they
    would be measured, drawn from the model's distribution of a measurement there; a line: the model
    alone. Ppk and ppm are those of `sna-edge capability`; without quantiles of residuals they are
    those of the model's values. Raises InputError for wrong names and numbers.
    """
    x, ends = setting(model, at), limits_of(model, limits)
    chosen = outputs_of(model, outputs)
    given = usual(model, x) if scatter is None else scatter
    around = Scatter.of(model, given)
    made = _made(model, x, around, seed)
    told = figures(model, x, around, ends, made.values)
    figure, axes = panels(len(chosen), (4.2, 2.9), size)
    for ax, k in zip(axes, chosen, strict=True):
        _histograms(ax, made, k, ends[k])
        ax.axvline(float(model.evaluate(x[None], level_index=True).value[0, k]), color=INK,
                   linewidth=0.9, linestyle=":")  # fmt: skip
        ax.set_xlabel(folded(label(model.outputs[k]), 44))
        ax.set_ylabel("density")
        ax.set_yticks([])
        ax.set_title(told.get(model.outputs[k].name, ""), loc="left")
    remark(figure, _scattered(model, given, made.lost, scatter is None))
    limited = any(entry.get_label() == "limit" for ax in axes for entry in ax.lines)
    _entries(figure, made, limited)
    return figure


def usual(model: Model, x: Floats) -> dict[str, float]:
    """1 % of the domain of every input without levels that is ROOM deviations or more inside."""
    return {
        a.name: USUAL * a.width
        for a, v in zip(model.axes, x, strict=True)
        if a.kind != "categorical" and min(v - a.lower, a.upper - v) >= ROOM * USUAL * a.width
    }


def _made(model: Model, x: Floats, around: Scatter, seed: int) -> Made:
    points = around.around(x[None], TOLD)[0]
    values = model.evaluate(points, level_index=True).value
    good = np.isfinite(values).all(axis=1)
    if not good.any():
        raise InputError("no part lies inside the domain under this scatter; give a smaller one")
    parts = None
    if model.calibration is not None and model.calibration.n_residuals:
        drawn_parts = model.predictive(points[good], level_index=True).sample(4, seed)
        parts = drawn_parts.reshape(-1, values.shape[1])
    return Made(values[good], parts, 1.0 - float(good.mean()))


def figures(
    model: Model, x: Floats, around: Scatter, ends: Floats, values: Floats
) -> dict[str, str]:
    """{output: its Ppk and ppm in words} of those with limits."""
    limited = [k for k in range(len(ends)) if np.isfinite(ends[k]).any()]
    if not limited:
        return {}
    names = model.output_names
    if model.calibration is not None and model.calibration.n_residuals:
        line = LineLimits(tuple(Limit(names[k], *ends[k].tolist()) for k in limited))
        told = capability(model, line, x, around if around.columns else None)["outputs"]
        return {n: _words(one["Ppk"], one["ppm"], one["at_least"]) for n, one in told.items()}
    found = {}
    for k in limited:
        y = values[:, k]
        outside = 1e6 * float(((y < ends[k, 0]) | (y > ends[k, 1])).mean())
        ppk = of_values(y, *ends[k].tolist()).get("Ppk")
        least = outside == 0.0 and len(y) > 1
        shown = 1e6 / (len(y) + 1) if least else outside
        found[names[k]] = f"{_words(ppk, shown, False, least)}, of the model alone"
    return found


def _words(ppk: float | None, ppm: float, least: bool, most: bool = False) -> str:
    """`least`: Ppk is at least that, and ppm at most; `most`: ppm alone, of as many settings as
    were drawn."""
    first = "" if ppk is None else f"Ppk {'at least ' if least else ''}{ppk:.2f}, "
    return f"{first}{'at most ' if least or most else ''}{_ppm(ppm)} ppm outside"


def _ppm(ppm: float) -> str:
    return f"{ppm:,.0f}" if ppm >= 100 else f"{ppm:.3g}"


def _histograms(ax: Any, made: Made, k: int, ends: Floats) -> None:
    """Parts filled, the model as a line, over the same bins; a line that would flatten the parts is
    scaled down. Limits that are not too far away."""
    whole = made.values[:, k] if made.parts is None else made.parts[:, k]
    low, high = np.quantile(whole, [CUT, 1 - CUT])
    reach = FAR * (high - low)
    still = high == low  # nothing scatters: there is no width that a limit could be far by
    near = [e for e in ends if np.isfinite(e) and (still or low - reach <= e <= high + reach)]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.05 * (high - low) or 0.5 * max(abs(low), 1e-12)
    edges = np.linspace(low - margin, high + margin, BINS + 1)
    lines = np.histogram(made.values[:, k], edges, density=True)[0]
    if made.parts is not None:
        parts = ax.hist(whole, edges, density=True, color=SKY, alpha=0.8, label="parts")[0]
        lines = lines * min(1.0, TALLEST * parts.max() / max(lines.max(), 1e-300))
    ax.stairs(lines, edges, color=BLUE, linewidth=1.4, label="model")
    for end in near:
        ax.axvline(end, color=ORANGE, linestyle="--", label="limit")
    ax.set_xlim(edges[0], edges[-1])


def _scattered(model: Model, given: Mapping[str, float], lost: float, usual: bool) -> list[str]:
    """By how much the inputs scatter, and how many settings leave the domain."""
    if usual:
        words = f"{len(given)} of {len(model.axes)} inputs scatter by 1 % of their domains"
        return [words, _left(lost)]
    units = {a.name: a.unit for a in model.axes}
    parts = [f"{name} ±{number(s)} {units[name]}".strip() for name, s in given.items() if s > 0]
    if not parts:
        return ["no input scatters"]
    return ["standard deviations: ", *(f"{p}, " for p in parts[:-1]), parts[-1], _left(lost)]


def _left(lost: float) -> str:
    return f"; {100 * lost:.2g} % of the settings leave the domain" if lost else ""


def _entries(figure: Any, made: Made, limited: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: list[Any] = [] if made.parts is None else [Patch(color=SKY, label="parts as measured")]
    found.append(
        Line2D(
            [],
            [],
            color=BLUE,
            label="model alone" + ("" if made.parts is None else " (its height is free)"),
        )
    )
    found.append(Line2D([], [], color=INK, linestyle=":", label="at the setting"))
    if limited:
        found.append(Line2D([], [], color=ORANGE, linestyle="--", label="limit"))
    legend(figure, found)

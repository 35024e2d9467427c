"""Histograms of a sweep as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log10
from typing import Any

import numpy as np

from sna_edge.values.naming import unit_once

from ..plot.canvas import (
    BLUE,
    INK,
    ORANGE,
    SKY,
    Size,
    drawn,
    folded,
    legend,
    number,
    panels,
    remark,
)  # fmt: skip
from .found import Distribution, Spec, Sweep, coarse

BARS = 80
LETTERS = 40
"""Of all numbers below a panel."""


@drawn
def histogram(found: Sweep, *, size: Size = None) -> Any:
    """A panel per output: share of the samples per bin, mean, the middle 90 %, and limits, beyond
    which bars are orange."""
    figure, axes = panels(len(found.outputs), (3.6, 2.6), size)
    for one, ax in zip(found.outputs, axes, strict=True):
        _panel(ax, one, [s for s in found.specs if s.output == one.name])
    handles, words = axes[0].get_legend_handles_labels()
    for ax in axes[1:]:
        more, said = ax.get_legend_handles_labels()
        handles += [h for h, w in zip(more, said, strict=True) if w not in words]
        words += said
    legend(figure, handles)
    remark(figure, [f"{found.answered:,} samples with a value ", *map(_said, found.specs)])
    return figure


def _panel(ax: Any, one: Distribution, specs: Sequence[Spec]) -> None:
    bars = coarse(one, BARS)
    shares = np.array(bars["counts"]) / one.n
    left = bars["low"] + bars["width"] * np.arange(len(shares))
    middle = left + bars["width"] / 2
    bad = np.zeros(len(left), bool)
    for spec in specs:
        bad |= (middle < spec.lower) | (middle > spec.upper)
    for chosen, color, word in ((~bad, SKY, "samples"), (bad, ORANGE, "beyond a limit")):
        if chosen.any():
            ax.bar(
                left[chosen], shares[chosen], bars["width"], align="edge", color=color, label=word
            )
    ax.axvline(one.mean, color=INK, linewidth=1.0, label="mean")
    ends = [q.value for q in one.quantiles if q.p in (0.05, 0.95)]
    if len(ends) == 2:
        ax.axvspan(*ends, color=BLUE, alpha=0.10, linewidth=0, zorder=0, label="middle 90 %")
    for end in sorted({e for s in specs for e in (s.lower, s.upper) if np.isfinite(e)}):
        ax.axvline(end, color=ORANGE, linewidth=1.2, linestyle="--", label="_limit")
    ax.set_xlabel(folded(unit_once(one.name, one.unit), 40))
    ax.set_ylabel("share per bin")
    ax.set_ylim(bottom=0)
    _room(ax)


def _room(ax: Any) -> None:
    """As few numbers below a panel as have room: those that lie close together, as 1000005 and
    1000010, are long."""
    low, high = ax.get_xlim()
    most = max(abs(low), abs(high))
    digits = ceil(log10(most / (high - low))) + 3
    if digits > 4:
        ax.locator_params(axis="x", nbins=max(LETTERS // (digits + 2), 2))
        if 1.0 <= most < 1e9:
            ax.ticklabel_format(axis="x", style="plain")


def _said(spec: Spec) -> str:
    return (
        f"| {spec.output} in {number(spec.lower, 15)} to {number(spec.upper, 15)}:"
        f" {100 * spec.inside.p:.4g} % "
    )

"""A plan as a page: every pair of inputs, rows that exist in one colour and planned ones in
another, and the table."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sna_edge.values.naming import labelled

from ..report.page import Page
from ..report.svg import Plot, ends
from .space import Factor
from .starting import Plan

Floats = NDArray[np.float64]
PAIRS = 28
"""Pairs of inputs drawn at most."""
LISTED = 200


def plan_page(plan: Plan, present: Floats | None = None) -> Page:
    """The page of a plan; `present` [E, D]: rows that exist."""
    factors = plan.space.factors
    known = np.empty((0, len(factors))) if present is None else present
    lead = f"Chosen: {plan.said}. The rows stand in the order to be run."
    page = Page(f"{len(plan.x)} rows to measure", lead)
    varied = [d for d, f in enumerate(factors) if not f.fixed]
    pairs = list(combinations(varied, 2))
    if pairs:
        page.heading("Every pair of inputs")
        page.plots([_pair(plan, known, *pair) for pair in pairs[:PAIRS]])
    if plan.space.rules:
        page.text("Rules: " + "; ".join(plan.space.rules))
    rows = [
        [i + 1, *(f.written(v) for f, v in zip(factors, row, strict=True))]
        for i, row in enumerate(plan.x[:LISTED].tolist())
    ]
    page.heading("Rows")
    return page.table(["run", *(labelled(f.name, f.unit) for f in factors)], rows)


def _pair(plan: Plan, known: Floats, a: int, b: int) -> str:
    """Numbers stand on the axes where there are any: levels have names on the x axis alone."""
    factors = plan.space.factors
    if factors[b].levels and not factors[a].levels:
        a, b = b, a
    spans = [_ends(factors[d]) for d in (a, b)]
    names = [labelled(factors[d].name, factors[d].unit) for d in (a, b)]
    plot = Plot(*spans, xlabel=names[0], ylabel=names[1], width=270, height=240)
    if factors[a].levels:
        plot.categories(factors[a].levels)
    if len(known):
        plot.dots(known[:, a], known[:, b], 5, name="measured")
    plot.dots(plan.x[:, a], plan.x[:, b], 0, name="planned" if len(known) else "", radius=3.0)
    return plot.render()


def _ends(factor: Factor) -> tuple[float, float]:
    if factor.levels:
        return -0.5, len(factor.levels) - 0.5
    return ends(np.array([factor.lower, factor.upper]))

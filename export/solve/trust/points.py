"""Values of the parameters at which a problem is looked at: corners of their box, lines in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from sna_edge.numerics import low_discrepancy

from ..weak_form.axes import ProblemAxis
from ..weak_form.forms import Expression
from ..weak_form.problem import Problem
from ..weak_form.restated import parameters

Point = dict[str, float]
MOST_CORNERS = 16
"""Of more corners these many are taken, no two alike in most of their parameters."""


def named(problem: Problem, forms: Sequence[Expression]) -> list[ProblemAxis]:
    """The parameters that a term of these forms names."""
    used = {axis for form in forms for axis in form.axes}
    return [a for a in parameters(problem) if a in used]


def middle(axes: Sequence[ProblemAxis]) -> Point:
    """The middle of every axis."""
    return {a.name: (a.basis.lower + a.basis.upper) / 2 for a in axes}


def corners(axes: Sequence[ProblemAxis]) -> list[Point]:
    """All corners of the box, of more than `MOST_CORNERS` that many, spread over it; one empty
    point without axes."""
    ends = [(a.basis.lower, a.basis.upper) for a in axes]
    names = [a.name for a in axes]
    if 2 ** len(axes) <= MOST_CORNERS:
        return [dict(zip(names, values, strict=True)) for values in product(*ends)]
    found = []
    for row in range(MOST_CORNERS):
        picks = [
            bin(row & (d + 1 if d < MOST_CORNERS - 1 else 1)).count("1") % 2
            for d in range(len(axes))
        ]  # rows of a Hadamard matrix: pairs of axes balanced
        found.append({n: e[i] for n, e, i in zip(names, ends, picks, strict=True)})
    return found


def inner(axes: Sequence[ProblemAxis], count: int) -> list[Point]:
    """The middle of the box and points that fill it, `count` in all, as dense along an axis as its
    breaks are; one empty point without axes."""
    if not axes:
        return [{}]
    shares = np.vstack(
        [np.full(len(axes), 0.5), low_discrepancy.points(count - 1, len(axes), None)]
    )
    places = [
        np.interp(s * a.basis.n_spans, np.arange(a.basis.n_spans + 1), a.basis.breaks)
        for a, s in zip(axes, shares.T, strict=True)
    ]
    return [
        {a.name: float(x) for a, x in zip(axes, row, strict=True)}
        for row in zip(*places, strict=True)
    ]


def share(axes: Sequence[ProblemAxis], at: Point) -> float:
    """How much of the box a point of `inner` or `corners` stands for, 1 where spans are even: the
    width of its spans over the mean width."""
    found = 1.0
    for axis in axes:
        span = int(axis.basis.locate(np.array([at[axis.name]]))[0][0])
        width = np.diff(axis.basis.breaks)
        found *= float(width[span] / width.mean())
    return found


def lines(axes: Sequence[ProblemAxis], count: int) -> Iterator[list[Point]]:
    """Lines of `count` points along every axis: with the others in the middle, and at the corners
    where these are few."""
    for axis in axes:
        others = [a for a in axes if a is not axis]
        bases = [middle(others)] + (corners(others) if others and len(others) <= 2 else [])
        low, high = axis.basis.lower, axis.basis.upper
        for base in bases:
            yield [{**base, axis.name: low + (high - low) * i / (count - 1)} for i in range(count)]

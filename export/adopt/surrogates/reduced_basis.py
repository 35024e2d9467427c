"""Reduced bases (POD, SVD): modes over a position times coefficient functions of one or several
parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge import Model, Output
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..adopted import Adopted, Domain
from ..atoms import Atoms, Measured, Mixed
from ..tabled import Tabled
from .scipy_splines import nodal_atoms
from .sna_model import from_model

Floats = NDArray[np.float64]


def from_reduced_basis(
    modes: ArrayLike,
    nodes: ArrayLike,
    coefficients: Any,
    domain: Sequence[Domain],
    *,
    mean: ArrayLike | None = None,
    output: Output | None = None,
) -> Adopted:
    """A POD / SVD model f(s, p) = mean(s) + sum_j mode_j(s) a_j(p) of one position s and parameters
    p.

    `modes` [n, J] on `nodes` [n], linear between them (exact). `coefficients`: for one parameter a
    function p [N] -> [N, J] or J functions, of which values are known (`measured`); for several, an
    `Adopted` or Model with J outputs, or J of them with one (sums of products through
    `from_products`, tensor trains, Gaussian processes, ..). `domain`: position, then parameters;
    where the coefficients are a tensor train, parameters, then position. Raises InputError for what
    does not fit.
    """
    table = reals(modes, "modes", finite=True)
    grid = reals(nodes, "nodes", finite=True)
    if table.ndim != 2 or len(table) != len(grid):
        raise InputError(f"modes {table.shape} do not fit {len(grid)} nodes; give [n, J] and [n]")
    known = _coefficients(coefficients, table.shape[1], domain)
    if len(domain) != 1 + len(known.domain):
        raise InputError(
            f"{len(domain)} inputs do not fit a position and {len(known.domain)} parameters; name"
            " every one of them"
        )
    if len(known.outputs) != table.shape[1] or any(o.link != "identity" for o in known.outputs):
        raise InputError(
            f"{table.shape[1]} modes need as many coefficient functions without a link, not"
            f" {len(known.outputs)}"
        )
    scale, offset = (
        np.array([getattr(o, name) for o in known.outputs]) for name in ("scale", "offset")
    )
    rest = table @ (scale * [o.bias for o in known.outputs] + offset)
    rest = rest if mean is None else rest + reals(mean, "mean", finite=True)
    steady = bool(np.any(rest))
    columns = np.hstack(
        [table @ (known.weights * scale).T, rest[:, None]]
        if steady
        else [table @ (known.weights * scale).T]
    )
    position = nodal_atoms(grid, columns)
    label, source = (output or Output("y"),), f"reduced basis of {table.shape[1]} modes"
    if known.ranks is not None:
        return _behind(known, position, tuple(domain), label, source, steady)
    total = columns.shape[1]
    return Adopted(
        tuple(domain),
        (position, *known.atoms),
        (np.arange(total), *known.modes),
        np.ones((total, 1)),
        label,
        source,
    )


def _coefficients(given: Any, count: int, domain: Sequence[Domain]) -> Adopted:
    """The coefficient functions as one separable function of the parameters with `count`
    outputs."""
    if isinstance(given, Model):
        return from_model(given)
    if isinstance(given, Adopted):
        return given
    if callable(given):
        one = Measured(lambda p: reals(given(p), "what a function gives"), count)
        outputs = tuple(Output(f"a{j}") for j in range(count))
        return Adopted(
            tuple(domain[1:2]), (one,), (np.arange(count),), np.eye(count), outputs, "functions"
        )
    parts = [from_model(g) if isinstance(g, Model) else g for g in given]
    if all(isinstance(p, Adopted) for p in parts):
        return _together(parts)
    return _coefficients(
        lambda p: np.stack([reals(a(p), "what a function gives") for a in given], axis=1),
        count,
        domain,
    )


def _together(parts: Sequence[Adopted]) -> Adopted:
    """Functions of the same inputs with one output each as one function with several."""
    if any(
        p.ranks is not None or len(p.outputs) != 1 or len(p.domain) != len(parts[0].domain)
        for p in parts
    ):
        raise InputError(
            "coefficient functions given one by one need one output each, the same inputs, and sums"
            " of products, not trains"
        )
    starts = np.cumsum([0, *(len(p.weights) for p in parts)])
    modes = tuple(
        np.concatenate([p.modes[d] + s for p, s in zip(parts, starts, strict=False)])
        for d in range(len(parts[0].domain))
    )
    atoms = tuple(_Joined([p.atoms[d] for p in parts]) for d in range(len(modes)))
    weights = np.zeros((starts[-1], len(parts)))
    for j, part in enumerate(parts):
        weights[starts[j] : starts[j + 1], j] = part.weights[:, 0]
    outputs = tuple(p.outputs[0] for p in parts)
    return Adopted(parts[0].domain, atoms, modes, weights, outputs, "separable functions")


class _Joined(Atoms):
    """Atoms of several families side by side."""

    def __init__(self, parts: Sequence[Atoms]) -> None:
        self.parts, self.count = parts, sum(p.count for p in parts)

    def value(self, x: Floats) -> Floats:
        return np.hstack([p.value(x) for p in self.parts])

    def pieces(self) -> tuple[Floats, int, bool] | None:
        found = [p.pieces() for p in self.parts]
        if any(f is None for f in found):
            return None
        breaks, degrees, continuous = zip(*(f for f in found if f is not None), strict=True)
        return np.unique(np.concatenate(breaks)), max(degrees), all(continuous)

    def bound(self, order: int, lower: Floats, upper: Floats) -> Floats | None:
        bounds = [p.bound(order, lower, upper) for p in self.parts]
        return (
            None
            if any(b is None for b in bounds)
            else np.hstack([b for b in bounds if b is not None])
        )


def _behind(
    known: Adopted,
    position: Atoms,
    domain: tuple[Domain, ...],
    label: tuple[Output],
    source: str,
    steady: bool,
) -> Adopted:
    """The train of the parameters with the position as its last core; a channel of ones carries
    what does not depend on them."""
    assert known.ranks is not None
    if not steady:
        ranks = (*known.ranks, 1)
        atoms: tuple[Atoms, ...] = (*known.atoms, position)
    else:
        atoms = (
            *(
                _channel(a, known.ranks[d], known.ranks[d + 1], d == 0)
                for d, a in enumerate(known.atoms)
            ),
            position,
        )
        ranks = (1, *(r + 1 for r in known.ranks[1:]), 1)
    modes = tuple(np.arange(a.count) for a in atoms)
    return Adopted(domain, atoms, modes, np.ones((1, 1)), label, source, ranks)


def _channel(atoms: Atoms, left: int, right: int, first: bool) -> Atoms:
    """Entries of blockdiag(Phi, 1) [left + 1, right + 1] as mixtures of those of Phi [left, right];
    one row (Phi, 1) in front."""
    place = np.zeros((left if first else left + 1, right + 1), dtype=np.int64) - 1
    place[:left, :right] = np.arange(left * right).reshape(left, right)
    flat = place.reshape(-1)
    matrix = np.zeros((left * right, len(flat)))
    matrix[flat[flat >= 0], np.flatnonzero(flat >= 0)] = 1.0
    constant = np.zeros(place.shape)
    constant[-1, -1] = 1.0
    if isinstance(atoms, Tabled):  # spline bases sum to one
        return Tabled(atoms.basis, atoms.table @ matrix + constant.reshape(-1))
    return Mixed(atoms, matrix, constant.reshape(-1))

"""A separable function as its owner defines it: evaluated as it is in float64, compiled to tables
with a stated error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, TT, Axis, Model, Output
from sna_edge.artifact.limits import need_counts
from sna_edge.errors import InputError
from sna_edge.numerics.low_discrepancy import points
from sna_edge.values.reals import reals

from ..certify.bound import bernstein_coefficients
from .atoms import Atoms
from .compile import KINDS, Compiled, compile_atoms

Floats = NDArray[np.float64]
ROWS_AT_ONCE = 1024
DOMAIN_SAMPLES = 4096
SHARE_TRIES = 4  # of a smaller share per axis while the bound of the product is too large


@dataclass(frozen=True)
class Domain:
    """One input: name, unit and closed interval; `levels` are the names of 0, 1, .. of a
    categorical one."""

    name: str
    unit: str
    lower: float
    upper: float
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.levels and not (
            np.isfinite([self.lower, self.upper]).all() and self.lower < self.upper
        ):
            raise InputError(
                f"input {self.name!r} needs finite bounds with lower < upper, not [{self.lower},"
                f" {self.upper}]"
            )


@dataclass(frozen=True, eq=False, repr=False)
class Adopted:
    """f_k = bias_k + sum_r W[r,k] prod_{d: r in modes[d]} phi_{d,r}; with `ranks` the atoms of axis
    d are the entries of a matrix [ranks[d], ranks[d+1]] and f = Phi_1 .. Phi_D W instead.

    atoms[d] has len(modes[d]) functions; weights [R, K]; `source` names what it was.
    """

    domain: tuple[Domain, ...]
    atoms: tuple[Atoms, ...]
    modes: tuple[NDArray[np.int64], ...]
    weights: Floats
    outputs: tuple[Output, ...]
    source: str
    ranks: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        reals(self.weights, "weights", finite=True)

    def __repr__(self) -> str:
        inputs = ", ".join(d.name for d in self.domain)
        return (
            f"<Adopted: {self.source}, {inputs} -> {', '.join(o.name for o in self.outputs)},"
            f" {len(self.weights)} modes>"
        )

    def linear(self, x: Floats) -> Floats:
        """f [N, K] before the links."""
        bias = np.array([o.bias for o in self.outputs])
        blocks = [self._block(x[i : i + ROWS_AT_ONCE]) for i in range(0, len(x), ROWS_AT_ONCE)]
        return np.concatenate(blocks) + bias

    def _block(self, x: Floats) -> Floats:
        if self.ranks is not None:
            v = np.ones((len(x), 1, 1))
            for d, atoms in enumerate(self.atoms):
                v = v @ atoms.value(x[:, d]).reshape(len(x), self.ranks[d], self.ranks[d + 1])
            return v[:, 0] @ self.weights
        product = np.ones((len(x), len(self.weights)))
        for d, (atoms, modes) in enumerate(zip(self.atoms, self.modes, strict=True)):
            if len(modes):
                product[:, modes] *= atoms.value(x[:, d])
        return product @ self.weights

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D], in float64 and without tables."""
        f = self.linear(np.atleast_2d(reals(x, "x")))
        return np.stack([o.value(f[:, k]) for k, o in enumerate(self.outputs)], axis=1)

    def points(self, count: int = DOMAIN_SAMPLES) -> Floats:
        """Low-discrepancy points of the domain [count, D]."""
        lower, upper = (
            np.array([getattr(d, end) for d in self.domain]) for end in ("lower", "upper")
        )
        x = lower + points(count, len(self.domain), seed=None) * (upper - lower)
        levels = [d for d, box in enumerate(self.domain) if box.levels]
        x[:, levels] = np.rint(x[:, levels])
        return np.asarray(x)

    def span(self) -> Floats:
        """Range [K] of f over sampled points."""
        f = self.linear(self.points())
        return np.maximum(np.ptp(f, axis=0), np.finfo(float).tiny)

    def compile(self, error: float = 1e-6) -> Model:
        """Tables whose function differs from this by at most `error` of the sampled range of f,
        everywhere in the domain.

        The certificate says `adoption`: exact, certified (derivative or interval bound) or
        measured, and the bound reached. Raises InputError when that would take too many spans.
        """
        need_counts(len(self.domain), len(self.outputs))
        span, asked = self.span(), error
        for _ in range(SHARE_TRIES):
            done = self._tables(span, asked / len(self.atoms))
            reached = float((self._bound(done) / span).max())
            if reached <= error:
                break
            asked *= 0.8 * error / reached
        kind = max((c.kind for c in done), key=KINDS.index)
        axes = [
            Axis(d.name, d.unit, c.basis, d.levels) for d, c in zip(self.domain, done, strict=True)
        ]
        certificate = {
            "adoption": kind,
            "adoption_error": float(f"{reached:.3g}"),
            "adopted_from": self.source,
        }
        return Model(
            axes, self._interaction([c.table for c in done]), self.outputs, certificate=certificate
        )

    def _tables(self, span: Floats, tolerance: float) -> list[Compiled]:
        return [
            compile_atoms(atoms, d.lower, d.upper, (weight / span).max(axis=1), tolerance)
            for atoms, d, weight in zip(self.atoms, self.domain, self._importance(), strict=True)
        ]

    def _interaction(self, tables: Sequence[Floats]) -> CP | TT:
        if self.ranks is None:
            return CP(tuple(tables), self.modes, self.weights)
        shapes = zip(self.ranks[:-1], self.ranks[1:], strict=True)
        return TT(
            tuple(t.reshape(len(t), *s) for t, s in zip(tables, shapes, strict=True)), self.weights
        )

    def _importance(self) -> list[Floats]:
        """For every axis, how much f_k can change per unit of each atom [R_d, K], from sampled
        sizes of the other atoms."""
        sizes = [
            np.abs(a.value(np.linspace(d.lower, d.upper, 257))).max(axis=0)
            for a, d in zip(self.atoms, self.domain, strict=True)
        ]
        if self.ranks is not None:
            norms = [np.linalg.norm(s) for s in sizes]
            total = np.prod(norms) * np.linalg.norm(self.weights, axis=0)
            return [
                np.tile(total / max(n, 1e-300), (len(s), 1))
                for n, s in zip(norms, sizes, strict=True)
            ]
        out = []
        for d, modes in enumerate(self.modes):
            others = np.ones(len(self.weights))
            for e, (m, size) in enumerate(zip(self.modes, sizes, strict=True)):
                if e != d:
                    others[m] *= np.maximum(size, 1e-300)
            out.append((np.abs(self.weights) * others[:, None])[modes])
        return out

    def _bound(self, done: Sequence[Compiled]) -> Floats:
        """|f_k - tables| <= sum_r |W| (prod (A + e) - prod A), A the largest control point of an
        atom, e its error; [K]."""
        sizes = [np.abs(bernstein_coefficients(c.basis, c.table)).max(axis=(0, 1)) for c in done]
        if self.ranks is not None:
            sizes = [np.array([np.linalg.norm(s)]) for s in sizes]
            errors = [np.array([np.linalg.norm(c.error)]) for c in done]
            modes, weights = (
                [np.zeros(1, dtype=int)] * len(done),
                np.linalg.norm(self.weights, axis=0)[None],
            )
        else:
            errors, modes, weights = [c.error for c in done], list(self.modes), np.abs(self.weights)
        size, total = np.ones(len(weights)), np.zeros(len(weights))
        for a, e, m in zip(sizes, errors, modes, strict=True):
            total[m] = total[m] * (a + e) + size[m] * e
            size[m] *= a
        return total @ weights


def full(count: int, axes: int) -> tuple[NDArray[np.int64], ...]:
    """Mode lists of a CP in which every mode uses every axis."""
    return tuple(np.arange(count) for _ in range(axes))

"""The melting problem of `sna_export.lpbf.melting` by Newton finite elements (scikit-fem).

With theta = int k dT (Kirchhoff) and the enthalpy H(theta) per mass the statement is

    int grad theta . grad w + v rho int H w_x + v rho int_outflow H w = int_surface q w

for all w, theta held at that of the preheat ahead, beside and below: conduction is linear, and heat
is conserved exactly, latent heat included. Triquadratic hexahedra on a graded mesh; Newton steps
with halving, each linear system by GMRES, preconditioned by the problem of constant properties,
which matrices of one axis solve directly. Nothing is shared with the solver but the properties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import eigh, solve_banded
from scipy.sparse.linalg import LinearOperator, gmres
from skfem import (
    Basis,
    BilinearForm,
    ElementHex2,
    ElementLineP2,
    FacetBasis,
    LinearForm,
    MeshHex,
    MeshLine,
    asm,
)
from skfem.helpers import dot, grad

from sna_export.lpbf.melting import BOX, IN718
from sna_export.solve.weak_form.meshes import sinh_breaks

Floats = NDArray[np.float64]
Setting = dict[str, float]
UM = 1e-6
SPANS, WIDTHS = (72, 14, 14), (9.0, 9.0, 6.0)  # of x, y, z; um at the beam
COLD = 250.0  # K: where the tables begin
STEPS, SMALL = 60, 3e-6  # of Newton; relative move that ends them
SAMPLES = 4000  # of the tables


class Laws:
    """theta [W/m], T [K] and H [J/kg] of each other, from 293 K on; `latent`: the share of the
    latent heat that counts."""

    def __init__(self, latent: float = 1.0) -> None:
        metal = IN718
        t = np.r_[
            np.linspace(COLD, metal.solidus, 400)[:-1],
            np.linspace(metal.solidus, metal.liquidus, SAMPLES),
        ]
        heat = metal.specific_heat(t)
        heat = heat + latent * (metal.apparent_heat(t) - heat)
        theta = CubicSpline(t, metal.conductivity(t)).antiderivative()
        h = CubicSpline(t, heat).antiderivative()
        self._theta, self._zero = theta, float(theta(293.0))
        self.top = float(theta(metal.liquidus)) - self._zero
        self._temperature = CubicSpline(theta(t) - self._zero, t)
        self._enthalpy = CubicSpline(theta(t) - self._zero, h(t) - h(293.0))
        self._slope = CubicSpline(theta(t) - self._zero, heat / metal.conductivity(t))
        self._melted = float(h(metal.liquidus) - h(293.0))

    def kirchhoff(self, temperature: float) -> float:
        """theta of a solid temperature."""
        return float(self._theta(temperature)) - self._zero

    def temperature(self, theta: Floats) -> Floats:
        excess = np.maximum(theta - self.top, 0.0) / IN718.conductivity_liquid
        return np.asarray(self._temperature(np.minimum(theta, self.top)) + excess)

    def enthalpy(self, theta: Floats) -> Floats:
        excess = np.maximum(theta - self.top, 0.0) / IN718.conductivity_liquid
        return np.asarray(self._enthalpy(np.minimum(theta, self.top)) + IN718.heat_liquid * excess)

    def slope(self, theta: Floats) -> Floats:
        """dH / dtheta."""
        liquid = IN718.heat_liquid / IN718.conductivity_liquid
        return np.where(theta < self.top, self._slope(np.minimum(theta, self.top)), liquid)


class Reference:
    """The discretised problem; `scale` divides the mesh width. Fields are theta at the nodes of a
    tensor grid, [nx ny nz] flattened."""

    def __init__(
        self, scale: float = 1.0, box: dict[str, tuple[float, float]] | None = None
    ) -> None:
        box = box or BOX
        self.breaks = [
            sinh_breaks(*box[name], round(n * scale), 0.0, h * UM / scale)
            for name, n, h in zip("xyz", SPANS, WIDTHS, strict=True)
        ]
        low, _ = box["x"]
        mesh = MeshHex.init_tensor(*self.breaks)
        self.mesh = mesh.with_boundaries(
            {
                "surface": lambda x: np.isclose(x[2], 0.0, atol=1e-12),
                "outflow": lambda x: np.isclose(x[0], low, atol=1e-12),
            }
        )
        self.basis = Basis(self.mesh, ElementHex2(), intorder=5)
        self.surface = FacetBasis(self.mesh, ElementHex2(), facets="surface", intorder=9)
        self.outflow = FacetBasis(self.mesh, ElementHex2(), facets="outflow", intorder=5)
        self.nodes = [np.sort(np.r_[b, (b[1:] + b[:-1]) / 2]) for b in self.breaks]
        at = [
            np.searchsorted(n, x - 1e-10)
            for n, x in zip(self.nodes, self.basis.doflocs, strict=True)
        ]
        sizes = [len(n) for n in self.nodes]
        self.place = np.zeros(sizes, dtype=np.int64)  # number of the node at a place of the grid
        self.place[tuple(at)] = np.arange(self.basis.N)
        inside = np.zeros(sizes, dtype=bool)
        inside[:-1, :-1, :-1] = True
        self.free = self.place[inside]  # in the order of the grid
        self.diffusion = asm(BilinearForm(lambda u, v, w: dot(grad(u), grad(v))), self.basis)

    def load(self, at: Setting) -> Floats:
        r = at["radius"]
        peak = 2 * IN718.absorptivity * at["power"] / (np.pi * r * r)
        form = LinearForm(lambda v, w: peak * np.exp(-2 * (w.x[0] ** 2 + w.x[1] ** 2) / r**2) * v)
        return np.asarray(asm(form, self.surface))

    def residual(self, theta: Floats, at: Setting, laws: Laws, load: Floats) -> Floats:
        vr = at["speed"] * IN718.density
        inner = vr * laws.enthalpy(np.asarray(self.basis.interpolate(theta)))
        edge = vr * laws.enthalpy(np.asarray(self.outflow.interpolate(theta)))
        found = (
            self.diffusion @ theta
            + asm(LinearForm(lambda v, w: inner * grad(v)[0]), self.basis)
            + asm(LinearForm(lambda v, w: edge * v), self.outflow)
        )
        return np.asarray((found - load)[self.free])

    def jacobian(self, theta: Floats, at: Setting, laws: Laws) -> Any:
        vr = at["speed"] * IN718.density
        inner = vr * laws.slope(np.asarray(self.basis.interpolate(theta)))
        edge = vr * laws.slope(np.asarray(self.outflow.interpolate(theta)))
        whole = (
            self.diffusion
            + asm(BilinearForm(lambda u, v, w: inner * u * grad(v)[0]), self.basis)
            + asm(BilinearForm(lambda u, v, w: edge * u * v), self.outflow)
        )
        return whole.tocsr()[self.free][:, self.free]

    def solved(self, at: Setting, start: Floats | None = None, laws: Laws | None = None) -> Floats:
        """theta at the nodes. Raises RuntimeError where Newton's method does not settle."""
        laws, load = laws or Laws(), self.load(at)
        plain = Constant(self, at["speed"])
        theta = np.full(self.basis.N, laws.kirchhoff(at["preheat"])) if start is None else start
        rest = plain(self.residual(theta, at, laws, load))
        for _ in range(STEPS):
            matrix = self.jacobian(theta, at, laws)
            move = self._step(matrix, plain, rest)
            theta, rest, share = self._searched(theta, move, rest, at, laws, load, plain)
            moved = share * float(np.linalg.norm(move) / np.linalg.norm(theta[self.free]))
            if moved < SMALL:
                return theta
        raise RuntimeError(f"Newton's method did not settle at {at}")

    def _step(self, matrix: Any, plain: Constant, rest: Floats) -> Floats:
        """The move of a Newton step."""
        whole = LinearOperator(matrix.shape, lambda x: plain(matrix @ x))
        return np.asarray(gmres(whole, -rest, rtol=1e-3, restart=150, maxiter=2)[0])

    def _searched(
        self, theta: Floats, move: Floats, rest: Floats, *given: Any
    ) -> tuple[Floats, Floats, float]:
        """The step halved until the preconditioned residual falls."""
        *statement, plain = given
        share, now = 1.0, np.linalg.norm(rest)
        while True:
            trial = theta.copy()
            trial[self.free] += share * move
            found = plain(self.residual(trial, *statement))
            if np.linalg.norm(found) < (1 - 0.1 * share) * now or share < 0.05:
                return trial, found, share
            share /= 2

    def start_from(self, coarse: Reference, theta: Floats) -> Floats:
        """The field of another mesh at these nodes."""
        field = coarse.field(theta, *self.nodes)
        found = np.empty(self.basis.N)
        found[self.place.reshape(-1)] = field.reshape(-1)
        return found

    def field(self, theta: Floats, x: Floats, y: Floats, z: Floats) -> Floats:
        """theta on a tensor grid of points."""
        found = theta[self.place]
        for d, points in enumerate((x, y, z)):
            found = np.moveaxis(np.tensordot(self.shapes(d, points), found, ([1], [d])), 0, d)
        return np.asarray(found)

    def on(self, theta: Floats, x: Floats, y: Floats, z: Floats) -> Floats:
        """T on a tensor grid of points."""
        return Laws().temperature(self.field(theta, x, y, z))

    def at(self, theta: Floats, points: Floats) -> Floats:
        """T at points [N, 3]."""
        return Laws().temperature(self.theta_at(theta, points))

    def theta_at(self, theta: Floats, points: Floats) -> Floats:
        """theta at points [N, 3]."""
        shapes = [self.shapes(d, points[:, d]) for d in range(3)]
        return np.asarray(np.einsum("na,nb,nc,abc->n", *shapes, theta[self.place], optimize=True))

    def shapes(self, d: int, points: Floats) -> Floats:
        """Piecewise quadratic shape functions of axis d at points, [N, nodes]."""
        breaks = self.breaks[d]
        span = np.clip(np.searchsorted(breaks, points, "right") - 1, 0, len(breaks) - 2)
        s = (points - breaks[span]) / (breaks[span + 1] - breaks[span])
        found, row = np.zeros((len(points), 2 * len(breaks) - 1)), np.arange(len(points))
        found[row, 2 * span] = (1 - s) * (1 - 2 * s)
        found[row, 2 * span + 1] = 4 * s * (1 - s)
        found[row, 2 * span + 2] = s * (2 * s - 1)
        return found


class Constant:
    """The inverse of the problem with dH / dtheta constant: y and z in diagonal form, x banded."""

    def __init__(self, reference: Reference, speed: float, slope: float = 30.0) -> None:
        matrices = [_line(b, n) for b, n in zip(reference.breaks, reference.nodes, strict=True)]
        (k, m, c), (ky, my, _), (kz, mz, _) = matrices
        self.low, self.turns = [], []
        for stiff, mass in ((ky, my), (kz, mz)):
            values, turn = eigh(stiff, mass)
            self.low.append(values)
            self.turns.append(turn)
        self.sizes = (len(k), len(ky), len(kz))
        base = k + speed * IN718.density * slope * c
        self.bands = _banded(base), _banded(m)

    def __call__(self, rest: Floats) -> Floats:
        side = rest.reshape(self.sizes)
        side = np.einsum("xyz,yj,zk->xjk", side, *self.turns, optimize=True)
        base, mass = self.bands
        found = np.empty_like(side)
        for j, one in enumerate(self.low[0]):
            for i, two in enumerate(self.low[1]):
                found[:, j, i] = solve_banded(
                    (2, 2), base + (one + two) * mass, side[:, j, i], check_finite=False
                )
        return np.einsum("xjk,yj,zk->xyz", found, *self.turns, optimize=True).reshape(-1)


def _line(breaks: Floats, nodes: Floats) -> tuple[Floats, Floats, Floats]:
    """Stiffness, mass and conservative convection of one axis, the last node held."""
    basis = Basis(MeshLine(breaks), ElementLineP2())
    place = np.searchsorted(nodes, basis.doflocs[0] - 1e-10)
    order = np.argsort(place)[:-1]
    forms = (
        BilinearForm(lambda u, v, w: u.grad[0] * v.grad[0]),
        BilinearForm(lambda u, v, w: u * v),
        BilinearForm(lambda u, v, w: u * v.grad[0]),
    )
    k, m, c = (asm(f, basis).toarray()[np.ix_(order, order)] for f in forms)
    c[0, 0] += 1.0  # the outflow
    return k, m, c


def _banded(matrix: Floats) -> Floats:
    found = np.zeros((5, len(matrix)))
    for offset in range(-2, 3):
        diagonal = np.diagonal(matrix, offset)
        start = max(offset, 0)
        found[2 - offset, start : start + len(diagonal)] = diagonal
    return found

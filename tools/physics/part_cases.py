"""The cases of `parts.py`: problems on parts, and the same by scikit-fem alone.

A bracket with a hole (heat, pulled, of two materials, warped by heat), an L-shape whose components
are held on different borders, an angle of tetrahedra (heat, elasticity).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import skfem
from scipy.sparse.linalg import splu
from skfem.helpers import ddot, div, dot, grad, sym_grad

from sna_export.solve import (
    MeshAxis,
    Problem,
    div_div,
    field_of,
    grad_grad,
    mesh_space,
    on,
    parameter,
    solve,
    strain_strain,
    test_function,
    unknown,
)
from sna_export.solve import div as divergence

LENGTH, HEIGHT, CENTRE, RADIUS = 0.12, 0.08, (0.04, 0.04), 0.015  # m
SIDES = {
    "left": lambda x, y: x < 1e-9,
    "right": lambda x, y: x > LENGTH - 1e-9,
    "bottom": lambda x, y: y < 1e-9,
    "hole": lambda x, y: np.hypot(x - CENTRE[0], y - CENTRE[1]) < 1.01 * RADIUS,
}
INSERT = {"insert": lambda x, y: x > 0.08}
EXPANSION = 1.2e-5  # 1/K
HEAT_TOLERANCE = 1e-4


def bracket(nodes: int) -> Any:
    """Rings of triangles between the hole and the outline, about so many nodes."""
    rings = max(int(np.sqrt(nodes / 2)), 4)
    around = max(nodes // rings, 16)
    width = 2 * (LENGTH + HEIGHT)
    corners = np.array([[0, 0], [LENGTH, 0], [LENGTH, HEIGHT], [0, HEIGHT], [0, 0]])
    place = np.r_[0, np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))]
    along = np.arange(around) * width / around
    nearest = np.abs(along[None] - place[:4, None]).argmin(axis=1)
    along[nearest] = place[:4]  # the corners are nodes
    outer = np.stack([np.interp(along, place, corners[:, i]) for i in (0, 1)])
    angle = np.arctan2(outer[1] - CENTRE[1], outer[0] - CENTRE[0])
    inner = np.array(CENTRE)[:, None] + RADIUS * np.stack([np.cos(angle), np.sin(angle)])
    share = np.linspace(0, 1, rings) ** 1.3
    points = inner[:, None] + (outer - inner)[:, None] * share[None, :, None]
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(around), indexing="ij")
    a, b = i * around + j, i * around + (j + 1) % around
    c, d = a + around, b + around
    cells = np.concatenate([[a, b, c], [b, d, c]], axis=1).reshape(3, -1)
    return skfem.MeshTri(points.reshape(2, -1), cells)


def ell(nodes: int) -> Any:
    """[-1, 1]^2 without its fourth quadrant."""
    refine = max(round(np.log2(np.sqrt(nodes / 3))), 1)
    return skfem.MeshTri.init_lshaped().refined(refine)


def angle(nodes: int) -> Any:
    """Two walls of tetrahedra, 40 x 40 x 40 mm, 10 mm thick, that meet at x = z = 0."""
    n = max(round((nodes / 15) ** (1 / 3)), 1)  # cells through a wall
    line = np.linspace(0.0, 0.04, 4 * n + 1)
    block = skfem.MeshTet.init_tensor(line, np.linspace(0.0, 0.04, 2 * n + 1), line)
    x, _, z = block.p[:, block.t].mean(axis=1)
    return block.remove_elements(np.flatnonzero((x > 0.01) & (z > 0.01)))


@dataclass(frozen=True)
class Case:
    """A problem on a mesh of about `nodes` nodes, `few` where its estimate is looked at; `solved`
    {parameters} gives values at the nodes [N] or [N, components] by scikit-fem."""

    name: str
    meshed: Callable[[int], Any]
    nodes: int
    few: int
    stated: Callable[[Any], tuple[MeshAxis, Problem]]
    solved: Callable[[MeshAxis], Callable[..., Any]]


class Forms:
    """Matrices of scikit-fem on the mesh of a part."""

    def __init__(self, part: MeshAxis) -> None:
        self.mesh, self.part = part.space.mesh, part
        element = skfem.ElementTriP1() if part.space.dimension == 2 else skfem.ElementTetP1()
        self.scalar = skfem.Basis(self.mesh, element)
        self.vector = skfem.Basis(self.mesh, skfem.ElementVector(element))

    def basis(self) -> Any:
        """Of the unknown of the part."""
        return self.vector if self.part.components > 1 else self.scalar

    def inside(self, region: str) -> Any:
        """The same in a region."""
        element = self.basis().elem
        return skfem.Basis(self.mesh, element, elements=self.mesh.subdomains[region])

    def facets(self, name: str) -> Any:
        """The same on a boundary."""
        return skfem.FacetBasis(self.mesh, self.basis().elem, facets=name)

    @cached_property
    def fixed(self) -> Any:
        """What is held."""
        words = [f"u^{i + 1}" for i in range(self.part.components)]
        found = []
        for name, held in self.part.held.items():
            dofs = self.basis().get_dofs(name)
            found.append(dofs.all([words[i] for i in held]) if held else dofs.flatten())
        return np.unique(np.concatenate(found))

    def solve(self, matrix: Any, load: Any) -> Any:
        """Values at the nodes."""
        small, side, found, free = skfem.condense(matrix, load, D=self.fixed)
        how = {"permc_spec": "MMD_AT_PLUS_A", "options": {"SymmetricMode": True}}
        found[free] = splu(small.tocsc(), diag_pivot_thresh=0.0, **how).solve(side)
        return found[self.vector.nodal_dofs].T if self.part.components > 1 else found


CONDUCT = skfem.BilinearForm(lambda u, v, w: dot(grad(u), grad(v)))
SWELL = skfem.BilinearForm(lambda u, v, w: div(u) * div(v))
SHEAR = skfem.BilinearForm(lambda u, v, w: ddot(sym_grad(u), sym_grad(v)))
MASS = skfem.BilinearForm(lambda u, v, w: u * v)
FLUX = skfem.LinearForm(lambda v, w: v)
PULL = skfem.LinearForm(lambda v, w: v[0])
WARP = skfem.LinearForm(lambda v, w: w["rise"] * div(v))


def heat(mesh: Any) -> tuple[MeshAxis, Problem]:
    """The temperature rise of the bracket: an insert, a film in the hole, a flux at its right."""
    part = mesh_space("part", mesh, held=["left"], sets=SIDES, regions=INSERT)
    ratio = parameter("ratio", 0.5, 5.0, breaks=np.geomspace(0.5, 5.0, 7), degree=4)
    film = parameter("film", 5.0, 50.0, breaks=np.geomspace(5.0, 50.0, 7), degree=4, unit="1/m")
    flux = parameter("flux", 1e3, 1e4, spans=1, degree=1, unit="K/m")  # q / k; the film is h / k
    u, v = unknown(), test_function()
    insert = part.only("insert")
    weak = (1.0 - insert + ratio * insert) * grad_grad(u, v, part) + film * u * v * on(part, "hole")
    load = flux * v * on(part, "right")
    return part, Problem("bracket", (part, ratio, film, flux), weak, load, output="rise", unit="K")


def heat_by_fem(part: MeshAxis) -> Any:
    """(ratio, film, flux) -> rise."""
    forms = Forms(part)
    whole, inside = (CONDUCT.assemble(b) for b in (forms.scalar, forms.inside("insert")))
    film_, load = MASS.assemble(forms.facets("hole")), FLUX.assemble(forms.facets("right"))

    def at(ratio: float, film: float, flux: float) -> Any:
        return forms.solve(whole + (ratio - 1.0) * inside + film * film_, flux * load)

    return at


def pulled(mesh: Any) -> tuple[MeshAxis, Problem]:
    """The bracket drawn at its right end: x held at the left, y at the bottom alone."""
    part = mesh_space("part", mesh, components=2, held={"left": "x", "bottom": "y"}, sets=SIDES)
    lame = parameter("lame", 0.5, 3.0, spans=4, degree=4)  # lambda / mu
    pull = parameter("pull", 0.5, 2.0, spans=1, degree=1)  # traction / mu
    u, v = unknown(part), test_function(part)
    weak = lame * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    load = pull * v["x"] * on(part, "right")
    return part, Problem("pulled", (part, lame, pull), weak, load, output="shift", unit="m")


def pulled_by_fem(part: MeshAxis) -> Any:
    """(lame, pull) -> shift."""
    forms = Forms(part)
    swell, shear = SWELL.assemble(forms.vector), SHEAR.assemble(forms.vector)
    load = PULL.assemble(forms.facets("right"))
    return lambda lame, pull: forms.solve(lame * swell + 2.0 * shear, pull * load)


def joined(mesh: Any) -> tuple[MeshAxis, Problem]:
    """Two materials, a pull at the right and a pressure in the hole, all parameters."""
    part = mesh_space("part", mesh, components=2, held=["left"], sets=SIDES, regions=INSERT)
    stiff = parameter("stiff", 0.5, 5.0, breaks=np.geomspace(0.5, 5.0, 5), degree=4)
    pull = parameter("pull", -1.0, 1.0, spans=1, degree=1)
    push = parameter("push", 0.5, 2.0, spans=1, degree=1)
    u, v = unknown(part), test_function(part)
    insert = part.only("insert")
    elastic = 1.5 * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    weak = (1.0 - insert + stiff * insert) * elastic
    load = pull * v["x"] * on(part, "right") + push * v["x"] * on(part, "hole")
    axes = (part, stiff, pull, push)
    return part, Problem("joined", axes, weak, load, output="shift", unit="m")


def joined_by_fem(part: MeshAxis) -> Any:
    """(stiff, pull, push) -> shift."""
    forms = Forms(part)
    whole, inside = (
        1.5 * SWELL.assemble(b) + 2.0 * SHEAR.assemble(b)
        for b in (forms.vector, forms.inside("insert"))
    )
    right, hole = (PULL.assemble(forms.facets(n)) for n in ("right", "hole"))

    def at(stiff: float, pull: float, push: float) -> Any:
        return forms.solve(whole + (stiff - 1.0) * inside, pull * right + push * hole)

    return at


def warped(mesh: Any) -> tuple[MeshAxis, Problem]:
    """The bracket in the heat of `heat`, solved first: x held at the left, y at the bottom."""
    _, problem = heat(mesh)
    model = solve(problem, tolerance=HEAT_TOLERANCE, accept=True).model
    part = mesh_space("part", mesh, components=2, held={"left": "x", "bottom": "y"}, sets=SIDES)
    axes = problem.axes[1:]
    lame = parameter("lame", 0.5, 3.0, spans=4, degree=4)
    u, v = unknown(part), test_function(part)
    weak = lame * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    rise = field_of(model, part, *axes)
    load = EXPANSION * (3.0 * lame + 2.0) * rise * divergence(v, part)
    return part, Problem("warped", (part, *axes, lame), weak, load, output="shift", unit="m")


def warped_by_fem(part: MeshAxis) -> Any:
    """(ratio, film, flux, lame) -> shift."""
    mesh = part.space.mesh
    hot, _ = heat(mesh)
    forms, rise = Forms(part), heat_by_fem(hot)
    swell, shear = SWELL.assemble(forms.vector), SHEAR.assemble(forms.vector)
    values = forms.vector.with_element(skfem.ElementTriP1())

    def at(ratio: float, film: float, flux: float, lame: float) -> Any:
        known = values.interpolate(rise(ratio, film, flux))
        load = EXPANSION * (3.0 * lame + 2.0) * WARP.assemble(forms.vector, rise=known)
        return forms.solve(lame * swell + 2.0 * shear, load)

    return at


BORDERS = {
    "left": lambda x, y: x < -1 + 1e-9,
    "bottom": lambda x, y: y < -1 + 1e-9,
    "right": lambda x, y: x > 1 - 1e-9,
}


def l_shape(mesh: Any) -> tuple[MeshAxis, Problem]:
    """x held at the left, y at the bottom, drawn along y at its right."""
    part = mesh_space("part", mesh, components=2, held={"left": "x", "bottom": "y"}, sets=BORDERS)
    lame = parameter("lame", 0.5, 3.0, spans=4, degree=4)
    pull = parameter("pull", 0.5, 2.0, spans=1, degree=1)
    u, v = unknown(part), test_function(part)
    weak = lame * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    load = pull * v["x"] * on(part, "right")
    return part, Problem("L-shape", (part, lame, pull), weak, load, output="shift", unit="m")


WALLS = {
    "foot": lambda x, y, z: z < 1e-9,
    "tip": lambda x, y, z: z > 0.04 - 1e-9,
    "end": lambda x, y, z: x > 0.04 - 1e-9,
}


def angle_heat(mesh: Any) -> tuple[MeshAxis, Problem]:
    """Heat into one wall of the angle, a film on the end of the other, its foot at 0."""
    part = mesh_space("part", mesh, held=["foot"], sets=WALLS)
    film = parameter("film", 5.0, 50.0, breaks=np.geomspace(5.0, 50.0, 5), degree=4, unit="1/m")
    flux = parameter("flux", 1e3, 1e4, spans=1, degree=1, unit="K/m")
    u, v = unknown(), test_function()
    weak = grad_grad(u, v, part) + film * u * v * on(part, "end")
    load = flux * v * on(part, "tip")
    return part, Problem("angle, heat", (part, film, flux), weak, load, output="rise", unit="K")


def angle_heat_by_fem(part: MeshAxis) -> Any:
    """(film, flux) -> rise."""
    forms = Forms(part)
    whole, film_ = CONDUCT.assemble(forms.scalar), MASS.assemble(forms.facets("end"))
    load = FLUX.assemble(forms.facets("tip"))
    return lambda film, flux: forms.solve(whole + film * film_, flux * load)


def angle_pulled(mesh: Any) -> tuple[MeshAxis, Problem]:
    """The angle on its foot, drawn along x at its tip."""
    part = mesh_space("part", mesh, components=3, held=["foot"], sets=WALLS)
    lame = parameter("lame", 0.5, 3.0, spans=3, degree=4)
    pull = parameter("pull", 0.5, 2.0, spans=1, degree=1)
    u, v = unknown(part), test_function(part)
    weak = lame * div_div(u, v, part) + 2.0 * strain_strain(u, v, part)
    load = pull * v["x"] * on(part, "tip")
    return part, Problem("angle, pulled", (part, lame, pull), weak, load, output="shift", unit="m")


def angle_pulled_by_fem(part: MeshAxis) -> Any:
    """(lame, pull) -> shift."""
    forms = Forms(part)
    swell, shear = SWELL.assemble(forms.vector), SHEAR.assemble(forms.vector)
    load = PULL.assemble(forms.facets("tip"))
    return lambda lame, pull: forms.solve(lame * swell + 2.0 * shear, pull * load)


CASES = (
    Case("bracket", bracket, 20_000, 1500, heat, heat_by_fem),
    Case("pulled", bracket, 20_000, 1500, pulled, pulled_by_fem),
    Case("joined", bracket, 5_000, 1500, joined, joined_by_fem),
    Case("warped", bracket, 20_000, 1500, warped, warped_by_fem),
    Case("L-shape", ell, 12_000, 800, l_shape, pulled_by_fem),
    Case("angle, heat", angle, 5_000, 100, angle_heat, angle_heat_by_fem),
    Case("angle, pulled", angle, 3_000, 20, angle_pulled, angle_pulled_by_fem),
)

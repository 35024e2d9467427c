"""Minus the log posterior density of the unknowns, with slope and Gauss-Newton curvature, in unit
coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ....calculus.distribution import Distribution, LogNormal, Normal, Uniform
from ....core.axis import Axis
from ....core.inputs import unknown_name
from ....errors import InputError
from ....model import Model
from ....numerics.time_budget import Pace
from ...query.unknown_atoms import UnknownAtoms, second_slopes, with_slopes
from . import misfit
from .forward import Contracted, Forward
from .likelihood import likelihood
from .observations import Observations

Floats = NDArray[np.float64]
Prior = Mapping[str, Distribution] | Model | Sequence[Mapping[str, Distribution] | Model]

POSITIVE = 1e-9
"""Of the upper end: the lower end of the box under a log-normal prior."""
NEGLIGIBLE = 1e-15
"""Of the largest singular value: directions of the observations below it carry nothing."""


class Objective:
    """E(z) = loss((y(x) - y) / sigma) - sum_u log p_u(x_u) - f_prior(x),  x = lower + z width.

    The loss is that of `likelihood`: noise, and the error of the model where it takes part. Uniform
    priors narrow the box instead, log-normal ones keep it above 0. With normal noise and identity
    links the N observations are replaced by at most R + 1 equivalent ones (QR), so that the cost of
    a step does not depend on N. Points are evaluated at the `pace` of a deadline: OutOfTime is
    raised where the next would be late, and `lowest` is the best seen so far.
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        forward: Forward,
        data: Observations,
        prior: Prior | None,
        pace: Pace,
    ) -> None:
        self.axes, self.pace = tuple(axes), pace
        self.lowest: tuple[Floats, float] | None = None
        self.movable = np.array([a.kind != "categorical" for a in axes])
        self.likelihood = likelihood(forward.model, data)
        self._forward, self._y, self._sigma = forward, data.y, data.sigma
        self._densities, self._models = _priors(self.axes, prior)
        self.lower, upper = self._box()
        self.width: Floats = upper - self.lower
        self._area = np.outer(self.width, self.width)
        uniform = all(isinstance(p, Uniform) for p in self._densities.values()) and not self._models
        self._plain_prior = bool(uniform and self.movable.all())
        self._constant = 0.0
        self._compressed: tuple[Floats, Floats, UnknownAtoms] | None = None
        self.compiled: misfit.Misfit | None = None
        if isinstance(forward, Contracted) and forward.plain and data.dof is None:
            self._compress(forward)
            if self._plain_prior:
                matrix, right, _ = self._compressed or (np.empty((0, 0)), np.empty(0), None)
                box = self.lower, self.width
                self.compiled = misfit.compiled(
                    forward.model, forward.unknowns, matrix, right, self._constant, box
                )

    @property
    def compressed(self) -> bool:
        """True when the cost of a setting does not depend on the number of observations."""
        return self._compressed is not None

    def _box(self) -> tuple[Floats, Floats]:
        lower, upper = (
            np.array([a.lower for a in self.axes]),
            np.array([a.upper for a in self.axes]),
        )
        for u, p in self._densities.items():
            if isinstance(p, Uniform) and self.axes[u].kind != "categorical":
                low, high = p.ends(self.axes[u])
                lower[u], upper[u] = max(low, lower[u]), min(high, upper[u])
                if not lower[u] < upper[u]:
                    raise InputError(
                        f"the prior of {self.axes[u].name!r} lies outside"
                        f" {self.axes[u].describe()}; move it inside"
                    )
            elif isinstance(p, LogNormal):
                lower[u] = max(lower[u], POSITIVE * upper[u])
        return lower, upper

    def _compress(self, forward: Contracted) -> None:
        """|A P - c|^2 = |A' P - c'|^2 + rest with A = W diag(scale / sigma) w, by QR of (A, c)."""
        factor = forward.scale / self._sigma
        a = self.likelihood.rows(forward.weight * factor[:, None])
        c = self.likelihood.rows((self._y - forward.offset) / self._sigma - forward.bias * factor)
        if len(c) > a.shape[1] + 1:
            r = np.asarray(np.linalg.qr(np.column_stack([a, c]), mode="r"))
            self._constant = 0.5 * float(r[-1, -1] ** 2)
            a, c = r[:-1, :-1], r[:-1, -1]
        left, size, right = np.linalg.svd(a, full_matrices=False)
        kept = size > NEGLIGIBLE * size[0]
        inside = left[:, kept].T @ c
        self._constant += 0.5 * max(float(c @ c - inside @ inside), 0.0)
        self._compressed = (
            np.ascontiguousarray((size[kept, None] * right[kept]).T),
            inside,
            forward.table,
        )

    def x(self, z: Floats) -> Floats:
        """Coordinates of unit points [M, U]."""
        x = np.minimum(self.lower + z * self.width, self.lower + self.width)
        return np.asarray(x if self.movable.all() else np.where(self.movable, x, np.rint(x)))

    def value(self, z: Floats) -> Floats:
        """E [M]."""
        found = [self._noted(self._value(part), part) for part in self.pace.chunks("value", z)]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def __call__(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        """E [M], dE/dz [M, U] and curvature [M, U, U]: the exact one of the data where they are
        compressed, else Gauss-Newton's."""
        found = []
        for part in self.pace.chunks("local", z):
            found.append(self._local(part))
            self._noted(found[-1][0], part)
        if len(found) == 1:
            return found[0]
        energy, slope, curvature = (np.concatenate(columns) for columns in zip(*found, strict=True))
        return energy, slope, curvature

    def onto_ridge(self, z: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """`ridge.onto_ridge` in C."""
        assert self.compiled is not None
        found = [self.compiled.onto_ridge(part) for part in self.pace.chunks("ridge", z)]
        moved, energy, slope, curvature = (
            np.concatenate(columns) for columns in zip(*found, strict=True)
        )
        return moved, energy, slope, curvature

    def _noted(self, energy: Floats, z: Floats) -> Floats:
        if not self.pace.budget.endless and len(energy):
            best = int(energy.argmin())
            if self.lowest is None or energy[best] < self.lowest[1]:
                self.lowest = z[best].copy(), float(energy[best])
        return energy

    def _value(self, z: Floats) -> Floats:
        if self.compiled is not None:
            return self.compiled.value(z)
        x = self.x(z)
        if self._compressed is not None:
            matrix, right, table = self._compressed
            r = table.products(x) @ matrix - right
            loss = 0.5 * np.einsum("mi,mi->m", r, r) + self._constant
        else:
            loss = self.likelihood.loss(self.residuals(x))
        return np.asarray(loss + self._prior(x)[0])

    def _local(self, z: Floats) -> tuple[Floats, Floats, Floats]:
        if self.compiled is not None:
            return self.compiled.local(z)
        x = self.x(z)
        if self._compressed is not None:
            loss, slope, curvature = self._newton(x)
        else:
            y, j = self._forward.value_and_gradient(x)
            j = j * (self.width / self._sigma[:, None])
            loss, slope, curvature = self.likelihood.local((y - self._y) / self._sigma, j)
        if self._plain_prior:
            return loss, slope, curvature
        extra, first, second = self._prior(x)
        slope = slope + first * self.width
        u = np.arange(len(self.axes))
        curvature[:, u, u] += second * self.width**2
        if not self.movable.all():
            slope = np.where(self.movable, slope, 0.0)
            curvature = np.where(self.movable[:, None] & self.movable, curvature, 0.0)
        return loss + extra, slope, curvature

    def _newton(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """|A' P(x) - c'|^2 / 2 and its derivatives: the pull A'^T r weighs the second derivatives
        of the products."""
        assert self._compressed is not None
        matrix, right, table = self._compressed
        atom = table.atoms(x, 2)
        both = with_slopes(atom) @ matrix
        r, j = both[:, 0] - right, both[:, 1:]
        slope = np.matmul(j, r[:, :, None])[:, :, 0] * self.width
        curvature = np.matmul(j, j.transpose(0, 2, 1)) + second_slopes(atom, r @ matrix.T)
        loss = 0.5 * np.einsum("mi,mi->m", r, r) + self._constant
        return loss, slope, curvature * self._area

    def information(self, z: Floats) -> Floats:
        """What the observations alone say: J^T J [U, U] at one unit point."""
        x = self.x(z[None])
        if self._compressed is not None:
            matrix, _, table = self._compressed
            j = (table.products_and_slopes(x)[0, 1:] @ matrix).T
        else:
            j = self.likelihood.rows(
                self._forward.value_and_gradient(x)[1][0] / self._sigma[:, None]
            )
        j = np.where(self.movable, j * self.width, 0.0)
        return np.asarray(j.T @ j)

    def residuals(self, x: Floats) -> Floats:
        """(y(x) - y) / sigma [M, N] of x [M, U]."""
        return np.asarray((self._forward.value(x) - self._y) / self._sigma)

    def prior(self, x: Floats) -> Floats:
        """-log p [M] of x [M, U], up to constants."""
        return self._prior(x)[0]

    def _prior(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """-log p [M] (up to constants), its slope [M, U] and a non-negative curvature [M, U], all
        in axis units."""
        energy, slope, curvature = np.zeros(len(x)), np.zeros(x.shape), np.zeros(x.shape)
        for u, p in self._densities.items():
            e, s, c = _density(p, self.axes[u], x[:, u])
            energy, slope[:, u], curvature[:, u] = energy + e, slope[:, u] + s, curvature[:, u] + c
        for model, columns in self._models:
            f, g = model.backend.value_and_gradient(np.ascontiguousarray(x[:, columns]))
            energy = energy - f[:, 0]
            slope[:, columns] -= g[:, 0]
        return energy, slope, curvature


def _density(p: Distribution, axis: Axis, x: Floats) -> tuple[Floats, Floats, Floats]:
    zero = np.zeros_like(x)
    if isinstance(p, Normal):
        t = (x - p.mean) / p.deviation
        return 0.5 * t * t, t / p.deviation, zero + p.deviation**-2
    if isinstance(p, LogNormal):
        t = (np.log(x) - p.mu) / p.sigma
        return 0.5 * t * t + np.log(x), (t / p.sigma + 1.0) / x, (p.sigma * x) ** -2
    if isinstance(p, Uniform):
        return zero, zero, zero
    with np.errstate(divide="ignore"):
        return -np.log(p.density(axis, x)), zero, zero


def _priors(
    axes: tuple[Axis, ...], prior: Prior | None
) -> tuple[dict[int, Distribution], list[tuple[Model, list[int]]]]:
    """Distributions by unknown, and models of the log density with the columns they take."""
    names = [a.name for a in axes]
    densities: dict[int, Distribution] = {}
    models: list[tuple[Model, list[int]]] = []
    parts = [] if prior is None else [prior] if isinstance(prior, (Mapping, Model)) else list(prior)
    for part in parts:
        used = part.input_names if isinstance(part, Model) else list(part)
        for name in used:
            if name not in names:
                raise InputError(
                    "a prior is given for"
                    f" {unknown_name(name, names).replace('input of this model', 'unknown')}"
                )
        if isinstance(part, Model):
            models.append((part, [names.index(n) for n in used]))
            continue
        for name, p in part.items():
            u = names.index(name)
            discrete = not isinstance(p, (Normal, LogNormal, Uniform))
            if discrete and axes[u].kind != "categorical":
                raise InputError(
                    f"the prior of {name!r} must be Uniform, Normal or LogNormal; use a model for"
                    " other densities"
                )
            if isinstance(p, LogNormal) and axes[u].upper <= 0:
                raise InputError(
                    f"a log-normal prior needs {name!r} above 0; its axis ends at {axes[u].upper:g}"
                )
            densities[u] = p
    return densities, models

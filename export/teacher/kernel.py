"""The kernel of a teacher: a sum of products over the axes, on power-warped inputs.

    k(x, x') = sum_c v_c prod_d exp(-(u_d - u'_d)^2 / (2 l_cd^2)) + noise
    u = (e^{a x} - 1) / (e^a - 1),  x in [0, 1]

or, with `laplace`, prod_d exp(-|u_d - u'_d| / l_cd). A categorical axis enters as its indicator
columns, which share one length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KernelInputs:
    """Columns of the kernel: `scale` maps axis values to [0, 1]; `axis` [F] names the axis of each
    column; `level` [F] the level whose indicator the column is, -1 for a continuous axis."""

    lower: Floats
    width: Floats
    axis: NDArray[np.int64]
    level: NDArray[np.int64]

    @classmethod
    def of(cls, n_levels: NDArray[np.int64], lower: Floats, upper: Floats) -> KernelInputs:
        """`n_levels` [D]: 0 for a continuous axis, else its number of levels; lower, upper [D]: the
        domain."""
        axis = [d for d, n in enumerate(n_levels) for _ in range(max(n, 1))]
        level = [i if n else -1 for n in n_levels for i in range(max(n, 1))]
        return cls(
            lower, np.where(upper > lower, upper - lower, 1.0), np.array(axis), np.array(level)
        )

    @property
    def n_axes(self) -> int:
        """D, the number of inputs."""
        return len(self.lower)

    def columns(self, x: Floats) -> Floats:
        """[N, F] in [0, 1]."""
        z = ((x - self.lower) / self.width)[:, self.axis]
        indicator = self.level >= 0
        z[:, indicator] = (x[:, self.axis[indicator]] == self.level[indicator]) / np.sqrt(2.0)
        return z


@dataclass(frozen=True)
class Hyper:
    """length [C, D], variance [C], noise, warp [D] (0: none); `laplace`: the rougher kernel."""

    length: Floats
    variance: Floats
    noise: float
    warp: Floats
    laplace: bool = False

    @classmethod
    def unpack(cls, t: Floats, n_products: int, n_axes: int, laplace: bool = False) -> Hyper:
        """From the logarithms of lengths [C D], variances [C] and noise, then the warps [D]."""
        split = n_products * n_axes
        length, variance = (
            np.exp(t[:split]).reshape(n_products, n_axes),
            np.exp(t[split : split + n_products]),
        )
        return cls(
            length,
            variance,
            float(np.exp(t[split + n_products])),
            t[split + n_products + 1 :],
            laplace,
        )


def warp(z: Floats, a: Floats) -> tuple[Floats, Floats]:
    """u = expm1(a z) / expm1(a) and du/da, columnwise; the identity at a = 0."""
    a = np.where(np.abs(a) < 1e-3, 1e-3, a)
    full, part = np.expm1(a), np.expm1(a * z)
    return part / full, (z * (part + 1.0) * full - part * (full + 1.0)) / full**2


def kernels(u: Floats, v: Floats, axis: NDArray[np.int64], hyper: Hyper) -> list[Floats]:
    """The products v_c prod_d exp(..) between rows u [N, F] and v [M, F]: one [N, M] per
    product."""
    out = []
    for length, variance in zip(hyper.length, hyper.variance, strict=True):
        a, b = u / length[axis], v / length[axis]
        if hyper.laplace:
            k = -cdist(a, b, "cityblock")
        else:
            k = a @ b.T
            k -= 0.5 * np.sum(a * a, axis=1)[:, None]
            k -= 0.5 * np.sum(b * b, axis=1)
        np.minimum(k, 0.0, out=k)
        np.exp(k, out=k)
        k *= variance
        out.append(k)
    return out


def features(inputs: KernelInputs, hyper: Hyper, x: Floats) -> Floats:
    """Warped columns [N, F] of the kernel."""
    return warped(inputs, hyper, inputs.columns(x))[0]


def warped(inputs: KernelInputs, hyper: Hyper, z: Floats) -> tuple[Floats, Floats]:
    """u and du/da of columns z; indicators of levels stay as they are."""
    u, du = warp(z, hyper.warp[inputs.axis])
    plain = inputs.level >= 0
    u[:, plain], du[:, plain] = z[:, plain], 0.0
    return u, du

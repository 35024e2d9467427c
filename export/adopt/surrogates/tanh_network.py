"""Atoms of a small tanh network per axis, their derivatives enclosed by interval arithmetic on
Taylor coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..atoms import Atoms

Floats = NDArray[np.float64]
ENCLOSURE_SLACK = 1.0 + 1e-9
"""Covers the float64 rounding of the enclosure."""
INTERVALS_AT_ONCE = 256  # intervals at a time


@dataclass(frozen=True, eq=False)
class TanhNetwork(Atoms):
    """z_0 = (x - shift) / scale, z_l = tanh(W_l z_{l-1} + b_l), phi = W_L z_{L-1} + b_L; W_l [out,
    in], b_l [out]."""

    layers: tuple[tuple[Floats, Floats], ...]
    shift: float = 0.0
    scale: float = 1.0

    @property
    def count(self) -> int:  # type: ignore[override]
        """R, the number of atoms."""
        return len(self.layers[-1][1])

    def value(self, x: Floats) -> Floats:
        """phi_r(x_n), [N, R]."""
        z = ((x - self.shift) / self.scale)[:, None]
        for weight, bias in self.layers[:-1]:
            z = np.tanh(z @ weight.T + bias)
        weight, bias = self.layers[-1]
        return z @ weight.T + bias

    def bound(self, order: int, lower: Floats, upper: Floats) -> Floats:
        """order! |c_order|, c the enclosed Taylor coefficients of phi over every interval."""
        parts = [
            self._bound(order, lower[i : i + INTERVALS_AT_ONCE], upper[i : i + INTERVALS_AT_ONCE])
            for i in range(0, len(lower), INTERVALS_AT_ONCE)
        ]
        return np.concatenate(parts)

    def _bound(self, order: int, lower: Floats, upper: Floats) -> Floats:
        count = len(lower)
        middle, radius = np.zeros((order + 1, count, 1)), np.zeros((order + 1, count, 1))
        middle[0, :, 0] = ((lower + upper) / 2 - self.shift) / self.scale
        radius[0, :, 0] = (upper - lower) / (2 * abs(self.scale))
        if order:
            middle[1] = 1.0 / self.scale
        jet = (middle, radius)
        for weight, bias in self.layers[:-1]:
            jet = _tanh(_linear(jet, weight, bias))
        middle, radius = _linear(jet, *self.layers[-1])
        return factorial(order) * (np.abs(middle[order]) + radius[order]) * ENCLOSURE_SLACK


Jet = tuple[Floats, Floats]
"""Middle and radius of the enclosures of Taylor coefficients 0..n, each [n+1, S, width]."""


def _linear(jet: Jet, weight: Floats, bias: Floats) -> Jet:
    middle = jet[0] @ weight.T
    middle[0] += bias
    return middle, jet[1] @ np.abs(weight).T


def _product(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """(m_a +- r_a) (m_b +- r_b)."""
    return a[0] * b[0], np.abs(a[0]) * b[1] + a[1] * np.abs(b[0]) + a[1] * b[1]


def _tanh(z: Jet) -> Jet:
    """y = tanh z from y' = w z', w = 1 - y^2:  k y_k = sum_{j=1..k} j z_j w_{k-j}."""
    low, high = np.tanh(z[0][0] - z[1][0]), np.tanh(z[0][0] + z[1][0])
    y = [((low + high) / 2, (high - low) / 2)]
    w = [_one_minus_square(low, high)]
    for k in range(1, len(z[0])):
        total = (np.zeros_like(low), np.zeros_like(low))
        for j in range(1, k + 1):
            term = _product((z[0][j], z[1][j]), w[k - j])
            total = (total[0] + j * term[0], total[1] + j * term[1])
        y.append((total[0] / k, total[1] / k))
        square = (np.zeros_like(low), np.zeros_like(low))
        for i in range(k + 1):
            term = _product(y[i], y[k - i])
            square = (square[0] + term[0], square[1] + term[1])
        w.append((-square[0], square[1]))
    return np.stack([m for m, _ in y]), np.stack([r for _, r in y])


def _one_minus_square(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """1 - y^2 over y in [low, high], tight."""
    largest = np.maximum(low**2, high**2)
    smallest = np.where((low <= 0) & (high >= 0), 0.0, np.minimum(low**2, high**2))
    return 1.0 - (largest + smallest) / 2, (largest - smallest) / 2


def from_state(
    state: dict[str, Floats], prefix: str = "", *, shift: float = 0.0, scale: float = 1.0
) -> TanhNetwork:
    """Layers `<prefix><name>.weight`, `<prefix><name>.bias` of a plain state dict, in the order of
    the dict (arrays or tensors)."""
    if not hasattr(state, "keys"):
        raise InputError(f"a {type(state).__name__} is not a state dict; give module.state_dict()")
    names = [k[: -len("weight")] for k in state if k.startswith(prefix) and k.endswith("weight")]
    layers = tuple((_array(state[f"{n}weight"]), _array(state[f"{n}bias"])) for n in names)
    return network(layers, shift=shift, scale=scale)


def network(
    layers: Sequence[tuple[Floats, Floats]], *, shift: float = 0.0, scale: float = 1.0
) -> TanhNetwork:
    """A checked TanhNetwork. Raises InputError when the layers do not chain from one input."""
    width = 1
    for i, (weight, bias) in enumerate(layers):
        if weight.ndim != 2 or bias.ndim != 1 or weight.shape != (len(bias), width):
            raise InputError(
                f"layer {i} has weights {weight.shape} and {len(bias)} biases; it needs [out,"
                f" {width}] and [out]"
            )
        width = len(bias)
    if not layers:
        raise InputError("no layers found; the names must end in 'weight' and 'bias'")
    return TanhNetwork(tuple(layers), shift, scale)


def _array(value: object) -> Floats:
    return reals(value, "a layer", finite=True)

"""Atoms of one axis as torch modules: fixed features of the coordinate, then trainable mixing.

Every module has `features(x [N]) -> [N, m]` (no parameters: a trainer computes it once),
`forward(features) -> [N, R]` and `adopted() -> Atoms`, the same functions for the compiler.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from sna_edge.backends.torch import Spans
from sna_edge.core.basis import SpanBasis

from ..adopt.atoms import Atoms, Chebyshev, Fourier, Gaussians, Mixed
from ..adopt.surrogates.tanh_network import network
from ..adopt.tabled import Tabled

Tensor = torch.Tensor
KINDS = ("bspline", "fourier", "chebyshev", "radial", "mlp")


class AxisAtoms(torch.nn.Module):
    """phi = features(x) @ table, table [m, R]."""

    def __init__(self, size: int, count: int, first: int, generator: torch.Generator) -> None:
        super().__init__()
        self.count, self.first = count, first
        self.table = torch.nn.Parameter(torch.empty((size, count), dtype=torch.float64))
        self.reset_parameters(generator)

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """A seeded start; rows from `first` on are smaller."""
        start = 0.3 * torch.randn(self.table.shape, generator=generator, dtype=torch.float64)
        start[self.first :] *= 0.5
        self.table.copy_(start)

    def features(self, x: Tensor) -> Tensor:
        """[N, m] at x [N]."""
        raise NotImplementedError

    def forward(self, features: Tensor) -> Tensor:
        """phi [N, R] from features [N, m]."""
        return features @ self.table

    def adopted(self) -> Atoms:
        """The same functions for the compiler."""
        raise NotImplementedError

    def numbers(self) -> np.ndarray:
        """The table [m, R] as an array."""
        return self.table.detach().cpu().double().numpy()


class BSplineAtoms(AxisAtoms):
    """phi = sum_i B_i(x) C_i on any span basis; starts near 1 with a seeded tilt and ripple."""

    def __init__(self, basis: SpanBasis, count: int, generator: torch.Generator) -> None:
        super().__init__(int(basis.tie.max()) + 1, count, 0, generator)
        self.basis = basis

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """A seeded start near 1, with a tilt."""
        super().reset_parameters(generator)
        tilt = torch.linspace(
            -1.0, 1.0, len(self.table), dtype=self.table.dtype, device=self.table.device
        )[:, None]
        lean = 0.3 * torch.randn((1, self.count), generator=generator, dtype=torch.float64)
        self.table += 1.0 + lean.to(self.table) * tilt

    def features(self, x: Tensor) -> Tensor:
        """B_i(x) [N, m]; rows of a periodic basis that repeat others are added to them."""
        dense = design(self.basis, x)
        if self.basis.kind != "periodic":
            return dense
        tie = torch.as_tensor(self.basis.tie, device=x.device)
        return torch.zeros((len(x), len(self.table)), dtype=x.dtype, device=x.device).index_add(
            1, tie, dense
        )

    def adopted(self) -> Atoms:
        """Tables on the same basis: exact."""
        return Tabled(self.basis, self.numbers()[self.basis.tie])


def design(basis: SpanBasis, x: Tensor) -> Tensor:
    """Dense design [N, n_rows] of x [N]: B_i(u) = sum_k u^k M[i, k] in the columns of the rows of
    its span."""
    span, powers = (part[0] for part in Spans([basis], x.device, x.dtype)(x[:, None]))
    matrices = torch.as_tensor(basis.matrices[basis.matrix_id], dtype=x.dtype, device=x.device)
    rows = torch.as_tensor(np.array(basis.first_row), device=x.device)[span][
        :, None
    ] + torch.arange(basis.degree + 1, device=x.device)
    values = torch.einsum("nik,nk->ni", matrices[span], powers)
    return torch.zeros((len(x), basis.n_rows), dtype=x.dtype, device=x.device).scatter(
        1, rows, values
    )


class FourierAtoms(AxisAtoms):
    """phi = c_0 + sum_h a_h cos(h w x) + b_h sin(h w x), w = pi / (upper - lower): half waves over
    the axis."""

    def __init__(
        self, lower: float, upper: float, harmonics: int, count: int, generator: torch.Generator
    ) -> None:
        super().__init__(2 * harmonics + 1, count, 1, generator)
        self.rate = np.pi / (upper - lower) * np.repeat(np.arange(1, harmonics + 1), 2)
        self.phase = np.tile([0.0, -np.pi / 2], harmonics) - self.rate * lower

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """A seeded start near 1, higher harmonics smaller."""
        super().reset_parameters(generator)
        harmonic = (
            torch.arange(1, len(self.table), device=self.table.device)
            .add(1)
            .div(2, rounding_mode="floor")
        )
        self.table[1:] /= harmonic[:, None]
        self.table[0] += 1.0

    def features(self, x: Tensor) -> Tensor:
        """1, then cosines and sines of the half waves."""
        rate, phase = (
            torch.as_tensor(v, dtype=x.dtype, device=x.device) for v in (self.rate, self.phase)
        )
        return torch.cat([torch.ones_like(x)[:, None], torch.cos(x[:, None] * rate + phase)], dim=1)

    def adopted(self) -> Atoms:
        """The same series."""
        table = self.numbers()
        return Mixed(Fourier(self.rate, self.phase), table[1:], table[0])


class ChebyshevAtoms(AxisAtoms):
    """phi = sum_j c_j T_j(t), t in [-1, 1] over the axis."""

    def __init__(
        self, lower: float, upper: float, degree: int, count: int, generator: torch.Generator
    ) -> None:
        super().__init__(degree + 1, count, 1, generator)
        self.lower, self.upper = lower, upper

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """A seeded start near 1, higher degrees smaller."""
        super().reset_parameters(generator)
        self.table /= torch.arange(1, len(self.table) + 1, device=self.table.device)[:, None]
        self.table[0] += 1.0

    def features(self, x: Tensor) -> Tensor:
        """T_0 .. T_degree by the three-term recurrence."""
        t = (2 * x - self.lower - self.upper) / (self.upper - self.lower)
        series = [torch.ones_like(t), t]
        while len(series) < len(self.table):
            series.append(2 * t * series[-1] - series[-2])
        return torch.stack(series[: len(self.table)], dim=1)

    def adopted(self) -> Atoms:
        """The same series."""
        return Chebyshev(self.numbers(), self.lower, self.upper)


class RadialAtoms(AxisAtoms):
    """phi = c_0 + sum_m c_m exp(-(x - centre_m)^2 / (2 l^2)), even centres, l = one spacing."""

    def __init__(
        self, lower: float, upper: float, centres: int, count: int, generator: torch.Generator
    ) -> None:
        super().__init__(centres + 1, count, 1, generator)
        self.centres = np.linspace(lower, upper, centres)
        self.length = (upper - lower) / (centres - 1)

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """A seeded start near 1."""
        super().reset_parameters(generator)
        self.table[0] += 1.0

    def features(self, x: Tensor) -> Tensor:
        """1, then a bell around every centre."""
        centres = torch.as_tensor(self.centres, dtype=x.dtype, device=x.device)
        bells = torch.exp(-0.5 * ((x[:, None] - centres) / self.length) ** 2)
        return torch.cat([torch.ones_like(x)[:, None], bells], dim=1)

    def adopted(self) -> Atoms:
        """The same sum of bells."""
        table = self.numbers()
        return Mixed(
            Gaussians(self.centres, np.full(len(self.centres), self.length)), table[1:], table[0]
        )


class MlpAtoms(torch.nn.Module):
    """A tanh network 1 -> hidden.. -> R of the coordinate scaled to [-1, 1]."""

    def __init__(
        self,
        lower: float,
        upper: float,
        hidden: tuple[int, ...],
        count: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.count = count
        self.shift, self.scale = (lower + upper) / 2, (upper - lower) / 2
        sizes = [1, *hidden, count]
        self.layers = torch.nn.ModuleList(
            torch.nn.Linear(a, b, dtype=torch.float64) for a, b in pairwise(sizes)
        )
        self.reset_parameters(generator)

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """A seeded start; the functions are near 1."""
        for layer in self.layers:
            width = layer.weight.shape[1]
            layer.weight.copy_(
                torch.randn(layer.weight.shape, generator=generator, dtype=torch.float64)
                / width**0.5
            )
            layer.bias.copy_(
                0.5 * torch.randn(layer.bias.shape, generator=generator, dtype=torch.float64)
            )
        self.layers[-1].weight *= 0.5
        self.layers[-1].bias.fill_(1.0)

    def features(self, x: Tensor) -> Tensor:
        """The coordinate [N, 1] scaled to [-1, 1]."""
        return ((x - self.shift) / self.scale)[:, None]

    def forward(self, features: Tensor) -> Tensor:
        """phi [N, R] from features [N, 1]."""
        z = features
        for layer in self.layers[:-1]:
            z = torch.tanh(layer(z))
        return self.layers[-1](z)

    def adopted(self) -> Atoms:
        """The same network."""
        pairs = [
            tuple(p.detach().cpu().double().numpy() for p in (layer.weight, layer.bias))
            for layer in self.layers
        ]
        return network(pairs, shift=self.shift, scale=self.scale)
